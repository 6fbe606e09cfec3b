"""Grids of pictures and panels of axes: arrays in, ``Figure`` out; nothing is written."""

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

TILE_INCHES = 0.9  # 99 dots: three for each of a leaf's 32 pixels and for the gap
GAP = 1  # between pictures, in their pixels
DPI = 110
_TITLE_POINTS = 7.5  # font size of a column's title
_PICTURE_TITLE_POINTS = 8  # the same of a picture's own title
_TITLE_LETTERS = 14  # per line of a title: as many as a column is wide
_LINE_INCHES = 1.2 / 72  # height of a line of text per point of its font size
_MOST_TITLE_HEIGHT = 1 / 3  # over the pictures' height, so that titles take a quarter of the figure


def image_grid(images: NDArray[Any], *, columns: int, titles: Sequence[str] = ()) -> Figure:
    """Show pictures row by row, side by side on white.

    Args:
        images: (n, h, w, 1) or (n, h, w, 3); uint8 in 0..255 or floats in [0, 1].
        columns: pictures per row.
        titles: of the columns, none by default. They are wrapped to the width of a column, and take at most a quarter
            of the figure's height: the font is smaller where the pictures have one row only.
    """
    height = math.ceil(len(images) / columns) * TILE_INCHES
    wrapped = [_wrap(title) for title in titles]
    lines = 1.5 + max(title.count("\n") for title in wrapped) if wrapped else 0.0  # half a line is left free
    above = min(lines * _TITLE_POINTS * _LINE_INCHES, _MOST_TITLE_HEIGHT * height)
    figure = Figure(figsize=(columns * TILE_INCHES, height + above), dpi=DPI)
    axis = figure.add_axes((0, 0, 1, height / (height + above)))
    show(axis, mosaic(images, columns=columns))
    axis.set_axis_off()
    for column, title in enumerate(wrapped):
        place, points = (column + 0.5) / columns, above / lines / _LINE_INCHES
        axis.text(
            place, 1, title, transform=axis.transAxes, fontsize=points, ha="center", va="bottom", parse_math=False
        )
    return figure


def _wrap(title: str) -> str:
    """Break the lines of a column's title where they are wider than the column."""
    return "\n".join(part for line in title.splitlines() for part in textwrap.wrap(line, _TITLE_LETTERS))


def mosaic(images: NDArray[Any], *, columns: int) -> NDArray[Any]:
    """Join pictures row by row, side by side on white: (n, h, w, c) to (rows * (h + 1), columns * (w + 1), c)."""
    count, height, width, channels = images.shape
    rows = math.ceil(count / columns)
    joined = np.full((rows * (height + GAP), columns * (width + GAP), channels), _brightest(images), images.dtype)
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + GAP), (index % columns) * (width + GAP)
        joined[top : top + height, left : left + width] = image
    return joined


def titled_images(images: NDArray[Any], titles: Sequence[str], *, columns: int, inches: float = TILE_INCHES) -> Figure:
    """Show pictures row by row, each below its title.

    Args:
        images: as for ``image_grid``.
        titles: one per picture, of one line or more.
        columns: pictures per row.
        inches: width of a picture.
    """
    rows = math.ceil(len(images) / columns)
    layout = ConstrainedLayoutEngine(w_pad=0.01, h_pad=0.01, wspace=0.0, hspace=0.0)
    further_lines = max((title.count("\n") for title in titles), default=0)
    above = 0.25 * TILE_INCHES + further_lines * _PICTURE_TITLE_POINTS * _LINE_INCHES
    figure = Figure(figsize=(columns * inches, rows * (inches + above)), dpi=DPI, layout=layout)
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis in axes:
        axis.set_axis_off()
        if further_lines:
            axis.set_anchor("N")  # a picture in the middle of its place would leave too little above it
    for axis, image, title in zip(axes, images, titles, strict=False):
        axis.imshow(image.squeeze(), cmap="gray", vmin=0, vmax=_brightest(images))  # fixed, so that pictures compare
        axis.set_title(title, fontsize=_PICTURE_TITLE_POINTS, pad=2, parse_math=False)  # names may hold $
    return figure


def show(axis: Any, picture: NDArray[Any]) -> None:
    """Show a picture on axes, (h, w, c), uint8 in 0..255 or floats in [0, 1], without smoothing."""
    brightest = _brightest(picture)
    axis.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=brightest, interpolation="nearest", aspect="auto")


def panels(count: int) -> tuple[Figure, list[Any]]:
    """Lay out ``count`` axes in rows of up to four."""
    columns = min(4, math.ceil(math.sqrt(count)) if count > 4 else count)
    rows = math.ceil(count / columns)
    figure = Figure(figsize=(3.3 * columns, 2.8 * rows), dpi=DPI, layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis in axes[count:]:
        axis.set_axis_off()
    return figure, axes[:count]


def _brightest(images: NDArray[Any]) -> int:
    return 255 if images.dtype.kind == "u" else 1
