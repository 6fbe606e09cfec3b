"""Which pictures show the same leaf, according to a list, their names, and their pixels."""

import hashlib
import re
from collections.abc import Collection, Hashable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])", re.IGNORECASE)
# What Kaggle's set, PlantVillage's segmented pictures and file managers append to a name.
_ENDINGS = re.compile(
    r"(?:_\d+deg|_flip(?:lr|tb)|_new(?:\d+deg(?:flip(?:lr|tb))?|pixel\d+|grr)"
    r"|_final_masked|(?: -)? copy(?: \(?\d+\)?)?)+$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?P<before>.*?)(?<![A-Za-z\d])(?P<number>\d+)")


def by_name(names: Sequence[str], listed: Mapping[str, str]) -> NDArray[np.int64]:
    """Number the leaves that a set of files shows, according to a list and to the files' names.

    The list decides for the files that it names. Any other file shows the same leaf as the files with the same UUID.
    Without a UUID, it shows the same leaf as the files of its folder whose names differ only in endings such as
    ``_90deg`` and `` - Copy``. A number in brackets is not such an ending: there are folders whose files are
    ``leaf (1)``, ``leaf (2)`` and so on.

    Args:
        names: of all files, ``<folder>/<file>``.
        listed: the group of each file that a list names.

    Returns:
        The leaf of each file, shape (n,), numbered from 0 in order of first appearance.
    """
    own = keys(names)
    unlisted = {key for name, key in zip(names, own, strict=True) if name not in listed}
    # A listed file shows the same leaf as an unlisted one whose name has the same key.
    by_key = [key if key in unlisted else None for key in own]
    return _join([listed.get(name) for name in names], by_key)


def with_pixels(leaves: NDArray[np.int64], images: NDArray[Any]) -> NDArray[np.int64]:
    """Join leaves that have a picture in common, whatever the files are called.

    Args:
        leaves: the leaf of each picture, (n,).
        images: the reduced pictures, (n, height, width, channels).

    Returns:
        The leaf of each picture, shape (n,), numbered from 0 in order of first appearance.
    """
    # A digest, because with the bytes the dictionary would hold a second copy of all pictures.
    pixels = [hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in images]
    return _join(leaves.tolist(), pixels)


def with_neighbours(
    leaves: NDArray[np.int64], names: Sequence[str], listed: Collection[str], *, numbers: int | None
) -> NDArray[np.int64]:
    """Join leaves of a class whose pictures' numbers are near each other.

    PlantVillage's photographs are numbered in the order in which they were taken, several of a leaf in a row: "RS_HL
    1735", 1736, 1738 and 1740 show one leaf. Where no list says so, this keeps most pictures of a leaf together: only
    those on both sides of a multiple of ``numbers`` are apart.

    Args:
        leaves: the leaf of each picture, (n,).
        names: of all files, ``<folder>/<file>``. What counts is the first number after a UUID that is not a part of a
            word, as 8903 in "GHLB2 Leaf 8903", and the text before it.
        listed: files whose leaf a list names; they are not joined.
        numbers: how many successive numbers are joined, from each multiple of it on; None joins nothing.

    Returns:
        A group for each picture, shape (n,), numbered from 0 in order of first appearance.
    """
    if numbers is None:
        return leaves
    return _join(leaves.tolist(), [None if name in listed else _block(PurePosixPath(name), numbers) for name in names])


def counts(
    classes: Sequence[str], labels: NDArray[np.int64], groups: NDArray[np.int64], parts: Mapping[str, NDArray[np.int64]]
) -> dict[str, dict[str, Any]]:
    """Count the pictures and leaves of each class, in total and in each part.

    Args:
        classes: names.
        labels: the class of each picture, (n,).
        groups: the leaf of each picture, (n,).
        parts: rows of each part, by name.
    """

    def count(rows: NDArray[np.int64], label: int) -> dict[str, int]:
        own = groups[rows[labels[rows] == label]]
        return {"pictures": len(own), "leaves": len(np.unique(own))}

    every = np.arange(len(labels))
    return {
        name: count(every, label) | {part: count(rows, label) for part, rows in parts.items()}
        for label, name in enumerate(classes)
    }


def keys(names: Sequence[str]) -> list[Hashable]:
    """Return a key for each file, made from its name; files with equal keys show the same leaf."""
    return [_key(PurePosixPath(name)) for name in names]


def _key(path: PurePosixPath) -> Hashable:
    uuid = _UUID.match(path.name)
    return uuid[0].lower() if uuid else (path.parent.name, _ENDINGS.sub("", path.stem) or path.stem)


def _block(path: PurePosixPath, numbers: int) -> Hashable | None:
    found = _NUMBER.match(without_uuid(path.name))
    return None if found is None else (path.parent.name, found["before"], int(found["number"]) // numbers)


def without_uuid(name: str) -> str:
    """Return a file's name without a UUID and ``___`` at its beginning."""
    uuid = _UUID.match(name)
    return name[uuid.end() :].removeprefix("___") if uuid else name


def _join(*kinds: Sequence[Hashable | None]) -> NDArray[np.int64]:
    """Number rows so that rows that share a key, directly or through other rows, have the same number.

    Args:
        kinds: lists of keys, one key per row; None equals no other key.
    """
    count = len(kinds[0])
    nodes: dict[Hashable, int] = {}  # of a graph: rows and keys; each row has an edge to its keys
    edges = [
        (row, count + nodes.setdefault((kind, key), len(nodes)))
        for kind, column in enumerate(kinds)
        for row, key in enumerate(column)
        if key is not None
    ]
    ends = np.array(edges, np.int64).reshape(-1, 2).T
    size = count + len(nodes)
    graph = coo_array((np.ones(len(edges), np.int8), (ends[0], ends[1])), shape=(size, size))
    _, numbers = connected_components(graph.tocsr(), directed=False)
    ordered: NDArray[np.int64] = pd.factorize(numbers[:count])[0].astype(np.int64)
    return ordered
