"""The real data sets as local sources; IMAGELAB_REAL_DATA names the folder that holds them."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imagelab.classification.cnn import build_cnn
from imagelab.classification.data import SPLITS, read_examples, write_examples
from imagelab.datasets import fetching, leaf_layout, splitting
from imagelab.datasets.cifar10 import CIFAR10_ARCHIVE, read_cifar10
from imagelab.datasets.idx import read_idx_folder
from imagelab.datasets.published_classes import DIGITS
from imagelab.leaves.preparing import choose_and_reduce
from imagelab.reproduction import same_pictures
from imagelab.settings import params
from imagelab.storage import writing
from imagelab.storage.splits import Split
from imagelab.training import backend, classifier
from imagelab.training.fit import Evaluation
from tests.conftest import REPOSITORY, read_yaml, write_yaml

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.slow,
    pytest.mark.skipif("IMAGELAB_REAL_DATA" not in os.environ, reason="IMAGELAB_REAL_DATA is not set"),
]


@pytest.fixture(scope="module")
def folder() -> Path:
    found = Path(os.environ["IMAGELAB_REAL_DATA"])
    assert found.is_dir(), f"IMAGELAB_REAL_DATA: {found} is no folder"
    return found


@pytest.fixture
def profile(tmp_path: Path) -> Any:
    """Settings with one data set taken from a path, and a folder to fetch it into."""

    def take(dataset: str, source: Path) -> tuple[params.Params, Path]:
        settings = read_yaml(REPOSITORY / "params.yaml")
        settings["fetch"][dataset] = str(source)
        settings["prepare_leaves"] |= {"most_classes_per_crop": 10, "held_out_fraction": 0.1}
        out = tmp_path / dataset
        out.mkdir()
        loaded = params.load(write_yaml(settings, tmp_path / "params.yaml"))
        fetching.fetch(dataset, loaded, out)
        return loaded, out

    return take


@pytest.mark.parametrize(("dataset", "name"), [("mnist", "mnist"), ("fashion_mnist", "fashion-mnist")])
def test_both_mnists_are_fetched_and_prepared(
    dataset: str, name: str, folder: Path, profile: Any, tmp_path: Path
) -> None:
    settings, raw = profile(dataset, folder / name)
    splits = splitting.split_examples(read_idx_folder(raw, classes=10), settings.prepare, seed=1)
    write_examples(splits, DIGITS, tmp_path / "prepared")
    for split, count in (("train", 54_000), ("validation", 6_000), ("test", 10_000)):
        images, labels = read_examples(tmp_path / "prepared", split)
        assert images.shape == (count, 28, 28, 1)
        assert images.dtype == np.uint8
        assert images.max() == 255
        assert np.unique(labels).tolist() == list(range(10))
    assert np.bincount(splits["validation"].targets).max() - np.bincount(splits["validation"].targets).min() < 150


def test_cifar10_is_fetched_and_prepared(folder: Path, profile: Any, tmp_path: Path) -> None:
    tool = folder.parent / "tools" / "make_cifar10_binary.py"
    subprocess.run([sys.executable, str(tool), str(tmp_path / "made")], check=True, capture_output=True)
    settings, raw = profile("cifar10", tmp_path / "made")
    archive = read_cifar10(raw / CIFAR10_ARCHIVE)
    assert np.bincount(archive["train"].targets).tolist() == [5_000] * 10
    assert np.bincount(archive["test"].targets).tolist() == [1_000] * 10
    assert archive["train"].images.shape == (50_000, 32, 32, 3)
    splits = splitting.split_examples(archive, settings.prepare, seed=1)
    assert [len(splits[name].targets) for name in SPLITS] == [45_000, 5_000, 10_000]
    aeroplanes = archive["test"].images[archive["test"].targets == 0].mean(axis=(0, 1, 2))
    assert aeroplanes[2] > aeroplanes[0]  # skies are blue: channels are in the order red, green, blue


def test_all_leaves_are_fetched_and_prepared(folder: Path, profile: Any, tmp_path: Path) -> None:
    settings, raw = profile("leaves", folder / "leaves.tar")
    found = choose_and_reduce(raw / leaf_layout.LEAF_ARCHIVE, settings.prepare_leaves, seed=1)
    assert found.images.shape == (7_107, 32, 32, 3)
    assert found.images.dtype == np.float32
    assert 0 <= found.images.min() < found.images.max() <= 1
    assert len(found.classes) == len(np.unique(found.labels)) == 28
    assert found.groups.max() + 1 == 7_107  # the photographs have a UUID each, and no two have the same pixels
    assert dict(zip(found.classes, np.bincount(found.labels), strict=True))["Potato___healthy"] == 152
    writing.write_array(found.images, tmp_path / "images.npy")


@pytest.mark.slow
def test_the_fashion_mnist_cnn_passes_four_fifths(folder: Path) -> None:
    """27,000 images seen once, about two minutes on two cores; the report's network sees 600,000."""
    started = time.monotonic()
    backend.configure(seed=1, precision="mixed_bfloat16" if backend.cpu_has_bfloat16() else "float32", threads=1)
    raw = read_idx_folder(folder / "fashion-mnist", classes=10)
    part = np.random.default_rng(1).permutation(60_000)[:27_000]
    train = Split(raw["train"].images[part], raw["train"].targets[part])
    model = build_cnn(
        (28, 28, 1),
        filters=(64, 128, 256),
        dense=(128, 64),
        dropout=0.5,
        batch_normalization=False,
        classes=10,
        seed=1,
    )
    classifier.train(
        model,
        train,
        None,
        optimizer=classifier.make_optimizer("nadam", 0.0005),
        batch_size=32,
        epochs=1,
        seed=1,
        label="Fashion-MNIST CNN",
    )
    accuracy = classifier.measure(Evaluation(model), Split(*raw["test"]))["accuracy"]
    backend.configure(seed=1, precision="float32", threads=1)  # for the tests that follow
    print(f"test accuracy {accuracy:.4f} after {time.monotonic() - started:.0f} s")
    assert accuracy > 0.80


@pytest.mark.parametrize(("dataset", "copy"), [("mnist", "mnist"), ("fashion_mnist", "fashion-mnist")])
def test_the_copies_of_mnist_and_fashion_mnist_have_the_report_s_pictures(
    dataset: str, copy: str, folder: Path, tmp_path: Path
) -> None:
    settings = params.load(REPOSITORY / "params" / "paper.yaml")
    fetch = settings.fetch.model_copy(update={dataset: str(folder / copy)})
    fetching.fetch(dataset, settings.model_copy(update={"fetch": fetch}), tmp_path)
    assert same_pictures.are_the_reports(dataset, str(folder / copy), tmp_path)


def test_the_leaves_at_hand_are_a_part_of_the_report_s(folder: Path, tmp_path: Path) -> None:
    settings = params.load(REPOSITORY / "params" / "paper.yaml")
    source = str(folder / "leaves.tar")
    fetch = settings.fetch.model_copy(update={"leaves": source})
    fetching.fetch("leaves", settings.model_copy(update={"fetch": fetch}), tmp_path)
    assert len(same_pictures.leaf_counts(tmp_path)) == 28
    assert not same_pictures.are_the_reports("leaves", source, tmp_path)
