"""Prepared arrays: where each lies, and how it comes back as ``Split(images, targets)``."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagelab import artifacts, labels
from imagelab.errors import InputError
from imagelab.params import Head
from imagelab.raw_formats import Examples

SPLITS = ("train", "validation", "test")


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


def read_raw_clocks(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read and check the clocks.

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
    path = folder / "labels.npy"
    minutes = labels.to_minutes(artifacts.read_array(path, dimensions=2), where=path)
    if len(minutes) != len(images):
        raise InputError("labels", where=path, expected=f"one for each of {len(images)} images", received=len(minutes))
    return images[..., None], minutes


def read_clock_targets(folder: Path, head: Head) -> NDArray[Any]:
    """Read the targets of one head, for all clocks in order: shape (n,), or (n, 2) for ``multi_head``."""
    return artifacts.read_array(folder / f"{head}.npy", dimensions=2 if head == "multi_head" else 1)


def read_rows(path: Path) -> NDArray[np.int64]:
    """Read the rows of one part of a data set; shape (n,)."""
    return artifacts.read_array(path, dimensions=1)


def read_leaves(folder: Path) -> tuple[Split, Split]:
    """Read the leaves to train with and those held out; images float32 in [0, 1], targets are classes, (n,)."""
    images = artifacts.read_array(folder / "images.npy", dimensions=4)
    classes = artifacts.read_array(folder / "labels.npy", dimensions=1)
    training, held_out = (read_rows(folder / f"{part}_rows.npy") for part in ("training", "held_out"))
    return Split(images[training], classes[training]), Split(images[held_out], classes[held_out])
