"""Squares cut out of photographs, around what is known of the clock."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imagelab.clocks import poses
from imagelab.clocks.reader.readings import Box

_FACE = 0.8  # of the width of a cut-out: the longest diameter of the face
_SMALLEST_RADIUS = 4.0  # pixels; of a smaller face nothing could be read

Square = tuple[float, float, float]  # left, top, width, in pixels of the photograph


def whole(photograph: Image.Image) -> Square:
    """The smallest square around a photograph."""
    width = max(photograph.size)
    return (photograph.width - width) / 2, (photograph.height - width) / 2, width


def around_box(box: Box) -> Square:
    """The square around a face that fills a box."""
    width = max(box.width, box.height) / _FACE
    return box.x + (box.width - width) / 2, box.y + (box.height - width) / 2, width


def around(pose: NDArray[np.floating], square: Square) -> Square:
    """The square around a face that was found in another square; its pose is in the unit of that square's width."""
    left, top, width = square
    radius = max(float(poses.longest_radius(pose[None])[0]) * width, _SMALLEST_RADIUS)
    half = radius / _FACE
    return left + float(pose[0]) * width - half, top + float(pose[1]) * width - half, 2 * half


def cut_out(photographs: Sequence[Image.Image], squares: Sequence[Square], *, size: int) -> NDArray[np.uint8]:
    """Cut a square out of each photograph, and resize it; outside the photograph is the mean colour of its border.

    Args:
        photographs: RGB.
        squares: one for each.
        size: of what is returned, in pixels.

    Returns:
        Shape (n, size, size, 3).
    """
    pairs = zip(photographs, squares, strict=True)
    return np.stack([np.asarray(_cut_out(photograph, square, size)) for photograph, square in pairs])


def _cut_out(photograph: Image.Image, square: Square, size: int) -> Image.Image:
    left, top, width = square
    box = (left, top, left + width, top + width)
    inside = (max(0.0, left), max(0.0, top), min(photograph.width, box[2]), min(photograph.height, box[3]))
    if inside == box:
        return photograph.resize((size, size), Image.Resampling.BILINEAR, box=box, reducing_gap=3)
    canvas = Image.new("RGB", (size, size), _border_colour(photograph))
    scale = size / width
    corners = [round((place - start) * scale) for place, start in zip(inside, (left, top, left, top), strict=True)]
    target = (corners[2] - corners[0], corners[3] - corners[1])
    if min(target) > 0 and inside[0] < inside[2] and inside[1] < inside[3]:
        part = photograph.resize(target, Image.Resampling.BILINEAR, box=inside, reducing_gap=3)
        canvas.paste(part, (corners[0], corners[1]))
    return canvas


def _border_colour(photograph: Image.Image) -> tuple[int, int, int]:
    pixels = np.asarray(photograph.resize((16, 16), Image.Resampling.BOX), np.float64)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = np.rint(border.mean(axis=0)).astype(int)
    return int(red), int(green), int(blue)
