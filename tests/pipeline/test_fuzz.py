"""The readers of raw data on damaged files: the right bytes come out, or an ``InputError``."""

import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from imagelab.datasets.cifar10 import cifar10_bytes, read_cifar10
from imagelab.datasets.idx import idx_bytes
from imagelab.runtime.errors import InputError
from imagelab.storage import reading, writing
from imagelab.storage.splits import Split
from tests.pipeline import fuzzing

FEW, MANY = 1_000, 20_000  # inputs of a run; sixteen runs of the many are 320,000
SEEDS = range(1, 5)

# Each example overwrites the file; how long one takes says nothing on a busy machine.
one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
numbers = st.sampled_from([np.dtype(name) for name in ("?", "u1", "<i2", ">i4", "i8", "<f2", "f4", ">f8")])


@pytest.mark.parametrize("name", fuzzing.FORMATS)
def test_damaged_files_are_read_as_they_are_or_refused_in_bounded_memory(name: str, tmp_path: Path) -> None:
    tally = fuzzing.fuzz(name, count=FEW, seed=0, path=tmp_path / "damaged")
    assert tally.refused > FEW / 2
    assert tally.read > 0  # the changes leave some whole


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", fuzzing.FORMATS)
def test_many_damaged_files_are_read_as_they_are_or_refused(name: str, seed: int, tmp_path: Path) -> None:
    tally = fuzzing.fuzz(name, count=MANY, seed=seed, path=tmp_path / "damaged")
    assert tally.read > 0 and tally.refused > MANY / 2


def test_the_slow_runs_are_of_200_000_inputs_at_least() -> None:
    assert MANY * len(SEEDS) * len(fuzzing.FORMATS) >= 200_000


@one_folder
@given(
    numbers.flatmap(
        lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4))
    ),
    st.booleans(),
    st.booleans(),
)
def test_arrays_come_back_from_their_files(tmp_path: Path, array: np.ndarray, fortran: bool, memory_map: bool) -> None:
    written = np.nan_to_num(np.asarray(array, order="F" if fortran else "C"), posinf=1, neginf=-1)
    writing.write_array(written, tmp_path / "array.npy")
    read = reading.read_array(tmp_path / "array.npy", dimensions=array.ndim, memory_map=memory_map)
    assert read.dtype == written.dtype
    assert np.array_equal(read, written)


@one_folder
@given(st.integers(5, 12), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_cifar10_comes_back_from_its_archive(tmp_path: Path, train: int, test: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    written = {
        split: Split(
            random.integers(0, 256, (count, 32, 32, 3), np.uint8), random.integers(0, 10, count, dtype=np.uint8)
        )
        for split, count in (("train", train), ("test", test))
    }
    (tmp_path / "cifar.tar.gz").write_bytes(cifar10_bytes(written))
    for split, (images, labels) in read_cifar10(tmp_path / "cifar.tar.gz").items():
        assert np.array_equal(images, written[split].images)
        assert np.array_equal(labels, written[split].targets)


@one_folder
@given(st.sampled_from(sorted(fuzzing.FORMATS)), st.binary(max_size=300), st.booleans(), st.integers(0, 6))
def test_any_bytes_are_read_as_they_are_or_refused(
    tmp_path: Path, name: str, content: bytes, compressed: bool, number: int
) -> None:
    (tmp_path / "file").write_bytes(content := gzip.compress(content) if compressed else content)
    try:
        fuzzing.FORMATS[name].compare(fuzzing.FORMATS[name].read(tmp_path / "file", number), content)
    except InputError as error:
        assert str(tmp_path) in str(error)


def whole(name: str) -> bytes:
    match name:
        case "idx":
            return idx_bytes(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
        case "cifar10":
            return gzip.compress(fuzzing.cifar10_seeds()[0], mtime=0)
        case "npz":
            return fuzzing.npz_seeds()[1]
    return fuzzing.array_seeds()[0]


@pytest.mark.parametrize("name", fuzzing.FORMATS)
def test_a_file_that_is_cut_anywhere_is_refused(name: str, tmp_path: Path) -> None:
    content = whole(name)
    assert fuzzing.FORMATS[name].read(_written(content, tmp_path), 0) is not None
    for length in range(len(content)):
        with pytest.raises(InputError):
            fuzzing.FORMATS[name].read(_written(content[:length], tmp_path), 0)


@pytest.mark.parametrize("name", fuzzing.FORMATS)
def test_a_file_with_one_byte_changed_anywhere_is_read_right_or_refused(name: str, tmp_path: Path) -> None:
    """A changed pixel in a compressed file never goes unseen: its checksum is compared."""
    content, random = whole(name), np.random.default_rng(0)
    compare = fuzzing.FORMATS[name].compare
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= int(random.integers(1, 256))
        try:
            read = fuzzing.FORMATS[name].read(_written(changed, tmp_path), 0)
        except InputError:
            continue
        compare(read, content if name != "npy" else bytes(changed))  # numbers in an array have no checksum


def test_a_header_takes_no_memory_that_the_file_does_not_fill(tmp_path: Path) -> None:
    """Sizes of terabytes, in the three places where a reader could believe them."""
    shape = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }\n"
    array = b"\x93NUMPY\x01\x00" + len(shape).to_bytes(2, "little") + shape
    for content in (array, b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + shape):
        _refused_within("npy", content, tmp_path)
    for sizes in (b"\xff" * 12, b"\xff" * 8 + bytes(4)):  # no number at all, where one of the sizes is 0
        _refused_within("idx", gzip.compress(b"\0\0\x08\x03" + sizes), tmp_path)


def test_what_decompresses_to_a_thousand_times_its_size_stays_within_the_bound(tmp_path: Path) -> None:
    for name in ("idx", "cifar10"):
        _refused_within(name, gzip.compress(bytes(8 * fuzzing.MIB)), tmp_path)


def _refused_within(name: str, content: bytes, folder: Path) -> None:
    tracemalloc.start()
    try:
        assert not fuzzing.reads(fuzzing.FORMATS[name], _written(content, folder), content, number=0)
    finally:
        tracemalloc.stop()


def _written(content: bytes | bytearray, folder: Path) -> Path:
    (folder / "file").write_bytes(content)
    return folder / "file"
