"""Files found by name at any depth of a folder or a zip archive; nothing is extracted to disk."""

import errno
import io
import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple, cast

from imagelab.runtime.errors import InputError, of_system

PIECE = 1 << 20  # bytes read at a time; Python allocates the whole size before the first byte arrives
LARGEST_MEMBER = 1 << 30  # bytes after decompression; several times those of the largest official file

# What the readers of archives raise if these are damaged, encrypted or of an unknown kind.
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


def read_limited(file: BinaryIO, limit: int, where: object) -> bytearray:
    """Read a file to its end; raises ``InputError`` if it has more bytes than the limit."""
    content = bytearray()
    while piece := file.read(PIECE):
        content += piece
        if len(content) > limit:
            raise too_large(limit, where)
    return content


def too_large(limit: int, where: object) -> InputError:
    """Return the error about content with more bytes than a limit."""
    return InputError("size", where=where, expected=f"at most {limit:,} bytes of content", received="more")


class Found(NamedTuple):
    """A file in a source."""

    name: str  # without folders
    where: str  # for messages: its path, or the archive and the path in it
    open: Callable[[], BinaryIO]


def find(source: Path, names: Collection[str]) -> list[Found]:
    """Find the files of these names in a folder or a zip archive, in the order of their paths.

    Hidden files, which file managers create, are left out.

    Args:
        source: an existing path.
        names: without folders; ``*`` matches anything.

    Raises:
        InputError: if the source is a file but not a zip archive, or a damaged one; as ``below``.
    """
    if source.is_dir():
        paths = [path for path in below(source) if _fits(path.name, names) and path.is_file()]
        return [Found(path.name, str(path), lambda path=path: path.open("rb")) for path in paths]  # type: ignore[misc]
    paths_in_zip = [(path_in_zip(info), info) for info in members(source, source) if not is_link(info)]
    return [
        Found(
            PurePosixPath(path).name,
            f"{source}, {path}",
            lambda info=info: io.BytesIO(read_member(source, info, source)),  # type: ignore[misc]
        )
        for path, info in sorted(paths_in_zip, key=lambda pair: pair[0])
        if _fits(PurePosixPath(path).name, names) and not path.endswith("/")
    ]


def below(folder: Path) -> list[Path]:
    """Return what is in a folder at any depth, sorted, also behind links to folders elsewhere.

    Raises:
        InputError: if a folder that is not hidden cannot be read, or a link leads to a folder in or around this one, or
            around itself: its files would count twice.
    """

    def fail(error: OSError) -> None:  # ``Path.rglob`` would take the folder for empty
        if not Path(error.filename).name.startswith("."):
            raise of_system(error, where=error.filename)

    found: list[Path] = []
    for place, folders, files in os.walk(folder, onerror=fail, followlinks=True):
        found += [Path(place, name) for name in (*folders, *files)]
        for link in (path for name in folders if (path := Path(place, name)).is_symlink()):
            leads_to = link.resolve()
            above = {part.resolve() for part in (link.parent, *link.absolute().parents)}
            if leads_to in above or leads_to.is_relative_to(folder.resolve()):
                expected = "one to a folder elsewhere"
                raise InputError("link", where=link, expected=expected, received=leads_to)
    return sorted(found)


def _fits(name: str, names: Collection[str]) -> bool:
    return not name.startswith(".") and any(fnmatchcase(name, wanted) for wanted in names)


def path_in_zip(info: zipfile.ZipInfo) -> str:
    """Return a member's path with slashes, also if it has backslashes; a folder's path ends with a slash."""
    return info.filename.replace("\\", "/")


def is_link(info: zipfile.ZipInfo) -> bool:
    """Tell whether a member is a symbolic link, whose content is the path that it leads to."""
    return stat.S_ISLNK(info.external_attr >> 16)


def members(source: Path | BinaryIO, where: object) -> list[zipfile.ZipInfo]:
    """List what is in a zip archive; ``where`` is its name in messages.

    Raises:
        InputError: if it is not a zip archive, or damaged.
    """
    with reading_archive(where, "archive", expected="a whole .zip"), zipfile.ZipFile(source) as archive:
        return archive.infolist()


def read_member(source: Path | BinaryIO, info: zipfile.ZipInfo, where: object) -> bytearray:
    """Read one file of a zip archive; its checksum is compared.

    Raises:
        InputError: if the archive is damaged or encrypted, or the file is larger than ``LARGEST_MEMBER``.
    """
    with (
        reading_archive(where, "archive", expected="a whole .zip"),
        zipfile.ZipFile(source) as archive,
        archive.open(info) as file,
    ):
        return read_limited(cast(BinaryIO, file), LARGEST_MEMBER, f"{where}, {path_in_zip(info)}")


@contextmanager
def reading_archive(source: object, what: str, *, expected: str) -> Iterator[None]:
    """Turn errors about a damaged archive into an ``InputError``; the system's errors, such as permissions, pass.

    Raises:
        InputError: about ``what``, in place of the errors of the archive's reader.
    """
    try:
        yield
    except _ERRORS as error:
        # An OSError without errno comes from a decompressor, EINVAL from an offset before the file's start, and any
        # other from the system.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        received = str(error) or "less"  # an EOFError may have no message
        raise InputError(what, where=source, expected=expected, received=received) from None
