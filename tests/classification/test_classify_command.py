"""``imagelab classify``, with small networks whose answers are known."""

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image
from scipy.special import softmax

from imagelab import __main__
from imagelab.classification import classify_command
from imagelab.classification.trained_classifier import TrainedClassifier, load_classifier
from imagelab.runtime.errors import InputError
from imagelab.settings.training import Views
from imagelab.storage import model_files, writing
from imagelab.storage.model_files import Classes, Framing, TrainedOn

pytestmark = pytest.mark.usefixtures("repeatable")

Capture = pytest.CaptureFixture[str]

NAMES = ("Tower", "Bridge", "Fog")
FRAMING = Framing(bright_objects=True, share=1.0)


def network(templates: np.ndarray) -> keras.Model:
    """From pictures to their scalar products with templates, (classes, h, w, c)."""
    image = keras.Input(templates.shape[1:])
    logits = keras.layers.Dense(len(templates), use_bias=False)(keras.layers.Flatten()(image))
    model = keras.Model(image, logits, name="templates")
    model.set_weights([templates.reshape(len(templates), -1).T.astype(np.float32)])
    return model


def towers_and_bridges() -> keras.Model:
    """Tells what is higher than wide from what is wider than high; the third class has the logit 0."""
    templates = np.full((3, 28, 28, 1), -0.02)
    templates[0, :, 10:18], templates[1, 10:18], templates[2] = 0.02, 0.02, 0
    return network(templates)


def record(**changes: Any) -> TrainedOn:
    fields: dict[str, Any] = {
        "task": "classifier",
        "data": "drawings",
        "stand_in": False,
        "pictures": 9,
        "seed": 1,
        "precision": "float32",
        "settings": {},
        "classes": Classes(names=NAMES, framing=FRAMING, test_time_views=Views(flips=False, shift=0)),
    }
    return TrainedOn(**fields | changes)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a committed classifier and pictures of a tower and a bridge."""
    monkeypatch.chdir(tmp_path)
    model = model_files.committed("fashion_mnist")
    writing.write_model(towers_and_bridges(), tmp_path / model, trained_on=record())
    tower().save("tower.png")
    tower().transpose(Image.Transpose.ROTATE_90).save("bridge.png")
    return tmp_path


def tower(size: int = 140, *, wall: int = 255, ink: int = 0) -> Image.Image:
    """A tower, 8 of 28 wide, in a wide picture."""
    picture = np.full((size + 20, 2 * size), wall, np.uint8)
    half = round(size * 4 / 28)
    picture[10 : size + 10, size - half : size + half] = ink
    return Image.fromarray(picture)


def run(*arguments: object) -> int:
    """Run the command; return its exit status."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["imagelab", "classify", *map(str, arguments)])
        try:
            __main__.main()
        except SystemExit as end:
            assert isinstance(end.code, int)
            return end.code
    return 0


def test_each_picture_is_named_with_the_probabilities_of_the_best_classes(folder: Path, capsys: Capture) -> None:
    assert run("--model", "fashion_mnist", "tower.png", "bridge.png") == 0
    said = capsys.readouterr()
    assert said.err == ""
    logits = np.array([28 * 8 * 0.02, (8 * 8 - 20 * 8) * 0.02, 0])  # the picture is 1 in the tower and 0 elsewhere
    first, second, third = (f"{100 * share:.0f} %" for share in softmax(logits)[[0, 2, 1]])
    assert said.out.splitlines() == [
        f"tower.png: Tower {first}, Fog {second}, Bridge {third}",
        f"bridge.png: Bridge {first}, Fog {second}, Tower {third}",
    ]


def test_how_many_classes_are_named_can_be_set(folder: Path, capsys: Capture) -> None:
    for top, count in ((1, 1), (2, 2), (9, 3)):
        assert run("--model", "fashion_mnist", "tower.png", "--top", top) == 0
        assert len(capsys.readouterr().out.split(",")) == count
    assert run("--model", "fashion_mnist", "tower.png", "--top", 0) == 1
    assert capsys.readouterr().err == "error: classify: --top: expected a whole number from 1, received 0\n"


def test_json_holds_every_class_and_what_the_model_was_trained_on(folder: Path, capsys: Capture) -> None:
    assert run("--model", "fashion_mnist", "bridge.png", "tower.png", "--json", "--top", 1) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["picture"] for one in found] == ["bridge.png", "tower.png"]
    assert [one["class"] for one in found] == ["Bridge", "Tower"]
    assert list(found[0]["probabilities"]) == list(NAMES)
    assert found[0]["probability"] == found[0]["probabilities"]["Bridge"] > 0.9
    assert sum(found[0]["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert found[0]["trained_on"] == {"data": "drawings", "stand_in": False, "pictures": 9}


def probabilities(capsys: Capture, *names: str) -> list[dict[str, float]]:
    assert run("--model", "fashion_mnist", *names, "--json") == 0
    return [json.loads(line)["probabilities"] for line in capsys.readouterr().out.splitlines()]


def test_neither_size_nor_wall_nor_format_matter(folder: Path, capsys: Capture) -> None:
    tower().save("a.png")
    tower(28).save("small.png")
    tower(1400).save("large.png")
    tower(wall=0, ink=255).save("negative.png")
    tower(wall=180, ink=0).save("wall.png")
    tower().convert("RGB").save("colour.bmp")
    tower(560).save("a.jpg", quality=95)
    names = ["a.png", "small.png", "large.png", "negative.png", "wall.png", "colour.bmp", "a.jpg"]
    first, *others = probabilities(capsys, *names)
    for name, other in zip(names[1:], others, strict=True):
        assert other == pytest.approx(first, abs=0.02), name


def test_what_is_transparent_is_white_and_a_photograph_is_turned_as_the_camera_recorded(
    folder: Path, capsys: Capture
) -> None:
    alpha = Image.fromarray(255 - np.asarray(tower()))
    Image.merge("LA", [Image.new("L", alpha.size, 0), alpha]).save("transparent.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by a quarter
    Image.open("bridge.png").save("turned.jpg", quality=95, exif=exif)
    first, *others = probabilities(capsys, "tower.png", "transparent.png", "turned.jpg")
    for other in others:
        assert other == pytest.approx(first, abs=0.02)


def test_what_is_no_picture_costs_a_line_and_the_others_are_classified(folder: Path, capsys: Capture) -> None:
    Path("text.png").write_text("no picture")
    Image.new("L", (40, 40), 200).save("plain.png")
    Image.new("L", (40, 7)).save("narrow.png")
    names = ["tower.png", "text.png", "missing.png", "plain.png", "narrow.png", "bridge.png"]
    assert run("--model", "fashion_mnist", *names) == 1
    said = capsys.readouterr()
    assert [line.split(",")[0].rsplit(" ", 2)[0] for line in said.out.splitlines()] == [
        "tower.png: Tower",
        "bridge.png: Bridge",
    ]
    assert said.err.splitlines() == [
        "error: text.png: picture: expected an image file, received something else",
        "error: missing.png: picture: expected an image file, received nothing of that name",
        "error: plain.png: picture: expected an object on a plain background, "
        "received nothing that stands out from its border",
        "error: narrow.png: picture: expected 8 pixels or more on each side, received 40x7",
    ]
    assert run("--model", "fashion_mnist", "missing.png") == 1
    assert capsys.readouterr().out == ""


def test_many_pictures_keep_their_order(folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classify_command, "_BATCH", 3)
    names = ["tower.png", "bridge.png", "missing.png", "bridge.png", "tower.png", "tower.png", "bridge.png"]
    assert run("--model", "fashion_mnist", *names, "--top", 1) == 1
    said = [line.split(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert said == [name for name in names if name != "missing.png"]


def test_a_bar_appears_only_if_it_takes_long(folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TQDM_MININTERVAL", "0")
    monkeypatch.setattr(classify_command, "_SECONDS", 0)
    assert run("--model", "fashion_mnist", "tower.png", "bridge.png") == 0
    assert "classifying: 100%" in capsys.readouterr().err


def test_a_model_that_was_trained_on_stand_ins_is_used_by_its_path_and_says_so(folder: Path, capsys: Capture) -> None:
    trained_on = record(data="Fashion-MNIST's stand-in (digits)", stand_in=True)
    writing.write_model(towers_and_bridges(), folder / "mine.keras", trained_on=trained_on)
    assert run("--model", "mine.keras", "tower.png") == 0
    said = capsys.readouterr()
    assert said.err == "note: this model was trained on a stand-in: Fashion-MNIST's stand-in (digits)\n"
    assert said.out.startswith("tower.png: Tower ")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            "cifar10",
            "results/models/cifar10.keras: model: expected a trained classifier (of the repository, if this is run in "
            "its folder; --model names another), received no committed model of that name",
        ),
        ("mnist", "mnist: model: expected fashion_mnist, cifar10 or a .keras file, received nothing of that name"),
        ("tower.png", "tower.png: model: expected a .keras archive, received a .png file"),
    ],
)
def test_a_model_that_is_not_there_is_one_line(model: str, message: str, folder: Path, capsys: Capture) -> None:
    assert run("--model", model, "tower.png") == 1
    assert capsys.readouterr() == ("", f"error: {message}\n")


def colour_network(*, size: int = 16) -> keras.Model:
    """The classes are red, green and blue."""
    return network(np.broadcast_to(np.eye(3)[:, None, None, :], (3, size, size, 3)) / size**2 * 5)


def test_a_committed_classifier_of_colour_pictures_has_a_name_too(folder: Path, capsys: Capture) -> None:
    trained_on = record(
        classes=Classes(names=("red", "green", "blue"), framing=None, test_time_views=Views(flips=False, shift=0))
    )
    writing.write_model(colour_network(), folder / model_files.committed("cifar10"), trained_on=trained_on)
    Image.new("RGB", (60, 40), (0, 0, 255)).save("sea.png")
    assert run("--model", "cifar10", "sea.png", "--top", 1) == 0
    assert capsys.readouterr().out == f"sea.png: blue {100 * softmax([0, 0, 5])[2]:.0f} %\n"


@pytest.mark.parametrize(
    ("model", "trained_on", "received"),
    [
        (towers_and_bridges, None, r"no trained_on\.json in it"),
        (towers_and_bridges, record(task="leaf generator", classes=None), "a leaf generator"),
        (
            colour_network,
            record(classes=Classes(names=NAMES[:2], framing=None, test_time_views=Views(flips=False, shift=0))),
            "templates, .+",
        ),
        (lambda: network(np.zeros((3, 4, 4, 2))), record(), r"templates, from \(None, 4, 4, 2\) to \(None, 3\)"),
        (lambda: network(np.zeros((3, 4))), record(), r"templates, from \(None, 4\) to \(None, 3\)"),
    ],
)
def test_what_is_no_classifier_or_does_not_name_its_classes_is_refused(
    model: Any, trained_on: TrainedOn | None, received: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.keras"
    writing.write_model(model(), path, trained_on=trained_on)
    with pytest.raises(InputError, match=rf"model\.keras: model: expected a classifier.+, received {received}$"):
        load_classifier(path, trained_on)


def test_a_colour_picture_is_resized_as_a_whole() -> None:
    classifier = TrainedClassifier(
        colour_network(), Classes(names=NAMES, framing=None, test_time_views=Views(flips=False, shift=0))
    )
    photograph = np.zeros((30, 90, 3), np.uint8)
    photograph[:, 60:, 0], photograph[:, :60, 2] = 255, 255  # a third red, two thirds blue
    picture = classifier.prepare(photograph, where="a.png")
    assert picture.shape == (16, 16, 3)
    assert picture.mean(axis=(0, 1)) == pytest.approx([85, 0, 170], abs=2)
    found = classifier.probabilities(picture[None])
    assert found[0] == pytest.approx(softmax([5 / 3, 0, 10 / 3]), abs=0.01)


def test_grey_pictures_without_a_common_background_are_resized_as_a_whole() -> None:
    classifier = TrainedClassifier(
        towers_and_bridges(), Classes(names=NAMES, framing=None, test_time_views=Views(flips=False, shift=0))
    )
    photograph = np.asarray(tower().convert("RGB"))
    picture = classifier.prepare(photograph, where="a.png")
    assert picture.shape == (28, 28, 1)
    assert picture[0, 0] == 255 and picture[14, 14] == 0


def test_with_mirror_images_among_the_views_a_picture_and_its_mirror_image_have_the_same_probabilities() -> None:
    templates = np.random.default_rng(0).normal(0, 0.1, (3, 8, 8, 1))
    pictures = np.random.default_rng(1).integers(0, 256, (4, 8, 8, 1), np.uint8)
    both = np.stack([pictures, pictures[:, :, ::-1]])
    logits = [np.einsum("nhwc,khwc->nk", one / 255, templates) for one in both]
    for flips, expected in ((False, softmax(logits[0], axis=1)), (True, softmax(np.mean(logits, axis=0), axis=1))):
        classifier = TrainedClassifier(
            network(templates), Classes(names=NAMES, framing=None, test_time_views=Views(flips=flips, shift=0))
        )
        assert classifier.probabilities(pictures) == pytest.approx(expected, abs=1e-5)
