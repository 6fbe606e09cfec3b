"""The leaves as one archive: DVC is slow with 87,000 files, and one pass over one file is fast everywhere."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple, cast

from imagelab import progress
from imagelab.errors import InputError
from imagelab.raw_formats import LEAF_CLASS_SEPARATOR, TarMember, is_plain_file

IMAGE_SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
_LAYOUT = "a folder, .tar or .zip with train/<Crop___Condition>/<name>.JPG"
_LARGEST_IMAGE = 1 << 28  # bytes; as much as Pillow's limit of pixels takes without compression

# What the readers of archives raise for damaged, encrypted and unknown ones.
_ERRORS = (
    tarfile.TarError,
    zipfile.BadZipFile,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,  # NotImplementedError is one
    TypeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zlib.error,
)


class _Entry(NamedTuple):
    path: str  # with slashes
    size: int  # bytes
    read: Callable[[], bytes] | None  # None for a folder


def pack(source: Path, archive_path: Path) -> int:
    """Write the training images of a folder or an archive as an uncompressed tar; return how many there were.

    Members are called ``train/<Crop___Condition>/<file>``, whatever folders lay above, and carry neither dates nor
    owners. Kaggle's set has the folders ``train`` and ``valid``, the second made of other images: only ``train`` is
    taken. Links are passed over, and nothing is extracted to disk.

    Args:
        source: a folder, a tar (compressed or not) or a zip.
        archive_path: where to write.

    Raises:
        InputError: if the source is missing, is damaged, holds no image in this layout, or has a class without one.
    """
    if not source.exists():
        raise InputError("source of the leaves", where=source, expected=_LAYOUT, received="no such path")
    try:
        return write(_images(source), archive_path)
    except _ERRORS as error:
        if isinstance(error, OSError) and error.errno is not None:  # of the system; a decompressor's has no number
            raise
        raise InputError("source of the leaves", where=source, expected="a whole archive", received=error) from None


def write(images: Iterable[tuple[str, bytes]], archive_path: Path) -> int:
    """Write (name, content) pairs as an uncompressed tar without dates or owners; return how many there were."""
    count = 0
    with tarfile.open(archive_path, "w") as archive:
        for name, content in progress.track(images, total=None, label="packing leaves", unit="image"):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
            count += 1
    return count


def _images(source: Path) -> Iterator[tuple[str, bytes]]:
    """Yield what is to be packed; in the end, raise an ``InputError`` if that is nothing, or nothing of a class."""
    folders, filled = set(), set()
    for entry in _entries(source):
        if entry.read is None:
            *_, split, class_name = ("", *PurePosixPath(entry.path).parts)
            if split == "train" and LEAF_CLASS_SEPARATOR in class_name:
                folders.add(class_name)
            continue
        *_, split, class_name, file_name = ("", "", *PurePosixPath(entry.path).parts)
        is_image = PurePosixPath(file_name).suffix.lower() in IMAGE_SUFFIXES
        if split == "train" and LEAF_CLASS_SEPARATOR in class_name and is_image:
            if entry.size > _LARGEST_IMAGE:
                where, expected = f"{source}, {entry.path}", f"at most {_LARGEST_IMAGE:,} bytes"
                raise InputError("image", where=where, expected=expected, received=f"{entry.size:,}")
            yield f"train/{class_name}/{file_name}", entry.read()
            filled.add(class_name)
    if not filled:
        raise InputError("source of the leaves", where=source, expected=_LAYOUT, received="no such image in it")
    if empty := sorted(folders - filled):
        expected = f"images in train/{empty[0]}"
        raise InputError("source of the leaves", where=source, expected=expected, received="none")


def _entries(source: Path) -> Iterator[_Entry]:
    """Yield the folders and regular files in a source, in its own order."""
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            name = path.relative_to(source.parent).as_posix()
            if path.is_dir():
                yield _Entry(name, 0, None)
            elif path.is_file():
                yield _Entry(name, path.stat().st_size, path.read_bytes)
    elif zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            for info in archive.infolist():
                yield _Entry(info.filename, info.file_size, None if info.is_dir() else partial(archive.read, info))
    else:
        with _decompressed(source) as file, tarfile.open(fileobj=file, mode="r|", tarinfo=TarMember) as stream:
            for member in stream:
                content = stream.extractfile(member) if is_plain_file(member) else None  # no links, no devices
                if content is not None:
                    yield _Entry(member.name, member.size, content.read)
                elif member.isdir():
                    yield _Entry(member.name, 0, None)
            while file.read(1 << 20):  # to the end, where checksums are compared; ``tarfile`` stops before
                pass


def _decompressed(source: Path) -> BinaryIO:
    """Open a tar, compressed or not; ``tarfile`` itself does not compare gzip's checksum."""
    with source.open("rb") as file:
        start = file.read(6)
    for magic, open_file in ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\0", lzma.open)):
        if start.startswith(magic):
            return cast(BinaryIO, open_file(source))
    return source.open("rb")
