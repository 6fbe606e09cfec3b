"""The leaves as one archive, because DVC is slow with 87,000 files."""

import bz2
import gzip
import hashlib
import io
import lzma
import sys
import tarfile
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple, cast

import pandas as pd

from imagelab.datasets import leaf_layout, leaf_lists, local
from imagelab.datasets.files import path_in_zip, reading_archive
from imagelab.datasets.leaf_layout import LEAF_LIST
from imagelab.datasets.tar import TarMember, is_plain_file
from imagelab.runtime import progress
from imagelab.runtime.errors import InputError
from imagelab.storage import writing

_LARGEST_FILE = 1 << 28  # bytes; the largest picture that Pillow accepts has as many without compression


class _Entry(NamedTuple):
    path: str  # with slashes, and without ``./``
    size: int  # bytes
    read: Callable[[], bytes] | None  # None for a folder


def pack(source: Path, archive_path: Path) -> int:
    """Write the training images of a folder or an archive as an uncompressed tar; return how many there are.

    Members are called ``train/<Crop___Condition>/<file>``, without the source's other folders, dates and owners;
    ``leaf_layout`` decides which pictures are taken. If the source has a list of leaves, ``groups.csv``, it is written
    beside the archive with these names. Links are ignored, and nothing is extracted to disk. The source is read twice,
    first for its names: this costs little for a folder, a zip or a tar, but a compressed tar is decompressed twice. A
    picture that an archive holds twice is written once.

    Args:
        source: a folder, a tar (compressed or not) or a zip.
        archive_path: where to write.

    Raises:
        InputError: if the source is missing or damaged, holds no image in a known layout, has a class without images
            or in two folders that differ, holds two contents under one name, or has a list that does not match.
    """
    local.require(source, expected=leaf_layout.LAYOUT, what="source of the leaves")
    with reading_archive(source, "source of the leaves", expected="a whole archive"):
        contents = _survey(source)
    plan = leaf_layout.plan(contents.pictures, contents.folders, source=source)
    groups = _groups(contents.lists, plan.members, source)
    for note in plan.notes:
        print(f"leaves: {note}", file=sys.stderr)
    with reading_archive(source, "source of the leaves", expected="a whole archive"):
        count = write(_images(source, plan.members, contents.repeated), archive_path)
    if groups:
        table = pd.DataFrame(sorted(groups.items()), columns=list(leaf_lists.COLUMNS))
        writing.write_csv(table, archive_path.with_name(LEAF_LIST))
    return count


def write(images: Iterable[tuple[str, bytes]], archive_path: Path) -> int:
    """Write (name, content) pairs as an uncompressed tar without dates or owners; return how many there are."""
    count = 0
    with tarfile.open(archive_path, "w") as archive:
        for name, content in progress.track(images, total=None, label="packing leaves", unit="image"):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
            count += 1
    return count


class _Contents(NamedTuple):
    pictures: dict[str, int]  # bytes of each, by path
    folders: set[str]
    lists: dict[str, bytes]  # of leaves, by path
    repeated: set[str]  # pictures that the source holds more than once


def _survey(source: Path) -> _Contents:
    """Read the names in a source, and the lists of leaves."""
    contents = _Contents({}, set(), {}, set())
    for entry in _entries(source):
        if entry.read is None:
            contents.folders.add(entry.path)
        elif leaf_layout.is_picture(entry.path):
            if entry.path in contents.pictures:
                contents.repeated.add(entry.path)
            contents.pictures[entry.path] = entry.size
        elif PurePosixPath(entry.path).name == LEAF_LIST:
            _refuse_large(entry, source, "list")
            content = entry.read()
            if contents.lists.setdefault(entry.path, content) != content:
                raise _two_contents(entry.path, source)
    return contents


def _groups(lists: Mapping[str, bytes], members: Mapping[str, str | None], source: Path) -> dict[str, str]:
    if len(lists) > 1:
        received = " and ".join(sorted(lists))
        raise InputError("source of the leaves", where=source, expected=f"one {LEAF_LIST}", received=received)
    if not lists:
        return {}
    ((path, content),) = lists.items()
    where = f"{source}, {path}"
    return leaf_lists.resolve(leaf_lists.read_list(content, where=where), members, where=where)


def _images(source: Path, members: Mapping[str, str | None], repeated: Collection[str]) -> Iterator[tuple[str, bytes]]:
    digests: dict[str, bytes] = {}  # of the repeated pictures
    for entry in _entries(source):
        name = members.get(entry.path)
        if name is None or entry.read is None:
            continue
        _refuse_large(entry, source, "image")
        content = entry.read()
        if entry.path in repeated:
            digest = hashlib.blake2b(content).digest()
            if entry.path in digests:
                if digests[entry.path] != digest:
                    raise _two_contents(entry.path, source)
                continue
            digests[entry.path] = digest
        yield name, content


def _two_contents(path: str, source: Path) -> InputError:
    return InputError("source of the leaves", where=source, expected=f"one content of {path}", received="two")


def _refuse_large(entry: _Entry, source: Path, what: str) -> None:
    if entry.size > _LARGEST_FILE:
        expected, received = f"at most {_LARGEST_FILE:,} bytes", f"{entry.size:,}"
        raise InputError(what, where=f"{source}, {entry.path}", expected=expected, received=received)


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
                name = path_in_zip(info)
                is_folder = name.endswith("/")
                yield _Entry(_plain(name), info.file_size, None if is_folder else partial(archive.read, info))
    else:
        with _decompressed(source) as file, tarfile.open(fileobj=file, mode="r|", tarinfo=TarMember) as stream:
            for member in stream:
                content = stream.extractfile(member) if is_plain_file(member) else None  # no links, no devices
                if content is not None:
                    yield _Entry(_plain(member.name), member.size, content.read)
                elif member.isdir():
                    yield _Entry(_plain(member.name), 0, None)
            while file.read(1 << 20):  # to the end, where checksums are compared; ``tarfile`` stops before
                pass


def _plain(name: str) -> str:
    """Return a path in its normal form, without ``./`` or a slash at its end."""
    return PurePosixPath(name).as_posix()


def _decompressed(source: Path) -> BinaryIO:
    """Open a tar, compressed or not; ``tarfile`` itself does not compare gzip's checksum."""
    with source.open("rb") as file:
        start = file.read(6)
    for magic, open_file in ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\0", lzma.open)):
        if start.startswith(magic):
            return cast(BinaryIO, open_file(source))
    return source.open("rb")
