"""Prepared arrays: where each lies, and how it comes back as ``Split(images, targets)``."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab import artifacts, labels
from imagelab.errors import InputError
from imagelab.params import ClockNetwork
from imagelab.raw_formats import Examples

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
    """Read one of the splits that ``write_examples`` wrote."""
    return Split(
        artifacts.read_array(folder / f"{split}_images.npy", dimensions=4),
        artifacts.read_array(folder / f"{split}_labels.npy", dimensions=1),
    )


def read_raw_clocks(folder: Path, *, image_size: int | None = None) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read and check the clocks.

    Args:
        folder: holds ``images.npy`` and ``labels.npy``.
        image_size: the width of the clocks that these are read beside, in pixels; None allows any.

    Returns:
        Images, uint8 (n, height, width, 1), and times, minutes past twelve in [0, 720), (n,).

    Raises:
        InputError: if a shape or type is another, images and labels differ in number, or a label is no time.
    """
    path = folder / "images.npy"
    images = artifacts.read_array(path, dimensions=3, memory_map=True)
    if images.dtype != np.uint8 or images.shape[1] != images.shape[2]:
        received = f"{images.dtype}, {images.shape}"
        raise InputError("images", where=path, expected="uint8, (n, size, size)", received=received)
    if image_size not in (None, images.shape[1]):
        expected = f"{image_size} pixels wide, as the clocks are (render.image_size)"
        raise InputError("images", where=path, expected=expected, received=images.shape[1])
    path = folder / "labels.npy"
    minutes = labels.to_minutes(artifacts.read_array(path, dimensions=2), where=path)
    if len(minutes) != len(images):
        raise InputError("labels", where=path, expected=f"one for each of {len(images)} images", received=len(minutes))
    return images[..., None], minutes


def read_views(folder: Path) -> pd.DataFrame | None:
    """Read how each clock was seen, a row a picture; None for clocks that are no renderings."""
    path = folder / VIEWS
    return artifacts.read_csv(path) if path.exists() else None


def read_known_views(folder: Path) -> pd.DataFrame:
    """Read how each clock was seen, for what cannot do without.

    Raises:
        InputError: if the clocks are no renderings.
    """
    views = read_views(folder)
    if views is None:
        raise InputError(
            "views",
            where=folder / VIEWS,
            expected="that of the renderer, or reader.helper_weight: 0",
            received="nothing of that name",
        )
    return views


def read_reader_targets(folder: Path) -> dict[str, NDArray[np.int64]]:
    """Read the times as the reader's outputs are named; each (n,)."""
    minute, hour_part = read_clock_targets(folder, "reader").T
    return {"minute": minute, "hour_part": hour_part}


def read_clock_targets(folder: Path, network: ClockNetwork) -> NDArray[Any]:
    """Read the targets of one network, for all clocks in order: (n,) for the single number, else (n, numbers)."""
    return artifacts.read_array(folder / f"{network}.npy", dimensions=1 if network in _SINGLE_NUMBER else 2)


def read_rows(path: Path) -> NDArray[np.int64]:
    """Read the rows of one part of a data set; shape (n,)."""
    return artifacts.read_array(path, dimensions=1)


def read_leaves(folder: Path) -> tuple[Split, Split]:
    """Read the leaves to train with and those held out; images float32 in [0, 1], targets are classes, (n,)."""
    images = artifacts.read_array(folder / "images.npy", dimensions=4)
    classes = artifacts.read_array(folder / "labels.npy", dimensions=1)
    training, held_out = (read_rows(folder / f"{part}_rows.npy") for part in ("training", "held_out"))
    return Split(images[training], classes[training]), Split(images[held_out], classes[held_out])
