"""Layouts of the raw data: IDX (MNIST, Fashion-MNIST), CIFAR-10's binary batches, the archive of leaves."""

import gzip
import io
import math
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self, cast

import numpy as np
from numpy.typing import NDArray

from imagelab.errors import InputError

IDX_FILES = {
    ("train", "images"): "train-images-idx3-ubyte.gz",
    ("train", "labels"): "train-labels-idx1-ubyte.gz",
    ("test", "images"): "t10k-images-idx3-ubyte.gz",
    ("test", "labels"): "t10k-labels-idx1-ubyte.gz",
}
CIFAR10_ARCHIVE = "cifar-10-binary.tar.gz"
CIFAR10_FOLDER = "cifar-10-batches-bin"
CIFAR10_PICKLES = "cifar-10-batches-py"  # the folder of the version that is not read
CIFAR10_BATCHES = {"train": tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test": ("test_batch.bin",)}
CLASSES = 10
LEAF_ARCHIVE = "leaves.tar"  # members train/<Crop___Condition>/<file>
LEAF_CLASS_SEPARATOR = "___"
LEAF_LIST = "groups.csv"  # beside the archive, or none: members and which of them show the same leaf

_CIFAR10_SHAPE = (3, 32, 32)
_CIFAR10_ROW = 1 + int(np.prod(_CIFAR10_SHAPE))  # a label byte, then the pixels by channel
_IDX_UNSIGNED_BYTE = 0x08
_IDX_DIMENSIONS = range(1, 5)  # labels have one, grey pictures three, coloured ones four
# Bytes after decompression, several times those of the largest official file: a small one may grow a thousandfold.
_LARGEST_IDX = 1 << 30
_LARGEST_CIFAR10 = 1 << 30
_LARGEST_MEMBER = 1 << 33  # bytes of a file in an archive; the largest that eleven octal digits can say
_LARGEST_EXTENSION = 1 << 20  # bytes of a long name or of extended headers
_EXTENSIONS = {
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
}
_PIECE = 1 << 20  # bytes read at a time: asked for more, Python takes all that memory before the first byte arrives


class Examples(NamedTuple):
    """Pictures and classes of one file or split."""

    images: NDArray[np.uint8]  # (n, height, width, channels)
    labels: NDArray[np.uint8]  # (n,), 0..9


class TarMember(tarfile.TarInfo):
    """A member of a tar archive, for ``tarfile.open(tarinfo=TarMember)``, which refuses a damaged header.

    ``tarfile`` takes one for the archive's end, and what follows is silently lost; it also believes any size.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Read a block of 512 bytes."""
        member = super().frombuf(buf, encoding, errors)
        if not 0 <= member.size <= (_LARGEST_EXTENSION if member.type in _EXTENSIONS else _LARGEST_MEMBER):
            raise tarfile.HeaderError(f"a size of {member.size} bytes")
        return member

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        """Read the next header."""
        try:
            member = super().fromtarfile(archive)
        except (tarfile.EOFHeaderError, InputError, EOFError, OSError, zlib.error):  # type: ignore[attr-defined]
            raise  # the archive's end, and what its file says
        except Exception as error:  # the readers of extended headers let through whatever they stumble over
            raise tarfile.ReadError(f"a damaged header ({error})") from None
        if not 0 <= member.size <= _LARGEST_MEMBER:
            raise tarfile.ReadError(f"a damaged header (a size of {member.size} bytes)")
        return member


def is_plain_file(member: tarfile.TarInfo) -> bool:
    """Tell whether a member is a file as it lies in the archive: no link, no device, no file with holes."""
    return member.isreg() and not member.issparse()


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read a gzip-compressed IDX file of unsigned bytes.

    Returns:
        The array with the shape that the header states.

    Raises:
        InputError: if the file is missing, not gzip, cut short, of another type, longer or shorter than its header
            says, or larger than 1 GiB when decompressed.

    Source: http://yann.lecun.com/exdb/mnist, "the IDX file format".
    """
    try:
        with path.open("rb") as file:
            return decode_idx(file, packed=True, where=path)
    except FileNotFoundError:
        raise InputError("IDX file", where=path, expected="a file", received="nothing of that name") from None


def decode_idx(file: BinaryIO, *, packed: bool, where: object) -> NDArray[np.uint8]:
    """Read IDX from an open file, gzip-compressed if ``packed``; all else as ``read_idx``."""
    try:
        content = read_limited(cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file, _LARGEST_IDX, where)
    except (EOFError, OSError, zlib.error) as error:
        expected = f"a whole {'gzip' if packed else 'IDX'} file"
        raise InputError("IDX file", where=where, expected=expected, received=str(error)) from None
    if len(content) < 4 or content[:3] != bytes([0, 0, _IDX_UNSIGNED_BYTE]) or content[3] not in _IDX_DIMENSIONS:
        expected = f"0x0000080N, N from {_IDX_DIMENSIONS[0]} to {_IDX_DIMENSIONS[-1]}"
        raise InputError("magic number", where=where, expected=expected, received=f"0x{content[:4].hex()}")
    start = 4 + 4 * content[3]
    shape = tuple(int(size) for size in np.frombuffer(content[4:start], ">u4", count=(len(content[:start]) - 4) // 4))
    if math.prod(size or 1 for size in shape) > _LARGEST_IDX:  # NumPy cannot count that far, even where a size is 0
        raise InputError("shape", where=where, expected=f"at most {_LARGEST_IDX:,} numbers", received=shape)
    expected_bytes = start + math.prod(shape)
    if len(shape) != content[3] or len(content) != expected_bytes:
        raise InputError("length", where=where, expected=f"{expected_bytes} bytes for {shape}", received=len(content))
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def idx_bytes(array: NDArray[np.uint8]) -> bytes:
    """Encode an array as a gzip-compressed IDX file without a date."""
    header = bytes([0, 0, _IDX_UNSIGNED_BYTE, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return gzip.compress(header + array.tobytes(), mtime=0)


def read_idx_folder(folder: Path) -> dict[str, Examples]:
    """Read the four files of MNIST or Fashion-MNIST.

    Returns:
        The splits ``train`` and ``test``; images of shape (n, 28, 28, 1).

    Raises:
        InputError: as ``read_idx``, and if images and labels disagree or a label is no class.
    """
    paths = {key: folder / name for key, name in IDX_FILES.items()}
    return join_idx({key: read_idx(path) for key, path in paths.items()}, paths)


def join_idx(
    arrays: Mapping[tuple[str, str], NDArray[np.uint8]], places: Mapping[tuple[str, str], object]
) -> dict[str, Examples]:
    """Check the four arrays of ``IDX_FILES`` against each other; ``places`` says where each was found.

    Returns:
        The splits ``train`` and ``test``; images of shape (n, height, width, 1).

    Raises:
        InputError: if images and labels disagree or a label is no class.
    """
    splits = {}
    for split in ("train", "test"):
        images, labels = arrays[split, "images"], arrays[split, "labels"]
        if images.ndim != 3 or not images.size:
            where, expected = places[split, "images"], "shape (n, height, width)"
            raise InputError("images", where=where, expected=expected, received=images.shape)
        splits[split] = Examples(images[..., None], _checked_labels(labels, len(images), places[split, "labels"]))
    sizes = [splits[split].images.shape[1:3] for split in ("train", "test")]
    if sizes[0] != sizes[1]:
        where, expected = places["test", "images"], f"{sizes[0]} pixels, as in the training file"
        raise InputError("images", where=where, expected=expected, received=sizes[1])
    return splits


def read_cifar10(archive_path: Path) -> dict[str, Examples]:
    """Read ``cifar-10-binary.tar.gz``; nothing is extracted to disk.

    Returns:
        The splits ``train`` and ``test``; images of shape (n, 32, 32, 3).

    Raises:
        InputError: if the archive is missing, damaged, larger than 1 GiB when decompressed, lacks a batch, or a batch
            is no whole number of rows.

    Source: https://www.cs.toronto.edu/~kriz/cifar.html, "binary version".
    """
    try:
        with archive_path.open("rb") as file:
            return decode_cifar10(file, archive_path)
    except FileNotFoundError:
        raise InputError("archive", where=archive_path, expected="a file", received="nothing of that name") from None


def decode_cifar10(packed: BinaryIO, where: object) -> dict[str, Examples]:
    """Read the archive from an open file; all else as ``read_cifar10``."""
    wanted = {f"{CIFAR10_FOLDER}/{name}": name for names in CIFAR10_BATCHES.values() for name in names}
    batches: dict[str, bytes] = {}
    try:
        with (
            _LimitedGzipFile(packed, _LARGEST_CIFAR10, where) as zipped,
            tarfile.open(fileobj=zipped, mode="r|", tarinfo=TarMember) as archive,
        ):
            for member in archive:
                file = archive.extractfile(member) if member.name in wanted and is_plain_file(member) else None
                if file is not None:
                    batches[wanted[member.name]] = file.read()
                if member.name.startswith(CIFAR10_PICKLES):
                    raise refused_pickles(where)
            while zipped.read(_PIECE):  # to the end, where the checksum is compared
                pass
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise InputError("archive", where=where, expected="a whole .tar.gz", received=str(error)) from None
    if missing := sorted(name for name in wanted if wanted[name] not in batches):
        raise InputError("archive", where=where, expected=missing[0], received="no such member")
    return join_cifar10(batches, where)


def join_cifar10(batches: Mapping[str, bytes], where: object) -> dict[str, Examples]:
    """Decode the six batches by name; as ``read_cifar10``."""
    return {
        split: _join([_decode_batch(batches[name], where, name) for name in names])
        for split, names in CIFAR10_BATCHES.items()
    }


def refused_pickles(where: object) -> InputError:
    """Say which version of CIFAR-10 is read: nothing is unpickled."""
    expected = f"the binary version ({CIFAR10_ARCHIVE})"
    return InputError("CIFAR-10", where=where, expected=expected, received="the Python version, in pickles")


def cifar10_bytes(splits: dict[str, Examples]) -> bytes:
    """Encode the splits ``train`` and ``test`` as ``cifar-10-binary.tar.gz`` without dates or owners."""
    packed = io.BytesIO()
    with gzip.GzipFile("", "wb", fileobj=packed, mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as archive:
        for split, names in CIFAR10_BATCHES.items():
            images, labels = splits[split]
            pixels = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
            rows = np.concatenate([labels[:, None], pixels], axis=1)
            for name, part in zip(names, np.array_split(rows, len(names)), strict=True):
                member = tarfile.TarInfo(f"{CIFAR10_FOLDER}/{name}")
                member.size = part.nbytes
                archive.addfile(member, io.BytesIO(part.tobytes()))
    return packed.getvalue()


def read_limited(file: BinaryIO, limit: int, where: object) -> bytearray:
    """Read a file to its end, and no further than a limit in bytes."""
    content = bytearray()
    while piece := file.read(_PIECE):
        content += piece
        if len(content) > limit:
            raise _too_large(limit, where)
    return content


def _too_large(limit: int, where: object) -> InputError:
    return InputError("size", where=where, expected=f"at most {limit:,} bytes of content", received="more")


class _LimitedGzipFile(gzip.GzipFile):
    """A file that is decompressed while it is read, up to a limit in bytes."""

    def __init__(self, packed: BinaryIO, limit: int, where: object) -> None:
        super().__init__(fileobj=packed, mode="rb")
        self.limit = limit
        self.where = where

    def read(self, size: int | None = -1) -> bytes:
        """Read the next ``size`` bytes, or what is left of them."""
        content = super().read(size)
        if self.tell() > self.limit:
            raise _too_large(self.limit, self.where)
        return content


def _decode_batch(content: bytes, where: object, name: str) -> Examples:
    if not content or len(content) % _CIFAR10_ROW:
        expected = f"a multiple of {_CIFAR10_ROW} bytes"
        raise InputError(f"length of {name}", where=where, expected=expected, received=len(content))
    rows = np.frombuffer(content, np.uint8).reshape(-1, _CIFAR10_ROW)
    images = rows[:, 1:].reshape(-1, *_CIFAR10_SHAPE).transpose(0, 2, 3, 1)
    return Examples(images, _checked_labels(rows[:, 0], len(rows), f"{where}, {name}"))


def _join(batches: list[Examples]) -> Examples:
    return Examples(*(np.concatenate(parts) for parts in zip(*batches, strict=True)))


def _checked_labels(labels: NDArray[np.uint8], count: int, where: object) -> NDArray[np.uint8]:
    if labels.shape != (count,):
        raise InputError("labels", where=where, expected=f"one for each of {count} images", received=labels.shape)
    if labels.max() >= CLASSES:
        raise InputError("labels", where=where, expected=f"classes 0..{CLASSES - 1}", received=int(labels.max()))
    return labels
