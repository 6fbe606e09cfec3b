"""CIFAR-10's binary version: an archive of six batches."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from imagelab.datasets.files import PIECE, too_large
from imagelab.datasets.idx import checked_labels
from imagelab.datasets.published_classes import CIFAR10
from imagelab.datasets.tar import TarMember, is_plain_file
from imagelab.runtime.errors import InputError
from imagelab.storage.splits import Split

CIFAR10_ARCHIVE = "cifar-10-binary.tar.gz"
CIFAR10_FOLDER = "cifar-10-batches-bin"
CIFAR10_PICKLES = "cifar-10-batches-py"  # the folder of the Python version, which is not read
CIFAR10_BATCHES = {"train": tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test": ("test_batch.bin",)}

_CIFAR10_SHAPE = (3, 32, 32)
_CIFAR10_ROW = 1 + int(np.prod(_CIFAR10_SHAPE))  # a label byte, then the pixels by channel
_LARGEST_CIFAR10 = 1 << 30


def read_cifar10(archive_path: Path) -> dict[str, Split]:
    """Read ``cifar-10-binary.tar.gz``; nothing is extracted to disk.

    Returns:
        The splits ``train`` and ``test``; images of shape (n, 32, 32, 3).

    Raises:
        InputError: if the archive is missing, damaged, larger than 1 GiB when decompressed, lacks a batch, or a batch
            is not a whole number of rows.

    Source: https://www.cs.toronto.edu/~kriz/cifar.html, "binary version".
    """
    try:
        with archive_path.open("rb") as file:
            return decode_cifar10(file, archive_path)
    except FileNotFoundError:
        raise InputError("archive", where=archive_path, expected="a file", received="nothing of that name") from None


def decode_cifar10(packed: BinaryIO, where: object) -> dict[str, Split]:
    """Read the archive from an open file, as ``read_cifar10`` does."""
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
            while zipped.read(PIECE):  # the checksum is at the end
                pass
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise InputError("archive", where=where, expected="a whole .tar.gz", received=str(error)) from None
    if missing := sorted(name for name in wanted if wanted[name] not in batches):
        raise InputError("archive", where=where, expected=missing[0], received="no such member")
    return join_cifar10(batches, where)


def join_cifar10(batches: Mapping[str, bytes], where: object) -> dict[str, Split]:
    """Decode the six batches, given by name, as ``read_cifar10`` does."""
    return {
        split: _join([_decode_batch(batches[name], where, name) for name in names])
        for split, names in CIFAR10_BATCHES.items()
    }


def refused_pickles(where: object) -> InputError:
    """Return the error about the Python version: nothing is unpickled."""
    expected = f"the binary version ({CIFAR10_ARCHIVE})"
    return InputError("CIFAR-10", where=where, expected=expected, received="the Python version, in pickles")


def cifar10_bytes(splits: dict[str, Split]) -> bytes:
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


class _LimitedGzipFile(gzip.GzipFile):
    """A gzip file that refuses to decompress to more bytes than a limit."""

    def __init__(self, packed: BinaryIO, limit: int, where: object) -> None:
        super().__init__(fileobj=packed, mode="rb")
        self.limit = limit
        self.where = where

    def read(self, size: int | None = -1) -> bytes:
        """Read up to ``size`` bytes."""
        content = super().read(size)
        if self.tell() > self.limit:
            raise too_large(self.limit, self.where)
        return content


def _decode_batch(content: bytes, where: object, name: str) -> Split:
    if not content or len(content) % _CIFAR10_ROW:
        expected = f"a multiple of {_CIFAR10_ROW} bytes"
        raise InputError(f"length of {name}", where=where, expected=expected, received=len(content))
    rows = np.frombuffer(content, np.uint8).reshape(-1, _CIFAR10_ROW)
    images = rows[:, 1:].reshape(-1, *_CIFAR10_SHAPE).transpose(0, 2, 3, 1)
    return Split(images, checked_labels(rows[:, 0], len(rows), f"{where}, {name}", classes=len(CIFAR10)))


def _join(batches: list[Split]) -> Split:
    return Split(*(np.concatenate(parts) for parts in zip(*batches, strict=True)))
