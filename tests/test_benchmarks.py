import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmarks import (
    classifier_parts,
    classify_pictures,
    cnn_grid,
    own_pictures,
    photographs_without_clocks,
    record,
    report_puzzles,
)
from benchmarks.operations import count_multiply_adds
from imagelab.classification.data import write_examples
from imagelab.clocks.commands.picture_sets import find_pictures
from imagelab.datasets.published_classes import CLASS_NAMES
from imagelab.reproduction import published
from imagelab.runtime.commit import Commit
from imagelab.runtime.errors import InputError
from imagelab.storage import writing
from imagelab.storage.splits import Split
from imagelab.training import classifier
from tests.classification.best.test_network import SETTINGS
from tests.classification.best.test_training import SPLITS
from tests.classification.test_classify_command import NAMES, towers_and_bridges
from tests.classification.test_classify_command import record as classifier_record
from tests.conftest import REPOSITORY, read_yaml


def test_what_was_measured_is_kept_with_machine_commit_and_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "benchmarks" / "leaves.json"
    monkeypatch.setattr(sys, "argv", ["/somewhere/benchmarks/leaves.py", "--out", str(out)])
    arguments = record.options("", rounds=5).parse_args()
    record.publish(
        {"ratio": 2.123456789, "rounds": [1.5, 2.5]},
        lambda report: f"ratio {report['ratio']:.1f}",
        arguments=arguments,
        measured_at=Commit("abc", "2026-01-02T03:04:05+00:00", clean=True),
        settings={"rounds": arguments.rounds},
        precision="float32",
        threads=2,
    )
    assert capsys.readouterr().out == "ratio 2.1\n"
    kept = json.loads(out.read_text())
    assert kept["benchmark"] == "leaves"
    assert str(tmp_path) not in out.read_text()
    assert kept["code"] == {"commit": "abc", "date": "2026-01-02T03:04:05+00:00", "clean": True}
    assert kept["measured"] == {"ratio": 2.123457, "rounds": [1.5, 2.5]}
    assert kept["settings"] == {"rounds": 5}
    assert kept["machine"]["threads"] == 2 and kept["machine"]["processor"]


@pytest.mark.parametrize("wrong", [("--out", "numbers.txt"), ("--rounds", "0")], ids=["no json", "no round"])
def test_an_option_without_sense_ends_before_anything_is_measured(wrong: tuple[str, str]) -> None:
    command = [sys.executable, "-m", "benchmarks.leaves", *wrong]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert f"received {wrong[1]}" in done.stderr.splitlines()[-1]


# Best classifiers.


def test_multiply_adds_are_counted_with_the_gradients_that_a_training_step_needs() -> None:
    layers = keras.layers
    frozen = layers.Conv2D(4, 3)  # (4, 4, 4): 16 positions
    frozen.trainable = False
    model = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            frozen,
            layers.Conv2D(5, 3, padding="same", use_bias=False),  # 16 positions
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )
    first, second, dense = 3 * 3 * 2 * 4 * 16, 3 * 3 * 4 * 5 * 16, 2 * 2 * 5 * 3
    assert count_multiply_adds(model) == (first + second + dense, first + 2 * second + 3 * dense)


def test_a_layer_whose_arithmetic_is_not_known_is_not_left_out() -> None:
    model = keras.Sequential([keras.Input((6, 6, 2)), keras.layers.SeparableConv2D(4, 3, name="separable")])
    with pytest.raises(ValueError, match="layer separable: expected a convolution or a dense layer"):
        count_multiply_adds(model)


def measure_best_classifiers(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "benchmarks.best_classifiers", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=600)


def test_the_cost_of_the_best_classifiers_follows_from_what_is_measured() -> None:
    tiny = ("--profile", "params.yaml", "--steps", "1", "--rounds", "2", "--limit-size", "64")
    done = measure_best_classifiers(*tiny, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    for name, pictures in (("fashion_mnist", 60_000), ("cifar10", 50_000)):
        found, own = report[name], read_yaml(REPOSITORY / "params.yaml")["best_classifier"][name]
        seconds = found["seconds_of_each_round"]
        assert {len(rounds) for rounds in seconds.values()} == {2}
        assert (found["epochs"], found["training_pictures"]) == (own["epochs"], pictures)
        assert found["images_per_second"] == pytest.approx(own["batch_size"] / min(seconds["training"]))
        assert found["minutes"] == pytest.approx(pictures * own["epochs"] / found["images_per_second"] / 60)
        assert found["petaflop"] == pytest.approx(60 * found["minutes"] * found["teraflop_per_second"] / 1000)
        limit = max(found["matrix_product_teraflop_per_second"], found["convolution_teraflop_per_second"])
        assert found["share_of_limit"] == pytest.approx(found["teraflop_per_second"] / limit)
        assert found["multiply_adds_forward"] < found["multiply_adds_training"] < 3 * found["multiply_adds_forward"]


def test_a_profile_that_is_missing_is_one_clear_line() -> None:
    done = measure_best_classifiers("--profile", "nothing.yaml")
    assert done.returncode == 1
    assert (
        done.stderr.splitlines()[-1] == "error: nothing.yaml: settings: expected a file, received nothing of that name"
    )


# Photographs without clocks.


@pytest.mark.parametrize(
    ("size", "sides"), [((600, 400), [400] + 6 * [200] + 12 * [133]), ((200, 210), [200] + 4 * [100]), ((90, 90), [])]
)
def test_squares_of_three_sizes_lie_side_by_side_in_the_photograph(size: tuple[int, int], sides: list[int]) -> None:
    across = Image.linear_gradient("L").rotate(90).resize(size)
    found = list(photographs_without_clocks.squares(across))
    assert [square.size for _, square in found] == [(side, side) for side in sides]
    assert len({name for name, _ in found}) == len(found)
    if size == (600, 400):
        second_row = [square.convert("L") for name, square in found if name.startswith("200_row1")]
        darkest, brightest = zip(*(square.getextrema() for square in second_row), strict=True)
        assert sorted(darkest) == list(darkest) and sorted(brightest) == list(brightest)
        assert max(darkest[1] - brightest[0], darkest[2] - brightest[1]) < 5


def cut(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "benchmarks.photographs_without_clocks", *map(str, arguments)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)


def test_photographs_without_a_clock_are_cut_where_their_packages_are_installed(tmp_path: Path) -> None:
    if importlib.util.find_spec("skimage") is None:
        pytest.skip("needs scikit-image")
    done = cut(tmp_path / "without_clock")
    assert done.returncode == 0, done.stderr
    count = len(list((tmp_path / "without_clock").glob("*.png")))
    assert count > 200
    assert done.stdout.endswith(f": {count} squares of 20 photographs without a clock\n")
    again = cut(tmp_path / "without_clock")
    assert again.returncode == 1 and again.stderr.endswith("folder: expected a new one, received one that exists\n")


def test_a_missing_package_and_a_missing_photograph_are_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(photographs_without_clocks.PHOTOGRAPHS, "sklearn", ["datasets/images/none.jpg"])
    with pytest.raises(InputError, match=r"none\.jpg: photograph: expected a file of the package, received none"):
        photographs_without_clocks.photographs_of("sklearn")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    expected = re.escape("scikit-image: package: expected it to be installed (pip install scikit-image), received no")
    with pytest.raises(InputError, match=expected):
        photographs_without_clocks.photographs_of("skimage")


def test_clocks_anywhere_are_written_with_the_times_in_their_names(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.clocks_anywhere", str(tmp_path / "clocks"), "--count", "3"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    found = find_pictures(tmp_path / "clocks")
    assert len(found) == 3
    assert all(picture.time is not None for picture in found)
    again = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)
    assert again.returncode == 1 and again.stderr.endswith("folder: expected a new one, received one that exists\n")


@pytest.mark.parametrize("part", classifier_parts.PARTS)
def test_a_part_of_a_training_is_set_back_alone(part: str) -> None:
    own, other = SETTINGS.model_dump(), classifier_parts.without(part, SETTINGS).model_dump()
    changed = {name for name in own if own[name] != other[name]}
    assert (
        changed
        == {
            classifier_parts.WHOLE: set(),
            classifier_parts.MUON: set(),
            "augmentation": {"augmentation"},
            "decay of the learning rate": {"decay", "kernel_learning_rate", "learning_rate"},
            "label smoothing": {"label_smoothing"},
            "whitening": {"whitening"},
        }[part]
    )


def test_a_loss_of_accuracy_is_that_on_the_same_pictures() -> None:
    whole = np.array([True, True, True, False] * 25)
    other = np.array([True, True, False, False] * 25)
    found = classifier_parts.difference(whole, other, seed=1)
    assert found["loss_of_accuracy"] == pytest.approx(0.25)
    assert 0.1 < found["loss_of_accuracy_low"] < 0.25 < found["loss_of_accuracy_high"] < 0.4


@pytest.mark.slow
def test_the_parts_of_a_training_are_measured_on_the_validation_split(tmp_path: Path) -> None:
    splits = {name: SPLITS[name] for name in ("train", "validation")}  # no test split
    write_examples(splits, ["left", "middle", "right"], tmp_path / "data")
    command = [sys.executable, "-m", "benchmarks.classifier_parts", "fashion_mnist", "--data", str(tmp_path / "data")]
    command += ["--profile", "params.yaml", "--json", "--out", str(tmp_path / "parts.json")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    measured = json.loads((tmp_path / "parts.json").read_text())["measured"]
    assert [row["set_back"] for row in measured["trainings"]] == list(classifier_parts.PARTS)
    assert measured["trainings"][0]["loss_of_accuracy"] == 0
    assert measured["images"] == len(SPLITS["validation"].targets)


# The report's puzzles.


def pictures_of_every_brightness() -> Split:
    random = np.random.default_rng(1)
    return Split(random.integers(0, 256, (40, 32, 32, 3)).astype(np.uint8), random.integers(0, 10, 40).astype(np.uint8))


def test_each_guess_changes_pictures_or_labels_as_its_name_says() -> None:
    split = pictures_of_every_brightness()
    assert report_puzzles.unscaled(split).images.max() == 255
    assert 1 / 256 < report_puzzles.scaled_twice(split).images.max() <= 1 / 255
    mixed = report_puzzles.planes_as_pixels(split).images
    assert mixed.shape == (40, 32, 32, 3) and (mixed[:, 0, 0] == split.images[:, 0, :3, 0]).all()
    grey = report_puzzles.grey_and_reduced(split).images
    assert grey.shape == (40, 28, 28, 1) and grey.dtype == np.uint8
    assert grey.mean() == pytest.approx(split.images.mean(), abs=2)


def test_the_validation_pictures_follow_those_of_the_training() -> None:
    first = pictures_of_every_brightness()
    second = Split(np.zeros((2, 32, 32, 3), np.uint8), np.array([7, 8], np.uint8))
    both = report_puzzles.joined(first, second)
    assert np.array_equal(both.images[:40], first.images) and not both.images[40:].any()
    assert both.targets.tolist() == [*first.targets.tolist(), 7, 8]


def test_labels_in_a_column_train_the_same_bits() -> None:
    """So it explains nothing of the report that its labels may have had that shape, as those of Keras's CIFAR-10 do."""
    split = pictures_of_every_brightness()
    trained = []
    for targets in (split.targets, split.targets[:, None]):
        keras.utils.set_random_seed(1)
        image = keras.Input((32, 32, 3))
        model = keras.Model(image, keras.layers.Dense(10)(keras.layers.Flatten()(image)))
        optimizer = classifier.make_optimizer("adam", 0.001)
        both = split._replace(targets=targets)
        history = classifier.train(
            model, both, None, optimizer=optimizer, batch_size=8, epochs=2, seed=1, label="labels"
        )
        trained.append((history, [variable.numpy() for variable in model.variables]))
    (first, weights), (second, others) = trained
    pd.testing.assert_frame_equal(first, second)
    assert all(np.array_equal(one, other) for one, other in zip(weights, others, strict=True))


def test_other_pictures_are_refused_before_a_training(tmp_path: Path) -> None:
    split = pictures_of_every_brightness()
    write_examples({"train": split, "test": split}, [str(number) for number in range(10)], tmp_path)
    with pytest.raises(InputError, match="--data: expected the classes of cifar10"):
        report_puzzles.read(tmp_path, "cifar10")


def test_in_training_mode_dropout_drops() -> None:
    image = keras.Input((2, 2, 1))
    model = keras.Model(image, keras.layers.Dropout(0.9, seed=1)(keras.layers.Flatten()(image)))
    second_is_bright = np.tile(np.array([[0, 9], [0, 0]], np.uint8), (200, 1, 1))[..., None]
    split = Split(second_is_bright, np.ones((200, 1), np.uint8))
    assert report_puzzles.is_right(model, split, training=False).all()
    assert report_puzzles.is_right(model, split, training=True).mean() < 0.3  # where it is dropped, the first is taken


def test_measuring_in_training_mode_leaves_the_network_as_it_was() -> None:
    image = keras.Input((4, 4, 1))
    inner = keras.layers.BatchNormalization()(keras.layers.Dropout(0.5, seed=1)(image))
    model = keras.Model(image, keras.layers.Dense(2)(keras.layers.Flatten()(inner)))
    pictures = np.random.default_rng(1).integers(0, 256, (50, 4, 4, 1)).astype(np.uint8)
    before = [variable.numpy() for variable in model.variables]
    report_puzzles.is_right(model, Split(pictures, np.zeros(50, np.uint8)), training=True)
    assert len(before) == 7  # two random states or statistics more than weights
    assert all(np.array_equal(old, new.numpy()) for old, new in zip(before, model.variables, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("puzzle", report_puzzles.PUZZLES)
def test_a_puzzles_guesses_are_trained_with_the_reports_settings(puzzle: str, tmp_path: Path) -> None:
    split = pictures_of_every_brightness()
    names = CLASS_NAMES[report_puzzles.PUZZLES[puzzle].dataset]
    write_examples(dict.fromkeys(("train", "validation", "test"), split), list(names), tmp_path / "data")
    command = [sys.executable, "-m", "benchmarks.report_puzzles", puzzle, "--data", str(tmp_path / "data")]
    command += ["--profile", "params.yaml", "--json", "--out", str(tmp_path / "puzzle.json")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    kept = json.loads((tmp_path / "puzzle.json").read_text())
    assert [row["guess"] for row in kept["measured"]["trainings"]] == [
        guess.name for guess in report_puzzles.PUZZLES[puzzle].guesses
    ]
    assert all(len(row["epochs"]) == kept["settings"]["epochs"] == 10 for row in kept["measured"]["trainings"])
    counts = [row["training_images"] for row in kept["measured"]["trainings"]]
    assert counts == ([40, 80] if puzzle == "best_settings" else [40] * len(counts))


# Pictures to classify.


def test_ten_pictures_of_our_own_are_drawn(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.own_pictures", str(tmp_path / "own")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    found = sorted(path.relative_to(tmp_path / "own") for path in (tmp_path / "own").rglob("*.png"))
    assert len(found) == 10
    assert {path.parts[0] for path in found} == {"fashion_mnist", "cifar10"}
    for path in found:
        with Image.open(tmp_path / "own" / path) as picture:
            assert picture.height == own_pictures.SIZE
    again = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=300)
    assert again.returncode == 1 and again.stderr.endswith("folder: expected a new one, received one that exists\n")


@pytest.mark.usefixtures("repeatable")
def test_test_pictures_that_are_written_as_files_are_classified_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = np.zeros((8, 28, 28, 1), np.uint8)
    pictures[::2, :, 10:18], pictures[1::2, 10:18] = 200, 200
    test = Split(pictures, (np.arange(8) % 2).astype(np.uint8))
    write_examples({"test": test}, NAMES, tmp_path / "data")
    writing.write_model(towers_and_bridges(), tmp_path / "model.keras", trained_on=classifier_record())
    options = ["--model", str(tmp_path / "model.keras"), "--data", str(tmp_path / "data"), "--pictures", "4", "--json"]
    monkeypatch.setattr(sys, "argv", ["benchmarks.classify_pictures", *options])
    classify_pictures.main()
    found = json.loads(capsys.readouterr().out)
    assert (found["test_pictures"], found["test_accuracy"], found["written_pictures"]) == (8, 1, 4)
    assert list(found["written"]) == list(classify_pictures.GREY)
    assert all(one == {"agreement": 1, "accuracy": 1} for one in found["written"].values())
    write_examples({"test": test}, ("a", "b"), tmp_path / "data")
    with pytest.raises(SystemExit, match="classes: expected the model's classes: Tower, Bridge, Fog, received a, b"):
        classify_pictures.main()


# The CNNs' grid.


def printed_runs(**shift: float) -> pd.DataFrame:
    """The report's runs as if they were ours, with the accuracies of some optimizers shifted."""
    runs = published.runs("cnn").rename(columns={published.ACCURACY: "test_accuracy"}).drop(columns=published.UNCERTAIN)
    runs["test_accuracy"] += runs["optimizer"].map(shift).fillna(0)
    return runs.assign(validation_accuracy=runs["test_accuracy"], failure=None)


def test_a_grid_like_the_report_s_differs_in_nothing_and_a_better_optimizer_is_seen() -> None:
    found = cnn_grid.measure(printed_runs(), where="here")
    both = found["adam_adamax_nadam"]
    assert (both["runs"], both["better"], both["mean_difference"]) == (43, 0, 0)
    assert both["rank_correlation_low"] == pytest.approx(1) == both["rank_correlation_high"]
    assert both["rank_of_the_reports_best"] == 1
    assert len(both["explained_spread"]) == 4
    assert found["best_after_most_epochs"] == {"settings": 11, "ours": 3, "the_report": 3}
    assert found["gain_of_choosing_on_test"] == 0
    found = cnn_grid.measure(printed_runs(adam=0.05), where="here")
    assert found["adam_adamax_nadam"]["better"] == found["by_optimizer"]["adam"]["runs"] == 16
    assert found["by_optimizer"]["adam"]["mean_difference"] == pytest.approx(0.05)
    assert found["by_optimizer"]["nadam"]["mean_difference"] == 0
    assert found["adam_adamax_nadam"]["rank_of_the_reports_best"] > 1


def test_the_table_of_a_grid_is_read_from_its_file(tmp_path: Path) -> None:
    printed_runs().to_csv(tmp_path / "cnn.csv", index=False)
    command = [sys.executable, "-m", "benchmarks.cnn_grid", str(tmp_path / "cnn.csv")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "'rank_of_the_reports_best': 1," in done.stdout


def test_a_grid_that_lacks_one_of_the_report_s_runs_is_refused() -> None:
    with pytest.raises(InputError, match=r"a\.csv: table: expected all 62 runs of the report's table 6, received 61"):
        cnn_grid.measure(printed_runs().drop(7), where="a.csv")
