"""Ground truth of rendered pictures besides the time: pose, directions of hands and dial, and glare on a hand."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.clocks.rendering.design import REPORT_STYLE, Style, direction
from imagelab.clocks.rendering.views import View, camera_of, project
from imagelab.clocks.times import MINUTES_PER_DIAL, MINUTES_PER_HOUR

COLUMNS = tuple(View.__dataclass_fields__)
"""Columns of the views that this module needs."""


class Directions(NamedTuple):
    """Directions from the centre of each picture; direction k of d points k / d turns clockwise from the upper edge."""

    minute_hand: NDArray[np.int32]  # (n,), the direction of its tip
    hour_hand: NDArray[np.int32]  # (n,)
    dial: NDArray[np.uint8]  # (n, d), the dial's minute 0..59 that lies in each direction


def find_poses(views: pd.DataFrame, *, image_size: int, style: Style = REPORT_STYLE) -> NDArray[np.float32]:
    """Find where each clock is and how it appears: the linear map from its dial to the picture, at the pivot.

    Args:
        views: one row a picture, with the fields of ``View``.
        image_size: width of the pictures in pixels.
        style: of the clock; only the face's radius is used.

    Returns:
        A matrix ``[M | pivot]`` a picture, shape (n, 2, 3). ``pivot`` is where the hands are fixed, in pixels from the
        picture's left and upper edge. ``M`` is the Jacobian, at the pivot, of the homography from the dial to the
        picture, in pixels a face radius; on the dial x points to three and y to six. A line through the pivot keeps
        the direction that ``M`` gives it, however oblique the view.
    """
    poses = np.empty((len(views), 2, 3), np.float32)
    for pose, view in zip(poses, _views(views), strict=True):
        to_picture = camera_of(view, image_size)
        pivot = to_picture[:2, 2] / to_picture[2, 2]
        # The quotient rule at the origin: d((A x + b) / (c x + d)) / dx = (A - (b / d) c) / d
        jacobian = (to_picture[:2, :2] - np.outer(pivot, to_picture[2, :2])) / to_picture[2, 2]
        pose[:] = np.column_stack([style.face_radius * jacobian, pivot])
    return poses


def find_directions(
    views: pd.DataFrame, minutes: NDArray[np.integer], *, image_size: int, directions: int
) -> Directions:
    """Project hands and dial of every picture.

    The dial's minutes are taken at the radius of the minute hand's tip: the pivot is not exactly in the centre, so the
    direction of a minute depends a little on the radius.

    Args:
        views: one row a picture, with the fields of ``View``.
        minutes: the times, minutes past twelve in [0, 720); shape (n,).
        image_size: width of the pictures in pixels.
        directions: their number.
    """
    hour_length, minute_length = REPORT_STYLE.hour_hand, REPORT_STYLE.minute_hand
    # From one turn before twelve to one turn after it.
    turns = np.arange(-MINUTES_PER_DIAL, MINUTES_PER_DIAL + 1) / MINUTES_PER_DIAL
    ring = minute_length * np.stack([direction(turn) for turn in turns])
    places = np.arange(directions) / directions
    hands = np.empty((2, len(views)))
    dial = np.empty((len(views), directions), np.uint8)
    for row, (view, time) in enumerate(zip(_views(views), minutes, strict=True)):
        to_picture = camera_of(view, image_size)
        hour_turn, minute_turn = time / MINUTES_PER_DIAL, time % MINUTES_PER_HOUR / MINUTES_PER_HOUR
        tips = np.stack([minute_length * direction(minute_turn), hour_length * direction(hour_turn)])
        hands[:, row] = _turns(project(to_picture, tips) - image_size / 2)
        around = np.unwrap(_turns(project(to_picture, ring) - image_size / 2), period=1)
        around -= np.floor(around[MINUTES_PER_DIAL])  # so that twelve lies in [0, 1), and the two turns cover [0, 1)
        dial[row] = np.rint(np.interp(places, around, turns) * MINUTES_PER_HOUR) % MINUTES_PER_HOUR
    minute_hand, hour_hand = (np.rint(hands * directions) % directions).astype(np.int32)
    return Directions(minute_hand, hour_hand, dial)


def glare_covers_hand(views: pd.DataFrame, minutes: NDArray[np.integer], *, image_size: int) -> NDArray[np.bool_]:
    """Find the pictures in which the glare covers a point of a hand's middle line.

    Args:
        views: one row a picture, with the fields of ``View``.
        minutes: the times, minutes past twelve in [0, 720); shape (n,).
        image_size: width of the pictures in pixels.

    Returns:
        Shape (n,); False where there is no glare.
    """
    covered = np.zeros(len(views), bool)
    along = np.linspace(0, 1, 25)[:, None]
    for row, (view, time) in enumerate(zip(_views(views), minutes, strict=True)):
        if np.isnan(view.glare_x):
            continue
        hour_line = along * REPORT_STYLE.hour_hand * direction(time / MINUTES_PER_DIAL)
        minute_line = along * REPORT_STYLE.minute_hand * direction(time / MINUTES_PER_HOUR)
        line = project(camera_of(view, image_size), np.concatenate([hour_line, minute_line]))
        distance = np.hypot(line[:, 0] - view.glare_x, line[:, 1] - view.glare_y).min()
        covered[row] = distance < view.glare_diameter / 2
    return covered


def _views(table: pd.DataFrame) -> list[View]:
    return [View(*row) for row in table[list(COLUMNS)].itertuples(index=False)]


def _turns(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Direction of each point, x to the right and y down, in turns clockwise from the upper edge, in [0, 1)."""
    return np.asarray(np.arctan2(points[:, 0], -points[:, 1]) / (2 * np.pi) % 1)
