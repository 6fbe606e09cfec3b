"""Local copies of CIFAR-10's binary version: the archive, or its six batches in a folder or a zip."""

import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from imagelab.datasets import class_layout, local
from imagelab.datasets.cifar10 import (
    CIFAR10_ARCHIVE,
    CIFAR10_BATCHES,
    CIFAR10_PICKLES,
    cifar10_bytes,
    decode_cifar10,
    join_cifar10,
    refused_pickles,
)
from imagelab.datasets.files import LARGEST_MEMBER, Found, find, read_limited
from imagelab.runtime.errors import InputError
from imagelab.storage import writing
from imagelab.storage.splits import Split

_BATCHES = tuple(name for names in CIFAR10_BATCHES.values() for name in names)
_LAYOUT = f"{CIFAR10_ARCHIVE}, a folder or .zip with it or with its six .bin files, or {class_layout.LAYOUT}"
# The last one is the name that Keras uses.
_PICKLES = ("data_batch_1", "cifar-10-python.tar.gz", f"{CIFAR10_PICKLES}.tar.gz")


class _Version(NamedTuple):
    where: str
    splits: dict[str, Split]
    archive: Found | None  # None for unpacked batches


def write_archive(source: Path, destination: Path) -> None:
    """Write ``cifar-10-binary.tar.gz``; an archive is copied byte for byte.

    Args:
        source: the archive, or a folder or a zip that holds it or its six batches, at any depth. Both may be there, and
            each several times, if their content is the same.
        destination: an existing folder.

    Raises:
        InputError: if the source is missing, damaged, incomplete, or holds two contents; if it is the Python version.
    """
    local.require(source, expected=_LAYOUT)
    found = _packed(source)
    if (unpacked := _unpacked(source)) is not None:
        found.append(unpacked)
    if not found:
        if find(source, _PICKLES):
            raise refused_pickles(source)
        raise InputError("source", where=source, expected=_LAYOUT, received="neither")
    for other in found[1:]:
        if not _are_equal(found[0].splits, other.splits):
            received = f"two: {found[0].where} and {other.where}"
            raise InputError("source", where=source, expected="one content of CIFAR-10", received=received)
    writing.write_bytes(_archive_of(found[0]), destination / CIFAR10_ARCHIVE)


def is_own_name(name: str) -> bool:
    """Tell whether a file of this name may be one of CIFAR-10, also of the version that is refused."""
    return name in (CIFAR10_ARCHIVE, *_BATCHES, *_PICKLES)


def _archive_of(version: _Version) -> bytes:
    if version.archive is None:
        return cifar10_bytes(version.splits)
    with version.archive.open() as file:
        return file.read()


def _packed(source: Path) -> list[_Version]:
    if source.is_file() and not zipfile.is_zipfile(source):
        archives = [Found(source.name, str(source), lambda: source.open("rb"))]
    else:
        archives = find(source, [CIFAR10_ARCHIVE])
    versions = []
    for archive in archives:
        with archive.open() as file:
            if not file.read(1):
                raise local.empty(archive.where)
            file.seek(0)
            versions.append(_Version(archive.where, decode_cifar10(file, archive.where), archive))
    return versions


def _unpacked(source: Path) -> _Version | None:
    if source.is_file() and not zipfile.is_zipfile(source):
        return None
    batches: dict[str, bytes] = {}
    for found in find(source, _BATCHES):
        with found.open() as file:
            content = bytes(read_limited(file, LARGEST_MEMBER, found.where))
        if batches.setdefault(found.name, content) != content:
            expected = f"one content of {found.name}"
            raise InputError("source", where=source, expected=expected, received=f"two, one in {found.where}")
    if not batches:
        return None
    if missing := sorted({*_BATCHES} - batches.keys()):
        raise InputError("source", where=source, expected=f"the file {missing[0]}", received="no such file")
    return _Version(f"the .bin files in {source}", join_cifar10(batches, source), None)


def _are_equal(first: dict[str, Split], second: dict[str, Split]) -> bool:
    return all(
        np.array_equal(one, other)
        for split in CIFAR10_BATCHES
        for one, other in zip(first[split], second[split], strict=True)
    )
