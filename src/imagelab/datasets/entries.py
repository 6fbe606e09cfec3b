"""Folders and files of a source, which is a folder, a tar or a zip; nothing is extracted to disk."""

import bz2
import gzip
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple, cast

from imagelab.datasets.files import below, is_link, path_in_zip
from imagelab.datasets.tar import TarMember, is_plain_file
from imagelab.runtime.errors import InputError

LARGEST_FILE = 1 << 28  # bytes; the largest picture that Pillow accepts has as many without compression


class Entry(NamedTuple):
    """A folder or a regular file in a source."""

    path: str  # in the source, with slashes, and without ``./``
    where: str  # for messages
    size: int  # bytes
    read: Callable[[], bytes] | None  # None for a folder

    def content(self, what: str) -> bytes:
        """Read a file; raises ``InputError`` about ``what`` if it is larger than ``LARGEST_FILE``."""
        if self.size > LARGEST_FILE:
            expected, received = f"at most {LARGEST_FILE:,} bytes", f"{self.size:,}"
            raise InputError(what, where=self.where, expected=expected, received=received)
        return b"" if self.read is None else self.read()


def entries(source: Path) -> Iterator[Entry]:
    """Yield what is in a folder, by name, or in a tar (compressed or not) or a zip, in the archive's order.

    The content of a file in a tar must be read before the next entry is asked for. Links in archives are left out, and
    so is everything else that is neither a folder nor a regular file.

    Raises:
        InputError: as ``files.below``.
        OSError, tarfile.TarError, zipfile.BadZipFile and others, see ``files.reading_archive``: if the archive is
            damaged. A damage may show only when a content is read.
    """
    if source.is_dir():
        for path in below(source):
            name = path.relative_to(source).as_posix()
            if path.is_dir():
                yield Entry(name, str(path), 0, None)
            elif path.is_file():
                yield Entry(name, str(path), path.stat().st_size, path.read_bytes)
    elif zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            for info in archive.infolist():
                if is_link(info):
                    continue
                name = path_in_zip(info)
                read = None if name.endswith("/") else partial(archive.read, info)
                yield _in_archive(source, name, info.file_size, read)
    else:
        with _decompressed(source) as file, tarfile.open(fileobj=file, mode="r|", tarinfo=TarMember) as stream:
            for member in stream:
                content = stream.extractfile(member) if is_plain_file(member) else None  # no links, no devices
                if content is not None:
                    yield _in_archive(source, member.name, member.size, content.read)
                elif member.isdir():
                    yield _in_archive(source, member.name, 0, None)
            while file.read(1 << 20):  # to the end, where checksums are compared; ``tarfile`` stops before
                pass


def _in_archive(source: Path, name: str, size: int, read: Callable[[], bytes] | None) -> Entry:
    path = PurePosixPath(name).as_posix()  # without ``./`` or a slash at its end
    return Entry(path, f"{source}, {path}", size, read)


def _decompressed(source: Path) -> BinaryIO:
    """Open a tar, compressed or not; ``tarfile`` itself does not compare gzip's checksum."""
    with source.open("rb") as file:
        start = file.read(6)
    for magic, open_file in ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\0", lzma.open)):
        if start.startswith(magic):
            return cast(BinaryIO, open_file(source))
    return source.open("rb")
