"""Prepared arrays: where each lies, and how it comes back as ``Split(images, targets)``."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab import artifacts, labels
from imagelab.errors import InputError
from imagelab.params import SMALLEST_CLOCK, ClockNetwork
from imagelab.raw_formats import CLASSES, Examples

SPLITS = ("train", "validation", "test")
VIEWS = "views.csv"  # beside the pictures of the clock renderer

_SINGLE_NUMBER = ("classification", "regression")


class Split(NamedTuple):
    """Pictures and what a network should say about them."""

    images: NDArray[Any]  # (n, height, width, channels), uint8 in 0..255 or float32 in [0, 1]
    targets: NDArray[Any]  # (n, ...)


def write_examples(splits: dict[str, Examples], folder: Path) -> None:
    """Write each split's images, (n, height, width, channels) uint8, and labels, (n,) uint8."""
    for name, examples in splits.items():
        artifacts.write_array(examples.images, folder / f"{name}_images.npy")
        artifacts.write_array(examples.labels, folder / f"{name}_labels.npy")


def read_examples(folder: Path, split: str) -> Split:
    """Read one of the splits that ``write_examples`` wrote.

    Raises:
        InputError: if an array is missing or damaged, they differ in length, or a label is no class.
    """
    images = artifacts.read_array(folder / f"{split}_images.npy", dimensions=4)
    path = folder / f"{split}_labels.npy"
    return Split(images, check_classes(artifacts.read_array(path, dimensions=1, length=len(images)), path))


def check_classes(classes: NDArray[Any], where: object, *, count: int = CLASSES) -> NDArray[Any]:
    """Return classes, (n,), unchanged.

    Raises:
        InputError: if there are none, they are no integers, or one lies outside 0..``count`` - 1.
    """
    if not len(classes) or classes.dtype.kind not in "iu" or classes.min() < 0 or classes.max() >= count:
        span = f"{classes.min()}..{classes.max()}" if len(classes) else "none"
        expected = f"integers, classes 0..{count - 1}"
        raise InputError("labels", where=where, expected=expected, received=f"{classes.dtype}, {span}")
    return classes


def read_raw_clocks(folder: Path, *, image_size: int | None = None) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read and check the clocks.

    Args:
        folder: holds ``images.npy`` and ``labels.npy``.
        image_size: the width of the clocks that these are read beside, in pixels; None allows any.

    Returns:
        Images, uint8 (n, height, width, 1), and times, minutes past twelve in [0, 720), (n,).

    Raises:
        InputError: if a shape or type is another, the images are smaller than any network takes, images and labels
            differ in number, or a label is no time.
    """
    path = folder / "images.npy"
    images = artifacts.read_array(path, dimensions=3, memory_map=True)
    if images.dtype != np.uint8 or images.shape[1] != images.shape[2] or not images.size:
        expected, received = "uint8, (n, size, size), not empty", f"{images.dtype}, {images.shape}"
        raise InputError("images", where=path, expected=expected, received=received)
    if images.shape[1] < SMALLEST_CLOCK:
        expected, received = f"{SMALLEST_CLOCK} pixels wide or more", images.shape[1]
        raise InputError("images", where=path, expected=expected, received=received)
    if image_size not in (None, images.shape[1]):
        expected = f"{image_size} pixels wide, as the clocks are (render.image_size)"
        raise InputError("images", where=path, expected=expected, received=images.shape[1])
    path = folder / "labels.npy"
    minutes = labels.to_minutes(artifacts.read_array(path, dimensions=2), where=path)
    if len(minutes) != len(images):
        raise InputError("labels", where=path, expected=f"one for each of {len(images)} images", received=len(minutes))
    return images[..., None], minutes


def read_views(folder: Path, *, count: int, columns: Collection[str]) -> pd.DataFrame | None:
    """Read how each clock was seen, a row a picture; None for clocks that are no renderings.

    Args:
        folder: of the clocks.
        count: how many they are.
        columns: what must be known of each.

    Raises:
        InputError: if the table is damaged, lacks a column, or has another number of rows.
    """
    path = folder / VIEWS
    if not path.exists():
        return None
    views = artifacts.read_csv(path, columns=columns)
    if len(views) != count:
        raise InputError("views", where=path, expected=f"one for each of {count} images", received=len(views))
    return views


def read_known_views(folder: Path, *, count: int, columns: Collection[str]) -> pd.DataFrame:
    """Read how each clock was seen, for what cannot do without.

    Raises:
        InputError: as ``read_views``, and if the clocks are no renderings.
    """
    views = read_views(folder, count=count, columns=columns)
    if views is None:
        raise InputError(
            "views",
            where=folder / VIEWS,
            expected="that of the renderer, or reader.helper_weight: 0",
            received="nothing of that name",
        )
    return views


def read_reader_targets(folder: Path, *, count: int) -> dict[str, NDArray[np.int64]]:
    """Read the times as the reader's outputs are named; each (count,)."""
    minute, hour_part = read_clock_targets(folder, "reader", count=count).T
    return {"minute": minute, "hour_part": hour_part}


def read_clock_targets(folder: Path, network: ClockNetwork, *, count: int) -> NDArray[Any]:
    """Read a network's targets for all clocks in order: (count,) for the single number, else (count, numbers)."""
    dimensions = 1 if network in _SINGLE_NUMBER else 2
    return artifacts.read_array(folder / f"{network}.npy", dimensions=dimensions, length=count)


def read_rows(path: Path, *, count: int) -> NDArray[np.int64]:
    """Read the rows of one part of a data set.

    Args:
        path: of the file.
        count: how many rows the data set has.

    Returns:
        Shape (n,), n > 0, each in 0..``count`` - 1.

    Raises:
        InputError: if the file is missing or damaged, or holds something else.
    """
    rows = artifacts.read_array(path, dimensions=1, integers=True)
    if not len(rows) or rows.min() < 0 or rows.max() >= count:
        received = f"{rows.min()}..{rows.max()}" if len(rows) else "none"
        raise InputError("rows", where=path, expected=f"rows 0..{count - 1}", received=received)
    return rows


def read_probabilities(path: Path, *, count: int) -> NDArray[np.floating[Any]]:
    """Read a probability for each of ``count`` readings.

    Raises:
        InputError: if the file is missing or damaged, or holds a number that is no probability.
    """
    stated = artifacts.read_array(path, dimensions=1, length=count)
    if count and (stated.min() < 0 or stated.max() > 1):
        received = f"{stated.min():.4g}..{stated.max():.4g}"
        raise InputError("probabilities", where=path, expected="numbers 0..1", received=received)
    return stated


def read_logits(path: Path, classes: NDArray[Any]) -> NDArray[np.floating[Any]]:
    """Read a classifier's logits, (n, number of classes), for examples whose classes, (n,), are known.

    Raises:
        InputError: if the file is missing or damaged, or the classes do not fit.
    """
    logits = artifacts.read_array(path, dimensions=2, length=len(classes))
    if logits.shape[1] <= classes.max():
        expected = f"a column for each of {classes.max() + 1} classes"
        raise InputError("logits", where=path, expected=expected, received=logits.shape)
    return logits


def read_leaves(folder: Path) -> tuple[Split, Split]:
    """Read the leaves to train with and those held out; images float32 in [0, 1], targets are classes, (n,).

    Raises:
        InputError: if an array is missing or damaged, or does not fit the others.
    """
    images = artifacts.read_array(folder / "images.npy", dimensions=4)
    path = folder / "labels.npy"
    classes = artifacts.read_array(path, dimensions=1, length=len(images))
    check_classes(classes, path, count=len(images))  # of every class there is a leaf
    training, held_out = (
        read_rows(folder / f"{part}_rows.npy", count=len(images)) for part in ("training", "held_out")
    )
    return Split(images[training], classes[training]), Split(images[held_out], classes[held_out])
