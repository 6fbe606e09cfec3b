"""Whether our pictures are the report's."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelab.datasets import official
from imagelab.datasets.cifar10 import CIFAR10_ARCHIVE
from imagelab.datasets.idx import IDX_FILES, idx_bytes
from imagelab.reproduction import same_pictures
from imagelab.reproduction.same_pictures import are_the_reports, content_digest
from imagelab.runtime.errors import InputError
from imagelab.storage import class_names
from imagelab.storage.splits import Split
from tests.reproduction.full_run import write_leaves

NAMES = [str(place) for place in range(10)]


def write_idx(folder: Path, *, seed: int = 0, order: int = 0) -> dict[str, Split]:
    """Twenty small pictures a split, in an order that another seed changes."""
    class_names.write(NAMES, folder)
    splits = {}
    for split in ("train", "test"):
        random, permutation = np.random.default_rng(seed), np.random.default_rng(order).permutation(20)
        images = random.integers(0, 256, (20, 8, 8), np.uint8)[permutation]
        labels = random.integers(0, 10, 20, np.uint8)[permutation]
        splits[split] = Split(images[..., None], labels)
        for kind, array in (("images", images), ("labels", labels)):
            (folder / IDX_FILES[split, kind]).write_bytes(idx_bytes(array))
    return splits


@pytest.mark.parametrize("dataset", ["mnist", "fashion_mnist", "cifar10", "leaves", "clocks"])
def test_what_is_downloaded_is_the_report_s_and_what_the_project_makes_is_not(dataset: str, tmp_path: Path) -> None:
    assert are_the_reports(dataset, "official", tmp_path)
    assert not are_the_reports(dataset, "render" if dataset == "clocks" else "demo", tmp_path)


@pytest.mark.parametrize("source", ["official", "somewhere/usps"])
def test_a_data_set_that_the_report_does_not_have_is_not_the_report_s(source: str, tmp_path: Path) -> None:
    assert not are_the_reports("usps", source, tmp_path)


@pytest.mark.parametrize("dataset", ["mnist", "fashion_mnist"])
def test_a_copy_counts_by_its_pictures_and_labels_in_any_order(
    dataset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    splits = write_idx(tmp_path)
    assert not are_the_reports(dataset, "a/folder", tmp_path)
    digests = {name: content_digest(split) for name, split in splits.items()}
    monkeypatch.setitem(same_pictures.CONTENTS, dataset, digests)
    assert are_the_reports(dataset, "a/folder", tmp_path)
    write_idx(tmp_path, order=1)
    assert are_the_reports(dataset, "a/folder", tmp_path)
    write_idx(tmp_path, seed=1)
    assert not are_the_reports(dataset, "a/folder", tmp_path)


@given(st.integers(0, 5), st.integers(0, 5))
def test_the_digest_depends_on_pixels_and_on_which_label_belongs_to_which_picture(first: int, second: int) -> None:
    images = np.arange(6, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    labels = np.arange(6, dtype=np.uint8)
    swapped = labels.copy()
    swapped[[first, second]] = swapped[[second, first]]
    assert (content_digest(Split(images, labels)) == content_digest(Split(images, swapped))) == (first == second)
    order = np.random.default_rng(first).permutation(6)
    assert content_digest(Split(images, labels)) == content_digest(Split(images[order], labels[order]))


def test_pictures_of_one_s_own_are_not_the_report_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    splits = write_idx(tmp_path)
    digests = {name: content_digest(split) for name, split in splits.items()}
    monkeypatch.setitem(same_pictures.CONTENTS, "mnist", digests)
    class_names.write(NAMES, tmp_path, own=True)
    assert not are_the_reports("mnist", "a/folder", tmp_path)


def test_cifar10_counts_by_the_checksum_of_its_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class_names.write(NAMES, tmp_path)
    (tmp_path / CIFAR10_ARCHIVE).write_bytes(b"JPEG copies")
    assert not are_the_reports("cifar10", "a/folder", tmp_path)
    file = official.FILES["cifar10"][0]._replace(md5="b0c3c4eb6c5fcc8ff0bcb1e7d2a1dde6")
    monkeypatch.setitem(official.FILES, "cifar10", (file,))
    assert not are_the_reports("cifar10", "a/folder", tmp_path)
    file = file._replace(md5="cdae841c1812aa8206caacdc36be5a34")
    monkeypatch.setitem(official.FILES, "cifar10", (file,))
    assert are_the_reports("cifar10", "a/folder", tmp_path)


def test_leaves_count_by_the_numbers_of_classes_and_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(same_pictures, "KAGGLE_LEAVES_IMAGES", 38)  # the fake archive has one of each class
    raw = tmp_path / "data" / "raw" / "leaves"
    write_leaves(tmp_path, source=[38], chosen=[1])
    assert are_the_reports("leaves", "a/folder", raw)
    write_leaves(tmp_path, source=[28], chosen=[1])
    assert not are_the_reports("leaves", "a/folder", raw)
    monkeypatch.setattr(same_pictures, "KAGGLE_LEAVES_IMAGES", 28)
    assert not are_the_reports("leaves", "a/folder", raw)


def test_of_clocks_at_a_path_nobody_knows_so_they_are_not_the_report_s(tmp_path: Path) -> None:
    assert not are_the_reports("clocks", "a/folder", tmp_path)


@pytest.mark.parametrize("content", [None, b"no archive"])
def test_a_missing_or_damaged_archive_of_leaves_is_named(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "leaves.tar").write_bytes(content)
    with pytest.raises(InputError, match=r"leaves\.tar: archive: expected a whole \.tar of leaves, received "):
        same_pictures.leaf_counts(tmp_path)
