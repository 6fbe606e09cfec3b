import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from imagelab import raw_formats
from imagelab.errors import InputError
from imagelab.raw_formats import Examples


@given(arrays.arrays(np.uint8, arrays.array_shapes(max_dims=4, max_side=6)))
def test_idx_files_decode_to_what_they_encode(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray) -> None:
    path = tmp_path_factory.mktemp("idx") / "array.gz"
    path.write_bytes(raw_formats.idx_bytes(array))
    assert np.array_equal(raw_formats.read_idx(path), array)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_an_array_or_an_input_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, compressed: bool
) -> None:
    path = tmp_path_factory.mktemp("idx") / "array.gz"
    path.write_bytes(gzip.compress(content) if compressed else content)
    try:
        assert raw_formats.read_idx(path).dtype == np.uint8
    except InputError as error:
        assert str(path) in str(error)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda content: content[: len(content) // 2], "whole gzip file"),
        (lambda content: b"", "magic number"),
        (lambda content: b"plain", "whole gzip file"),
        (lambda content: gzip.compress(b"\0\0\x0d\x01" + bytes(8)), "magic number"),
        (lambda content: gzip.compress(gzip.decompress(content)[:-1]), "length: expected 76 bytes for"),
        (lambda content: gzip.compress(gzip.decompress(content) + b"\0"), "length: expected 76 bytes for"),
        (lambda content: gzip.compress(b"\0\0\x08\x03" + b"\xff" * 12), "length"),
        (lambda content: gzip.compress(b"\0\0\x08\x03\0\0"), "length"),
    ],
)
def test_a_damaged_idx_file_is_named(spoil, message: str, tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(spoil(raw_formats.idx_bytes(np.ones((3, 4, 5), np.uint8))))
    with pytest.raises(InputError, match=f"images.gz: .*{message}"):
        raw_formats.read_idx(path)


def write_mnist(folder: Path, *, labels: np.ndarray) -> None:
    for (_, kind), name in raw_formats.IDX_FILES.items():
        array = np.zeros((4, 6, 6), np.uint8) if kind == "images" else labels
        (folder / name).write_bytes(raw_formats.idx_bytes(array))


def test_a_folder_of_idx_files_gives_both_splits(tmp_path: Path) -> None:
    write_mnist(tmp_path, labels=np.arange(4, dtype=np.uint8))
    splits = raw_formats.read_idx_folder(tmp_path)
    assert splits["train"].images.shape == (4, 6, 6, 1)
    assert splits["test"].labels.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("labels", "message"), [(np.zeros(3, np.uint8), "one for each of 4"), (np.full(4, 10, np.uint8), "classes 0..9")]
)
def test_labels_that_do_not_fit_are_refused(labels: np.ndarray, message: str, tmp_path: Path) -> None:
    write_mnist(tmp_path, labels=labels)
    with pytest.raises(InputError, match=message):
        raw_formats.read_idx_folder(tmp_path)


def colour_examples(count: int) -> Examples:
    random = np.random.default_rng(count)
    return Examples(random.integers(0, 256, (count, 32, 32, 3), np.uint8), random.integers(0, 10, count, np.uint8))


def test_cifar10_archives_decode_to_what_they_encode(tmp_path: Path) -> None:
    splits = {"train": colour_examples(11), "test": colour_examples(3)}
    path = tmp_path / "cifar.tar.gz"
    path.write_bytes(raw_formats.cifar10_bytes(splits))
    for name, (images, labels) in raw_formats.read_cifar10(path).items():
        assert np.array_equal(images, splits[name].images)
        assert np.array_equal(labels, splits[name].labels)


def archive_with(names: list[str], content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


ALL_BATCHES = [f"cifar-10-batches-bin/{name}" for names in raw_formats.CIFAR10_BATCHES.values() for name in names]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"plain", "whole .tar.gz"),
        (
            raw_formats.cifar10_bytes({"train": colour_examples(50), "test": colour_examples(9)})[:-9000],
            "whole .tar.gz",
        ),
        (archive_with(ALL_BATCHES[1:], bytes(3073)), "data_batch_1.bin, received no such member"),
        (archive_with(ALL_BATCHES, bytes(3072)), "multiple of 3073 bytes, received 3072"),
        (archive_with(ALL_BATCHES, b""), "multiple of 3073 bytes, received 0"),
        (archive_with(ALL_BATCHES, b"\x0a" + bytes(3072)), "classes 0..9, received 10"),
    ],
)
def test_a_damaged_cifar10_archive_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "cifar.tar.gz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        raw_formats.read_cifar10(path)
