import io
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imagelab.datasets import class_folders, class_layout, fetching
from imagelab.datasets.cifar10 import CIFAR10_ARCHIVE
from imagelab.datasets.raw_files import read_raw
from imagelab.settings import params
from imagelab.settings.data import CLASSIFIED, ClassFolders
from imagelab.storage import class_names
from tests.conftest import write_yaml
from tests.datasets.test_local_copies import FOLDERS, written
from tests.pipeline import bad_input

RED, GREEN, GREY = (250, 10, 10), (10, 250, 10), (99, 99, 99)
SETTINGS = ClassFolders(image_size=8, test_fraction=0.25)


def picture(colour: tuple[int, ...] = RED, suffix: str = "png", size: tuple[int, int] = (12, 10), **more: Any) -> bytes:
    file = io.BytesIO()
    kind = {"jpg": "JPEG", "tif": "TIFF"}.get(suffix, suffix)
    Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour).save(file, kind, **more)
    return file.getvalue()


def shades(split: str, count: int = 4) -> dict[str, bytes]:
    """Pictures of two classes, each of another shade."""
    return {
        f"{split}/{name}/{number}.png": picture((10 * number, *rest))
        for name, rest in (("dog", (200, 0)), ("cat", (0, 200)))
        for number in range(count)
    }


def fetch(source: Path, settings: dict[str, Any], folder: Path, dataset: str = "mnist") -> Path:
    settings["fetch"][dataset] = str(source)
    settings["class_folders"] = SETTINGS.model_dump()
    (out := folder / "out").mkdir()
    fetching.fetch(dataset, params.load(write_yaml(settings, folder / "params.yaml")), out)
    return out


SOURCES: dict[str, Callable[[Path, Mapping[str, bytes]], Path]] = {
    "folder": lambda folder, content: written(folder / "shapes", dict(content)),
    "zip": lambda folder, content: written(folder, {"a.zip": bad_input.zipped(content)}) / "a.zip",
    "tar": lambda folder, content: written(folder, {"a.tar": bad_input.tar(content)}) / "a.tar",
    "tgz": lambda folder, content: written(folder, {"a": bad_input.tar(content, mode="w:gz")}) / "a",
}


def test_a_link_in_a_zip_is_left_out_as_one_in_a_tar_is(settings: dict[str, Any], tmp_path: Path) -> None:
    source = tmp_path / "a.zip"
    with zipfile.ZipFile(source, "w") as archive:
        for name, content in (shades("train") | shades("test")).items():
            archive.writestr(name, content)
        link = zipfile.ZipInfo("train/dog/again.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "0.png")
    assert len(read_raw("mnist", fetch(source, settings, tmp_path)).splits["train"].images) == 8


@pytest.mark.parametrize("dataset", CLASSIFIED)
@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("above", ["", "some/folders/"])
def test_class_folders_are_read_wherever_they_are(
    kind: str, above: str, dataset: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    content = {f"{above}{name}": data for name, data in (shades("train") | shades("test", 2)).items()}
    strays = {f"{above}train/.DS_Store": b"x", "__MACOSX/._a.png": b"x", f"{above}train/cat/Thumbs.db": b"x"}
    raw = read_raw(dataset, fetch(SOURCES[kind](tmp_path, content | strays), settings, tmp_path, dataset))
    assert (raw.classes, raw.own) == (("cat", "dog"), True)
    train, test = raw.splits["train"], raw.splits["test"]
    assert train.targets.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert train.images[:, 0, 0].tolist() == [
        *([10 * number, 0, 200] for number in range(4)),
        *([10 * number, 200, 0] for number in range(4)),
    ]
    assert test.targets.tolist() == [0, 0, 1, 1]
    assert test.images.shape == (4, 8, 8, 3)


def test_without_a_folder_test_a_share_of_each_class_is_drawn_by_the_seed(tmp_path: Path) -> None:
    source = written(tmp_path / "source", {name.removeprefix("x/"): data for name, data in shades("x", 20).items()})
    drawn = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / name).mkdir()
        classes = class_folders.write_files(source, tmp_path / name, SETTINGS, seed=seed)
        class_names.write(classes, tmp_path / name, own=True)
        raw = read_raw("cifar10", tmp_path / name)
        assert np.bincount(raw.splits["test"].targets).tolist() == [5, 5]
        everything = np.concatenate([split.images[:, 0, 0] for split in raw.splits.values()])
        assert len(np.unique(everything, axis=0)) == 40
        drawn.append(raw.splits["test"].images)
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def images_of(content: dict[str, bytes], folder: Path) -> np.ndarray:
    """The training pictures of class ``a`` beside one other class."""
    grey = {f"train/b/{number}.png": picture(GREY) for number in range(2)}
    source = written(folder / "source", {f"train/a/{name}": data for name, data in content.items()} | grey)
    (out := folder / "written").mkdir()
    written(source, {f"test/{name}/1.png": picture(GREY) for name in "ab"})
    class_names.write(class_folders.write_files(source, out, SETTINGS, seed=1), out, own=True)
    return read_raw("mnist", out).splits["train"].images[: len(content)]


def test_any_format_size_and_name_is_read(tmp_path: Path) -> None:
    suffixes = ("avif", "bmp", "gif", "jpg", "png", "tif", "webp")
    content = {f"1.{suffix}": picture(RED, suffix, (9 + place, 30)) for place, suffix in enumerate(suffixes)}
    images = images_of(content | {"Z wrong.png": picture(RED, "jpg"), "no_suffix": picture(RED)}, tmp_path)
    assert images.shape == (9, 8, 8, 3)
    assert abs(images.astype(int) - RED).max() < 12


def test_pictures_are_grey_if_all_are_and_else_in_colour(tmp_path: Path) -> None:
    (tmp_path / "grey").mkdir()
    assert images_of({"1.png": picture(GREY), "2.jpg": picture(GREY, "jpg")}, tmp_path / "grey").shape == (2, 8, 8, 1)
    (tmp_path / "colour").mkdir()
    content = {"1.png": picture(GREY), "2.png": picture((99, 99, 98))}
    assert images_of(content, tmp_path / "colour").shape == (2, 8, 8, 3)


def test_cameras_rotations_are_honoured_and_transparent_parts_are_white(tmp_path: Path) -> None:
    halves = Image.new("RGB", (40, 20), RED)
    halves.paste(GREEN, (20, 0, 40, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter: what was left is up
    halves.save(file := io.BytesIO(), "JPEG", exif=exif, quality=95)
    images = images_of({"1.jpg": file.getvalue(), "2.png": picture((0, 0, 0, 0))}, tmp_path).astype(int)
    assert (abs(images[0, 0] - RED) < 20).all() and (abs(images[0, -1] - GREEN) < 20).all()
    assert (images[1] == 255).all()


# Layouts.


def plan(*files: str, folders: tuple[str, ...] = ()) -> class_layout.Plan:
    return class_layout.plan(files, folders, source=Path("source"))


def test_classes_are_sorted_by_name_in_composed_unicode() -> None:
    decomposed = unicodedata.normalize("NFD", "é")
    found = plan("f/1", f"{decomposed}/1", "a b/1", "Z/1")  # decomposed, it would stand before f
    assert found.classes == ("Z", "a b", "f", "é")
    assert found.splits["train"] == {"Z/1": 0, "a b/1": 1, "f/1": 2, f"{decomposed}/1": 3}


def test_pictures_are_in_the_order_of_their_names_whatever_that_of_the_source() -> None:
    files = ["train/b/2", "train/a/1", "train/b/1", "test/a/1", "train/a/0", "test/b/1"]
    found = plan(*files)
    assert list(found.splits["train"]) == ["train/a/0", "train/a/1", "train/b/1", "train/b/2"]
    assert found == plan(*reversed(files))


def test_what_is_ignored_is_named() -> None:
    files = ("train/a/1", "train/b/1", "train/a/deeper/2", "train/stray", "val/a/1", "readme", "test/a/1")
    assert plan(*files).notes == [
        "classes of which test has no pictures: b",
        "folders ignored, because train is there: val",
        "files ignored, because they do not lie directly in a class folder: 2",
    ]


def test_a_path_cannot_leave_the_source() -> None:
    assert plan("a/1", "b/1", "../c/1", "/d/1").classes == ("a", "b", "d")


@pytest.mark.parametrize(
    ("content", "own"),
    [
        ({"train/a/1.JPG": b""}, True),
        ({"a/1.heic": b""}, True),
        ({"1.jpg": b""}, False),
        ({"a/1.csv": b""}, False),
        ({".a/1.jpg": b""}, False),
        ({"train/a/1.jpg": b"", **FOLDERS["packed"]()}, False),
        ({"train/a/1.jpg": b"", f"b/{CIFAR10_ARCHIVE}": b""}, False),
        ({"train/a/1.jpg": b"", "cifar-10-batches-py/data_batch_1": b""}, False),
        ({"train/a/1.jpg": b"", "mnist.npz": b""}, False),
    ],
    ids=lambda value: str(value)[:40],
)
@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_a_source_is_one_of_own_pictures_unless_it_has_files_of_a_published_data_set(
    content: dict[str, bytes], own: bool, kind: str, tmp_path: Path
) -> None:
    assert class_folders.is_in(SOURCES[kind](tmp_path, content)) == own


def test_notes_go_to_the_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = written(tmp_path / "source", shades("train") | shades("val") | shades("test", 2))
    class_folders.write_files(source, tmp_path, SETTINGS, seed=1)
    assert f"{source}: folders ignored, because train is there: val\n" in capsys.readouterr().err
