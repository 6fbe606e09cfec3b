"""Draw what a reader found onto photographs."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from PIL import Image

from imagelab.clocks.reader.readings import Readings, hand_directions
from imagelab.datasets.photographs import Photograph
from imagelab.evaluation.figures import DPI

ALONE, IN_GRID = 800, 320  # pixels of a picture's longer side, where it is the only one and beside others
_LENGTHS = (0.5, 0.85)  # of the drawn hour hand and minute hand, over the face's radius
_POINTS = (2.4, 1.4)  # their widths
_FIRST, _SECOND, _FACE = "tab:red", "tab:cyan", "yellow"  # colours of the two times, and of the edge of the face
_TITLE_WIDTH, _TITLE_HEIGHT = 240, 60  # pixels: three lines


class Drawing(NamedTuple):
    """A photograph to be shown with what was found in it."""

    pixels: NDArray[np.uint8]  # (height, width, 3), RGB
    reading: Readings  # of one; the pose is in these pixels
    title: str


def draw(photograph: Photograph, reading: Readings, title: str, *, longest_side: int) -> Drawing:
    """Prepare a photograph for being shown.

    Args:
        photograph: it is reduced, so that many need little memory.
        reading: of the photograph; the pose is in pixels of its file.
        title: in one line or several.
        longest_side: of the smaller photograph, in pixels.
    """
    picture = Image.fromarray(photograph.pixels)
    picture.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    factor = max(picture.size) / (photograph.scale * max(photograph.pixels.shape[:2]))
    return Drawing(np.asarray(picture), reading._replace(poses=reading.poses * factor), title)


def show_drawings(drawings: Sequence[Drawing], *, columns: int | None = None) -> Figure:
    """Show photographs, each below its title, with the edge of the face and the hands of the two best times.

    The best time's hands are solid, the second best's are dashed.

    Args:
        drawings: one or more.
        columns: photographs in a row; by default as many as make as many rows.
    """
    columns = columns or math.ceil(math.sqrt(len(drawings)))
    rows = math.ceil(len(drawings) / columns)
    height, width = (max(drawing.pixels.shape[side] for drawing in drawings) for side in (0, 1))
    scale = (ALONE if len(drawings) == 1 else IN_GRID) / max(height, width)  # small photographs are enlarged
    inches = (columns * max(scale * width, _TITLE_WIDTH) / DPI, rows * (scale * height + _TITLE_HEIGHT) / DPI)
    figure = Figure(figsize=inches, dpi=DPI, layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis in axes:
        axis.set_axis_off()
    for axis, drawing in zip(axes, drawings, strict=False):
        _show(axis, drawing)
    return figure


def _show(axis: Any, drawing: Drawing) -> None:
    height, width, _ = drawing.pixels.shape
    reading, pivot = drawing.reading, drawing.reading.poses[0, :, 2:]
    axis.imshow(drawing.pixels, extent=(0, width, height, 0))
    axis.set_title(drawing.title, fontsize=8, pad=3, parse_math=False)  # names of files may hold dollars
    angles = np.linspace(0, 2 * np.pi, 181)
    circle = np.stack([np.cos(angles), np.sin(angles)])
    _draw_line(axis, reading.poses[0, :, :2] @ circle + pivot, _FACE, "-", 1.0)
    for times, rolls, colour, style in (
        (reading.second_times, reading.second_rolls, _SECOND, (0, (2.5, 1.5))),
        (reading.times, reading.rolls, _FIRST, "-"),
    ):
        hands = hand_directions(times, reading.poses, rolls)[0]
        for direction, length, points in zip(hands, _LENGTHS, _POINTS, strict=True):
            _draw_line(axis, pivot + np.outer(length * direction, [0, 1]), colour, style, points)
    axis.set(xlim=(0, width), ylim=(height, 0))  # what was found may reach beyond the photograph


def _draw_line(axis: Any, points: NDArray[np.float64], colour: str, style: Any, width: float) -> None:
    """Draw a line through points, (2, n), with a thin dark edge, so that it is seen on any photograph."""
    edge = [withStroke(linewidth=width + 1.0, foreground="black")]
    axis.plot(*points, color=colour, linestyle=style, linewidth=width, path_effects=edge)
