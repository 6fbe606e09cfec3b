"""Clocks on disk that are rendered for the reader: colour pictures, times, and where each clock is in its picture."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.clocks import poses
from imagelab.clocks.times import MINUTES_PER_DIAL
from imagelab.runtime.errors import InputError
from imagelab.storage import reading, writing

IMAGES, MINUTES, CLOCKS = "images.npy", "minutes.npy", "clocks.csv"

_PIVOT_COLUMNS = ("pivot_x", "pivot_y")  # pixels
_MAP_COLUMNS = ("map_xx", "map_xy", "map_yx", "map_yy")  # by rows, pixels a radius of the face
POSE_COLUMNS = (*_PIVOT_COLUMNS, *_MAP_COLUMNS, "readable")
"""Columns that say where a clock is in its picture, and whether it shows a time."""


class PosedClocks(NamedTuple):
    """Pictures of clocks whose poses are known."""

    images: NDArray[np.uint8]  # (n, size, size, 3), left on disk until they are used
    minutes: NDArray[np.integer[Any]]  # minutes past twelve, in [0, 720), (n,)
    poses: NDArray[np.float64]  # (n, 5), in the unit of the picture's width; see ``poses``
    rolls: NDArray[np.float64]  # turns clockwise, (n,)
    readable: NDArray[np.bool_]  # whether a picture shows a time, (n,)


def write_posed_clocks(
    folder: Path, images: NDArray[np.uint8], minutes: NDArray[np.integer[Any]], table: pd.DataFrame
) -> None:
    """Write rendered clocks for ``read_posed_clocks``; the table has the columns ``POSE_COLUMNS`` and any others."""
    writing.write_array(images, folder / IMAGES)
    writing.write_array(minutes, folder / MINUTES)
    writing.write_csv(table, folder / CLOCKS)


def read_posed_clocks(folder: Path) -> PosedClocks:
    """Read clocks that the project rendered for the reader.

    Raises:
        InputError: if a file is missing or damaged, or they do not fit together.
    """
    images = reading.read_array(folder / IMAGES, dimensions=4, memory_map=True)
    if images.dtype != np.uint8 or images.shape[1] != images.shape[2] or images.shape[3] != 3 or not images.size:
        expected, received = "uint8, (n, size, size, 3), not empty", f"{images.dtype}, {images.shape}"
        raise InputError("images", where=folder / IMAGES, expected=expected, received=received)
    minutes = reading.read_array(folder / MINUTES, dimensions=1, length=len(images), integers=True)
    if minutes.min() < 0 or minutes.max() >= MINUTES_PER_DIAL:
        received = f"{minutes.min()}..{minutes.max()}"
        raise InputError("minutes", where=folder / MINUTES, expected="times 0..719", received=received)
    table = read_designs(folder, count=len(images))
    maps = table[list(_MAP_COLUMNS)].to_numpy(np.float64).reshape(-1, 2, 2)
    found, rolls = poses.from_maps(table[list(_PIVOT_COLUMNS)].to_numpy(np.float64), maps)
    return PosedClocks(images, minutes, found / images.shape[1], rolls, table["readable"].to_numpy(bool))


def read_designs(folder: Path, *, count: int) -> pd.DataFrame:
    """Read what is known of each clock that was rendered for the reader, one row a picture.

    Raises:
        InputError: if the table is damaged, lacks a column, or has another number of rows.
    """
    table = reading.read_csv(folder / CLOCKS, columns=POSE_COLUMNS)
    if len(table) != count:
        expected = f"one for each of {count} images"
        raise InputError("clocks", where=folder / CLOCKS, expected=expected, received=len(table))
    return table
