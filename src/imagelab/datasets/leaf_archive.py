"""The leaves as one archive, because DVC is slow with 87,000 files."""

import hashlib
import io
import sys
import tarfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pandas as pd

from imagelab.datasets import leaf_layout, leaf_lists, local
from imagelab.datasets.entries import Entry, entries
from imagelab.datasets.files import reading_archive
from imagelab.datasets.leaf_layout import LEAF_LIST
from imagelab.runtime import progress
from imagelab.runtime.errors import InputError
from imagelab.storage import writing


def pack(source: Path, archive_path: Path) -> int:
    """Write the training images of a folder or an archive as an uncompressed tar; return how many there are.

    Members are called ``train/<Crop___Condition>/<file>``, without the source's other folders, dates and owners;
    ``leaf_layout`` decides which pictures are taken. If the source has a list of leaves, ``groups.csv``, it is written
    beside the archive with these names. Links in archives are ignored, and nothing is extracted to disk. The source is
    read twice, first for its names: this costs little for a folder, a zip or a tar, but a compressed tar is
    decompressed twice. A picture that an archive holds twice is written once.

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
    if contents.others:
        first, count = min(contents.others), len(contents.others)
        print(f"leaves: left out {count} files whose names are no pictures', such as {first}", file=sys.stderr)
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
        for name, content in progress.track(images, label="packing leaves", unit="image"):
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
    others: set[str]  # other files, by path; without lists and hidden ones


def _survey(source: Path) -> _Contents:
    """Read the names in a source, and the lists of leaves."""
    contents = _Contents({}, set(), {}, set(), set())
    for entry in _entries(source):
        if entry.read is None:
            contents.folders.add(entry.path)
        elif leaf_layout.is_picture(entry.path):
            if entry.path in contents.pictures:
                contents.repeated.add(entry.path)
            contents.pictures[entry.path] = entry.size
        elif PurePosixPath(entry.path).name == LEAF_LIST:
            content = entry.content("list")
            if contents.lists.setdefault(entry.path, content) != content:
                raise _two_contents(entry.path, source)
        elif not PurePosixPath(entry.path).name.startswith("."):
            contents.others.add(entry.path)
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
        content = entry.content("image")
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


def _entries(source: Path) -> Iterator[Entry]:
    """Yield what is in a source; a folder's own name begins the paths, because it may be that of a class."""
    for entry in entries(source):
        path = PurePosixPath(source.name, entry.path).as_posix() if source.is_dir() else entry.path
        yield entry._replace(path=path)
