"""Clocks on disk: images and times, the views of rendered clocks, stated probabilities."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.clocks.times import to_minutes
from imagelab.runtime.errors import InputError
from imagelab.settings.clocks import SMALLEST_CLOCK
from imagelab.storage import reading

VIEWS = "views.csv"  # beside rendered clocks
UNITS = "units.json"  # beside a trained network: the units of its metrics by their names in the history


def read_raw_clocks(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read and check the clocks.

    Args:
        folder: holds ``images.npy`` and ``labels.npy``.

    Returns:
        Images, uint8 (n, height, width, 1), and times, minutes past twelve in [0, 720), (n,).

    Raises:
        InputError: if a shape or type is wrong, the images are smaller than the networks accept, the numbers of images
            and labels differ, or a label is not a time.
    """
    path = folder / "images.npy"
    images = reading.read_array(path, dimensions=3, memory_map=True)
    if images.dtype != np.uint8 or images.shape[1] != images.shape[2] or not images.size:
        expected, received = "uint8, (n, size, size), not empty", f"{images.dtype}, {images.shape}"
        raise InputError("images", where=path, expected=expected, received=received)
    if images.shape[1] < SMALLEST_CLOCK:
        expected, received = f"{SMALLEST_CLOCK} pixels wide or more", images.shape[1]
        raise InputError("images", where=path, expected=expected, received=received)
    path = folder / "labels.npy"
    minutes = to_minutes(reading.read_array(path, dimensions=2), where=path)
    if len(minutes) != len(images):
        raise InputError("labels", where=path, expected=f"one for each of {len(images)} images", received=len(minutes))
    return images[..., None], minutes


def read_views(folder: Path, *, count: int, columns: Collection[str]) -> pd.DataFrame | None:
    """Read the camera and the light of each rendered clock, one row a picture; None if the clocks are not rendered.

    Args:
        folder: of the clocks.
        count: number of clocks.
        columns: required columns.

    Raises:
        InputError: if the table is damaged, lacks a column, or has another number of rows.
    """
    path = folder / VIEWS
    if not path.exists():
        return None
    views = reading.read_csv(path, columns=columns)
    if len(views) != count:
        raise InputError("views", where=path, expected=f"one for each of {count} images", received=len(views))
    return views


def read_probabilities(path: Path, *, count: int) -> NDArray[np.floating[Any]]:
    """Read the stated probabilities of ``count`` readings, (count,), in [0, 1].

    Raises:
        InputError: if the file is missing or damaged, or a number lies outside [0, 1].
    """
    stated = reading.read_array(path, dimensions=1, length=count)
    if count and (stated.min() < 0 or stated.max() > 1):
        received = f"{stated.min():.4g}..{stated.max():.4g}"
        raise InputError("probabilities", where=path, expected="numbers 0..1", received=received)
    return stated
