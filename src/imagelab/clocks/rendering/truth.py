"""Ground truth of rendered pictures besides the time: pose, and glare on a hand."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.clocks.rendering.design import REPORT_STYLE, direction
from imagelab.clocks.rendering.views import View, camera_of, jacobian, project
from imagelab.clocks.times import MINUTES_PER_DIAL, MINUTES_PER_HOUR

COLUMNS = tuple(View.__dataclass_fields__)
"""Columns of the views that this module needs."""


def find_maps(views: pd.DataFrame, *, image_size: int) -> NDArray[np.float32]:
    """Find where each clock is and how it appears: the linear map from its dial to the picture, at the pivot.

    Args:
        views: one row a picture, with the fields of ``View``.
        image_size: width of the pictures in pixels.

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
        pose[:] = np.column_stack([REPORT_STYLE.face_radius * jacobian(to_picture), pivot])
    return poses


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
