"""Clocks on disk: images and times, views and poses of rendered clocks, stated probabilities."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.clocks import poses
from imagelab.clocks.times import MINUTES_PER_DIAL, to_minutes
from imagelab.runtime.errors import InputError
from imagelab.settings.clocks import SMALLEST_CLOCK
from imagelab.storage import reading, writing

VIEWS = "views.csv"  # beside rendered clocks
CLOCKS = "clocks.csv"  # beside clocks that are rendered for the reader
UNITS = "units.json"  # beside a trained network: the units of its metrics by their names in the history

_PIVOT_COLUMNS = ("pivot_x", "pivot_y")  # pixels
_MAP_COLUMNS = ("map_xx", "map_xy", "map_yx", "map_yy")  # by rows, pixels a radius of the face
POSE_COLUMNS = (*_PIVOT_COLUMNS, *_MAP_COLUMNS, "readable")
"""Columns that say where a clock is in its picture, and whether it shows a time."""


def read_raw_clocks(folder: Path, *, image_size: int | None = None) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read and check the clocks.

    Args:
        folder: holds ``images.npy`` and ``labels.npy``.
        image_size: the width that the images must have, in pixels; None allows any.

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
    if image_size not in (None, images.shape[1]):
        expected = f"{image_size} pixels wide, as the clocks are (render.image_size)"
        raise InputError("images", where=path, expected=expected, received=images.shape[1])
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
    writing.write_array(images, folder / "images.npy")
    writing.write_array(minutes, folder / "minutes.npy")
    writing.write_csv(table, folder / CLOCKS)


def read_posed_clocks(folder: Path) -> PosedClocks:
    """Read clocks that the project rendered for the reader.

    Raises:
        InputError: if a file is missing or damaged, or they do not fit together.
    """
    images = reading.read_array(folder / "images.npy", dimensions=4, memory_map=True)
    if images.dtype != np.uint8 or images.shape[1] != images.shape[2] or images.shape[3] != 3 or not images.size:
        expected, received = "uint8, (n, size, size, 3), not empty", f"{images.dtype}, {images.shape}"
        raise InputError("images", where=folder / "images.npy", expected=expected, received=received)
    minutes = reading.read_array(folder / "minutes.npy", dimensions=1, length=len(images), integers=True)
    if minutes.min() < 0 or minutes.max() >= MINUTES_PER_DIAL:
        received = f"{minutes.min()}..{minutes.max()}"
        raise InputError("minutes", where=folder / "minutes.npy", expected="times 0..719", received=received)
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
