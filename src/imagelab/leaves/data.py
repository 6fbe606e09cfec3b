"""Prepared leaves on disk."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagelab.storage import reading
from imagelab.storage.splits import Split, check_classes, read_rows


def read_leaves(folder: Path) -> tuple[Split, Split]:
    """Read the training leaves and the held-out ones; images are float32 in [0, 1], targets are classes, (n,).

    Raises:
        InputError: if an array is missing or damaged, or does not fit the others.
    """
    images = reading.read_array(folder / "images.npy", dimensions=4)
    path = folder / "labels.npy"
    classes = reading.read_array(path, dimensions=1, length=len(images))
    check_classes(classes, path, count=len(images))  # there are no more classes than leaves
    training, held_out = (
        read_rows(folder / f"{part}_rows.npy", count=len(images)) for part in ("training", "held_out")
    )
    return Split(images[training], classes[training]), Split(images[held_out], classes[held_out])


def count_classes(classes: NDArray[np.integer]) -> int:
    """Return the number of classes, which are numbered from 0."""
    return int(classes.max()) + 1
