"""Names of data sets, by their sources, in tables, titles and summaries."""

import re
from pathlib import Path

from imagelab.storage import class_names

STAND_INS = {
    "mnist": "MNIST's stand-in (digits)",
    "fashion_mnist": "Fashion-MNIST's stand-in (digits)",
    "cifar10": "CIFAR-10's stand-in (coloured digits)",
    "leaves": "leaves drawn by the project",
    "clocks": "rendered clocks",
}
"""Names of what ``demo`` and, for the clocks, ``render`` make, by data set."""

ORIGINALS = {
    "mnist": "MNIST",
    "fashion_mnist": "Fashion-MNIST",
    "cifar10": "CIFAR-10",
    "leaves": "leaves",
    "clocks": "clocks",
}
"""Names of the original data sets: ``official`` downloads them, and a path is assumed to hold a copy."""

RANDOM_CLOCKS = "rendered clocks of random designs"
READER_CLOCKS = "clocks rendered for the reader (test: random designs)"

_OWN = "own pictures"
_PUBLISHED_CLASSES = 10  # of MNIST, Fashion-MNIST and CIFAR-10, and of their stand-ins
_DOWNLOADED = {"leaves": "leaves (Kaggle)", "clocks": "clocks (the report's)"}  # where the name alone is not enough


def describe(dataset: str, source: str) -> str:
    """Name the data that a number is about.

    Args:
        dataset: a key of the section ``fetch``.
        source: its value: ``official``, ``demo``, ``render`` or a path.

    Returns:
        ``Fashion-MNIST``, ``Fashion-MNIST's stand-in (digits)`` or ``Fashion-MNIST (local copy)``. The path is left
        out: it does not describe the content, and equal results would differ between machines.
    """
    if is_stand_in(source):
        return STAND_INS[dataset]
    if source == "official":
        return _DOWNLOADED.get(dataset, ORIGINALS[dataset])
    return f"{ORIGINALS[dataset]} (local copy)"


def describe_classified(dataset: str, source: str, folder: Path) -> str:
    """Name the pictures of a data set for classification.

    Args:
        dataset: one of ``CLASSIFIED``.
        source: as for ``describe``.
        folder: what the stage ``prepare`` wrote, because a path does not tell whether it leads to the user's own
            pictures.

    Returns:
        As ``describe``, or ``own pictures (3 classes)``.

    Raises:
        InputError: if the names of the classes are missing or damaged.
    """
    if class_names.are_of_own_pictures(folder):
        return f"{_OWN} ({len(class_names.read(folder))} classes)"
    return describe(dataset, source)


def are_other_pictures(data: str) -> bool:
    """Tell whether data of this name are stand-ins or the user's own, so that the report's numbers do not compare."""
    return data in STAND_INS.values() or data.startswith(_OWN)


def class_count(data: str) -> int:
    """Return how many classes the pictures of this name have; only the user's own need not have ten."""
    own = re.fullmatch(rf"{_OWN} \((\d+) classes\)", data)
    return _PUBLISHED_CLASSES if own is None else int(own[1])


def is_stand_in(source: str) -> bool:
    """Tell whether the project makes the data itself, so that the report's numbers are about other pictures."""
    return source in ("demo", "render")
