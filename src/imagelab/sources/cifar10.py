"""CIFAR-10's binary version as people have it: the archive, or its six batches in a folder or a zip."""

import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from imagelab import artifacts, raw_formats
from imagelab.errors import InputError
from imagelab.raw_formats import CIFAR10_ARCHIVE, CIFAR10_BATCHES, Examples
from imagelab.sources import files

_BATCHES = tuple(name for names in CIFAR10_BATCHES.values() for name in names)
_LAYOUT = f"{CIFAR10_ARCHIVE}, a folder with it, or a folder or .zip with its six .bin files"
_PICKLES = ("data_batch_1", "cifar-10-python.tar.gz")


class _Version(NamedTuple):
    where: str
    splits: dict[str, Examples]
    archive: Path | None  # where it is one


def write_archive(source: Path, destination: Path) -> None:
    """Write ``cifar-10-binary.tar.gz``; an archive that is there is copied byte for byte.

    Args:
        source: the archive, a folder with it, or a folder or a zip with its six batches, at any depth. A folder may
            hold both if the content is the same.
        destination: an existing folder.

    Raises:
        InputError: if the source is missing, damaged, incomplete, or holds two contents; if it is the Python version.
    """
    if not source.exists():
        raise InputError("source", where=source, expected=_LAYOUT, received="no such path")
    found = [version for version in (_packed(source), _unpacked(source)) if version is not None]
    if not found:
        if files.find(source, _PICKLES):
            raise raw_formats.refused_pickles(source)
        raise InputError("source", where=source, expected=_LAYOUT, received="neither")
    if len(found) == 2 and not _are_equal(found[0].splits, found[1].splits):
        received = f"two: {found[0].where} and {found[1].where}"
        raise InputError("source", where=source, expected="one content of CIFAR-10", received=received)
    archive = found[0].archive
    content = archive.read_bytes() if archive is not None else raw_formats.cifar10_bytes(found[0].splits)
    artifacts.write_bytes(content, destination / CIFAR10_ARCHIVE)


def _packed(source: Path) -> _Version | None:
    path = source / CIFAR10_ARCHIVE if source.is_dir() else source
    if not path.is_file() or (path == source and zipfile.is_zipfile(source)):
        return None
    if not path.stat().st_size:
        raise InputError("source", where=path, expected="content", received="0 bytes")
    return _Version(str(path), raw_formats.read_cifar10(path), path)


def _unpacked(source: Path) -> _Version | None:
    if source.is_file() and not zipfile.is_zipfile(source):
        return None
    batches: dict[str, bytes] = {}
    for found in files.find(source, _BATCHES):
        with found.open() as file:
            content = bytes(raw_formats.read_limited(file, files.LARGEST_MEMBER, found.where))
        if batches.setdefault(found.name, content) != content:
            expected = f"one content of {found.name}"
            raise InputError("source", where=source, expected=expected, received=f"two, one in {found.where}")
    if not batches:
        return None
    if missing := sorted({*_BATCHES} - batches.keys()):
        raise InputError("source", where=source, expected=f"the file {missing[0]}", received="no such file")
    return _Version(f"the .bin files in {source}", raw_formats.join_cifar10(batches, source), None)


def _are_equal(first: dict[str, Examples], second: dict[str, Examples]) -> bool:
    return all(
        np.array_equal(one, other)
        for split in CIFAR10_BATCHES
        for one, other in zip(first[split], second[split], strict=True)
    )
