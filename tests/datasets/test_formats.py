from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as arrays

from imagelab.datasets.cifar10 import cifar10_bytes, read_cifar10
from imagelab.datasets.idx import IDX_FILES, idx_bytes, read_idx, read_idx_folder
from imagelab.storage.splits import Split


@given(arrays.arrays(np.uint8, arrays.array_shapes(max_dims=4, max_side=6)))
def test_idx_files_decode_to_what_they_encode(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray) -> None:
    path = tmp_path_factory.mktemp("idx") / "array.gz"
    path.write_bytes(idx_bytes(array))
    assert np.array_equal(read_idx(path), array)


def write_mnist(folder: Path, *, labels: np.ndarray) -> None:
    for (_, kind), name in IDX_FILES.items():
        array = np.zeros((4, 6, 6), np.uint8) if kind == "images" else labels
        (folder / name).write_bytes(idx_bytes(array))


def test_a_folder_of_idx_files_gives_both_splits(tmp_path: Path) -> None:
    write_mnist(tmp_path, labels=np.arange(4, dtype=np.uint8))
    splits = read_idx_folder(tmp_path, classes=10)
    assert splits["train"].images.shape == (4, 6, 6, 1)
    assert splits["test"].targets.tolist() == [0, 1, 2, 3]


def colour_examples(count: int) -> Split:
    random = np.random.default_rng(count)
    return Split(random.integers(0, 256, (count, 32, 32, 3), np.uint8), random.integers(0, 10, count, np.uint8))


def test_cifar10_archives_decode_to_what_they_encode(tmp_path: Path) -> None:
    splits = {"train": colour_examples(11), "test": colour_examples(3)}
    path = tmp_path / "cifar.tar.gz"
    path.write_bytes(cifar10_bytes(splits))
    for name, (images, labels) in read_cifar10(path).items():
        assert np.array_equal(images, splits[name].images)
        assert np.array_equal(labels, splits[name].targets)
