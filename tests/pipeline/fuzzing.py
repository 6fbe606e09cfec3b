"""Damaged files in the formats that users bring: seeds, ways to change them, and a check of each reader.

Everything is drawn from one generator, so that a seed and a number name an input.
"""

import gzip
import io
import re
import tarfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from imagelab.datasets import idx_copies
from imagelab.datasets.cifar10 import CIFAR10_BATCHES, CIFAR10_FOLDER, read_cifar10
from imagelab.datasets.idx import idx_bytes, read_idx, read_idx_folder
from imagelab.runtime.errors import InputError
from imagelab.storage import reading
from imagelab.storage.splits import Split

Change = Callable[[bytes, np.random.Generator], bytes]

SECONDS = 10  # for one input: a size in a header must not be believed by a loop either
GZIP_RATIO = 1032  # deflate's largest
MIB = 1 << 20

_ODD_BYTES = np.array([0, 1, 3, 8, 10, 32, 48, 55, 57, 127, 128, 255], np.uint8)
_ODD_TEXTS = [b"-1", b"0", b"1e999", b"9" * 30, b"4294967296", b"True", b"None", b"()", b"[1, 2]", b"'", b"(" * 200]
_ODD_TEXTS += [
    b"1" * 5000,
    b"\\N{x}",
    b"\0",
    b"O",
    b"V8",
    b"M8[s]",
    b"U9",
    b"S3",
    b"i8",
    b">f4",
    b"|b1",
    b"f16",
    b"c16",
]


class Format(NamedTuple):
    """A kind of file with its reader, and how much memory that may take.

    The bounds leave room for one piece of a file, for Python's parser at an array's header, and for as many bytes as
    the file can hold: three times (what is decompressed, its parts, the joined array), or twice for an array.
    """

    inputs: Callable[[np.random.Generator], Iterator[bytes]]  # without end
    read: Callable[[Path, int], Any]  # with the input's number, which chooses between ways to read
    compare: Callable[[Any, bytes], None]  # what was read with the file's bytes
    most_memory: Callable[[int], int]  # in bytes, from the file's size


# What a reader gives back must be what the file says, byte for byte.


def compare_idx(array: np.ndarray, content: bytes) -> None:
    assert gzip.decompress(idx_bytes(array)) == gzip.decompress(content)


def compare_cifar10(splits: dict[str, Split], content: bytes) -> None:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        found = {member.name: archive.extractfile(member).read() for member in archive if member.isreg()}
    for split, names in CIFAR10_BATCHES.items():
        images, labels = splits[split]
        rows = np.concatenate([labels[:, None], images.transpose(0, 3, 1, 2).reshape(len(images), -1)], axis=1)
        assert rows.tobytes() == b"".join(found[f"{CIFAR10_FOLDER}/{name}"] for name in names)
        assert labels.max() <= 9


def read_array(path: Path, number: int) -> np.ndarray:
    dimensions = (2, 2, 2, 3, 1, 4, 0)[number % 7]  # most seeds have two
    return reading.read_array(path, dimensions=dimensions, memory_map=number % 2 == 1)


def compare_array(array: np.ndarray, content: bytes) -> None:
    assert array.dtype.kind in "biuf"
    order = "C" if array.flags.c_contiguous else "F"
    start = len(content) - array.nbytes
    assert content[start:] == array.tobytes(order)
    assert start == 8 + content[6] * 2 + int.from_bytes(content[8 : 8 + content[6] * 2], "little")


def read_npz(path: Path, _: int) -> dict[str, Split]:
    out = path.parent / "out"
    out.mkdir(exist_ok=True)
    idx_copies.write_files(path, out, classes=10)
    return read_idx_folder(out, classes=10)


def compare_npz(splits: dict[str, Split], content: bytes) -> None:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        for split, (images, labels) in splits.items():
            assert np.array_equal(images.reshape(arrays[f"x_{split}"].shape), arrays[f"x_{split}"])
            assert np.array_equal(labels, arrays[f"y_{split}"])


# Seeds.


def idx_seeds() -> list[bytes]:
    shapes = [(1,), (4,), (300,), (2, 3, 4), (5, 6, 6), (0, 2, 2), (1, 1, 1, 1), (2, 2, 2, 3)]
    return [gzip.decompress(idx_bytes(np.arange(np.prod(shape), dtype=np.uint8).reshape(shape))) for shape in shapes]


def cifar10_seeds() -> list[bytes]:
    """Tar archives: plain, with extended headers, with long names, with a link and a file with holes."""
    seeds = []
    for kind in ("plain", "pax", "long", "odd"):
        file = io.BytesIO()
        archive_format = tarfile.PAX_FORMAT if kind == "pax" else tarfile.GNU_FORMAT
        with tarfile.open(fileobj=file, mode="w", format=archive_format) as archive:
            for number, names in enumerate(CIFAR10_BATCHES.values()):
                for name in names:
                    member = tarfile.TarInfo(f"{CIFAR10_FOLDER}/{name}")
                    member.size = 3073
                    if kind == "pax":
                        member.pax_headers = {"comment": "é", "mtime": "1.5", "GNU.sparse.note": "1"}
                    archive.addfile(member, io.BytesIO(bytes([number]) + bytes(3072)))
            if kind == "long":
                archive.addfile(tarfile.TarInfo("long/" * 60))
            if kind == "odd":
                for type_ in (tarfile.SYMTYPE, tarfile.GNUTYPE_SPARSE, tarfile.DIRTYPE, b"?"):
                    member = tarfile.TarInfo("odd")
                    member.type, member.linkname = type_, "/etc/passwd"
                    archive.addfile(member)
        seeds.append(file.getvalue())
    return seeds


def array_seeds() -> list[bytes]:
    arrays = [np.arange(6).reshape(2, 3).astype(kind) for kind in ("i8", "u1", "f4", ">i2", "f8", "c8", "U3", "?")]
    arrays += [np.arange(24.0).reshape(2, 3, 4, order="F"), np.zeros((0, 3)), np.array(5), np.ones((2, 1, 2, 1))]
    arrays += [np.zeros(2, [("a", "i4"), ("b", "f8")]), np.array(["2000-01-01"], "M8[D]"), np.array([1.0, np.nan])]
    seeds = []
    for array in arrays:
        for version in ((1, 0), (2, 0)):
            file = io.BytesIO()
            np.lib.format.write_array(file, array, version=version, allow_pickle=False)
            seeds.append(file.getvalue())
    pickled = io.BytesIO()
    np.save(pickled, np.array([{"a": 1}, None], object), allow_pickle=True)
    archive = io.BytesIO()
    np.savez(archive, a=np.arange(3))
    python_2 = seeds[0].replace(b"(2, 3)", b"(2L,3)")
    return [*seeds, pickled.getvalue(), archive.getvalue(), python_2]


def npz_seeds() -> list[bytes]:
    """Archives as Keras keeps them: stored, compressed, with a last axis of 1, with other types."""
    random = np.random.default_rng(0)
    seeds = []
    for number in range(6):
        shape = (4, 5, 1) if number == 2 else (4, 5)
        arrays = {f"x_{split}": random.integers(0, 256, (3, *shape), np.uint8) for split in ("train", "test")}
        arrays |= {f"y_{split}": np.arange(3, dtype=">i8" if number == 3 else "u1") for split in ("train", "test")}
        if number > 3:
            arrays |= {"y_test": np.array([1.5, 2, 3]) if number == 4 else np.arange(4)}
        file = io.BytesIO()
        (np.savez_compressed if number else np.savez)(file, **arrays)
        seeds.append(file.getvalue())
    return seeds


# Changes.


def _place(content: bytes, random: np.random.Generator) -> int:
    """Half of the time among the first bytes, where headers are."""
    end = len(content) if random.random() < 0.5 else min(len(content), 160)
    return int(random.integers(0, max(end, 1)))


def flip_bits(content: bytes, random: np.random.Generator) -> bytes:
    changed = bytearray(content)
    for _ in range(random.integers(1, 4) if content else 0):
        changed[_place(content, random)] ^= 1 << int(random.integers(8))
    return bytes(changed)


def set_bytes(content: bytes, random: np.random.Generator) -> bytes:
    changed = bytearray(content)
    for _ in range(random.integers(1, 5) if content else 0):
        changed[_place(content, random)] = int(random.choice(_ODD_BYTES))
    return bytes(changed)


def cut(content: bytes, random: np.random.Generator) -> bytes:
    return content[: _place(content, random)]


def leave_out(content: bytes, random: np.random.Generator) -> bytes:
    start = _place(content, random)
    return content[:start] + content[start + int(random.integers(1, 40)) :]


def insert(content: bytes, random: np.random.Generator) -> bytes:
    start = _place(content, random)
    return content[:start] + random.bytes(int(random.integers(1, 40))) + content[start:]


def repeat(content: bytes, random: np.random.Generator) -> bytes:
    start, end = sorted((_place(content, random), _place(content, random)))
    return content[:end] + content[start:]


def odd_text(content: bytes, random: np.random.Generator) -> bytes:
    """Put an odd word in place of a number or of a name in quotes, where a text has some."""
    words = list(re.finditer(rb"'[^']*'|\d+|True|False", content[:400]))
    if not words:
        return content
    start, end = words[int(random.integers(len(words)))].span()
    return content[:start] + _ODD_TEXTS[int(random.integers(len(_ODD_TEXTS)))] + content[end:]


def noise(_: bytes, random: np.random.Generator) -> bytes:
    return random.bytes(int(random.integers(0, 200)))


def noise_after_start(content: bytes, random: np.random.Generator) -> bytes:
    return content[: int(random.integers(2, 12))] + random.bytes(int(random.integers(0, 200)))


def set_tar_field(content: bytes, random: np.random.Generator) -> bytes:
    """Change one of a tar header's fields, and its checksum with it, so that the header is believed."""
    headers = [at for at in range(0, len(content), 512) if content[at + 257 : at + 262] == b"ustar"]
    if not headers:
        return content
    at = headers[int(random.integers(len(headers)))]
    block = bytearray(content[at : at + 512])
    start, length = [(0, 100), (124, 12), (156, 1), (157, 100), (257, 8), (345, 155)][int(random.integers(6))]
    values = [b"777777777777", b"\x80" + b"\xff" * 11, b"\xff" * 12, b"-1", b"S", b"L", b"x", b"g", b"0", b"2", b""]
    values += [b"cifar-10-batches-bin/data_batch_1.bin", b"../../stray", random.bytes(length)]
    block[start : start + length] = values[int(random.integers(len(values)))][:length].ljust(length, b"\0")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return content[:at] + bytes(block) + content[at + 512 :]


CHANGES: tuple[Change, ...] = (
    flip_bits,
    set_bytes,
    cut,
    leave_out,
    insert,
    repeat,
    odd_text,
    noise,
    noise_after_start,
    set_tar_field,
)


def _changed(seeds: list[bytes], random: np.random.Generator) -> bytes:
    content = seeds[int(random.integers(len(seeds)))]
    for _ in range(random.integers(1, 4)):
        content = CHANGES[int(random.integers(len(CHANGES)))](content, random)
    return content


def changed_arrays(random: np.random.Generator) -> Iterator[bytes]:
    seeds = array_seeds()
    while True:
        content = _changed(seeds, random)
        if random.random() < 0.3 and content[:7] == b"\x93NUMPY\x01":  # let a header that grew be believed
            end = content.find(b"\n")
            content = content[:8] + max(end - 9, 0).to_bytes(2, "little") + content[10:]
        yield content


def changed_npz(random: np.random.Generator) -> Iterator[bytes]:
    """Change what is in an archive, and pack it anew; or the archive."""
    seeds = npz_seeds()
    while True:
        if random.random() < 0.4:
            yield _changed(seeds, random)
            continue
        file = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(seeds[int(random.integers(len(seeds)))])) as whole:
            names = whole.namelist()
            content = {name: whole.read(name) for name in names}
        name = names[int(random.integers(len(names)))]
        content[name] = _changed([content[name]], random)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in content.items():
                archive.writestr(name, data)
        yield file.getvalue()


def compressed(seeds: list[bytes]) -> Callable[[np.random.Generator], Iterator[bytes]]:
    """Change what is compressed, mostly; sometimes what compression made of it; sometimes both."""

    def inputs(random: np.random.Generator) -> Iterator[bytes]:
        packed = [gzip.compress(content, mtime=0) for content in seeds]
        while True:
            kind = random.random()
            content = _changed(packed, random) if kind < 0.2 else gzip.compress(_changed(seeds, random), 1, mtime=0)
            yield content if kind < 0.9 else flip_bits(content, random)

    return inputs


FORMATS = {
    "idx": Format(
        compressed(idx_seeds()),
        lambda path, _: read_idx(path),
        compare_idx,
        lambda size: 3 * MIB + 3 * GZIP_RATIO * size,
    ),
    "cifar10": Format(
        compressed(cifar10_seeds()),
        lambda path, _: read_cifar10(path),
        compare_cifar10,
        lambda size: 3 * MIB + 3 * GZIP_RATIO * size,
    ),
    "npz": Format(changed_npz, read_npz, compare_npz, lambda size: 4 * MIB + 4 * GZIP_RATIO * size),
    "npy": Format(changed_arrays, read_array, compare_array, lambda size: 2 * MIB + 2 * size),
}


class Tally(NamedTuple):
    """What came of the inputs."""

    read: int
    refused: int


def fuzz(name: str, *, count: int, seed: int, path: Path) -> Tally:
    """Let a reader read so many inputs from ``path``.

    Raises:
        AssertionError: if one ends in anything else than its own bytes or an ``InputError`` of one line, or takes
            more memory than its format allows, or too long.
    """
    found = FORMATS[name]
    read = 0
    tracemalloc.start()
    try:
        for number, content in zip(range(count), found.inputs(np.random.default_rng(seed)), strict=False):
            path.write_bytes(content)
            try:
                read += reads(found, path, content, number=number)
            except Exception as error:
                raise AssertionError(f"{name}, seed {seed}, input {number}: {content!r}") from error
    finally:
        tracemalloc.stop()
    return Tally(read, count - read)


def reads(found: Format, path: Path, content: bytes, *, number: int) -> bool:
    """Tell whether a file is read, and not refused; memory is looked at while it is traced.

    Raises:
        AssertionError: as ``fuzz``.
    """
    tracemalloc.reset_peak()
    before, start = tracemalloc.get_traced_memory()[0], time.monotonic()
    result, message = None, ""
    try:
        result = found.read(path, number)
    except InputError as error:
        message = str(error)
    taken, seconds = tracemalloc.get_traced_memory()[1] - before, time.monotonic() - start
    assert taken <= found.most_memory(len(content)), f"{taken} bytes"
    assert seconds < SECONDS, f"{seconds} seconds"
    if result is not None:
        found.compare(result, content)
        return True
    member = r"data_batch_\d\.bin|test_batch\.bin|[^:]*[xy]_(train|test)[^:]*"
    assert re.fullmatch(rf"{re.escape(str(path))}(, ({member}))?: .+: expected .+, received .+", message)
    assert message.isprintable(), message
    return False
