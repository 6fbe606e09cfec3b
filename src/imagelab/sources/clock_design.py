"""The one clock and its wall, seen straight on: the template that ``clock_renderer`` photographs.

Lengths are in radii: the ring's outer edge has radius 1, and the hands turn around the origin. The same design comes
out at every scale, because all random numbers are drawn on grids that do not depend on it.
"""

import functools
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Array = NDArray[np.floating[Any]]  # float32 in fact; NumPy's stubs lose the width beside a Python number

FACE_RADIUS = 0.9  # the ring takes the outer tenth
FACE_LEVEL = 230  # white, with room below saturation: only glare and glints are to reach 255
RING_LEVEL = 26
RING_RIDGE_LEVEL = 52  # of its rounded middle, so that it does not melt into the wall's gaps
INK_LEVEL = 12
GAP_LEVEL = 10
PLANK_LEVELS = (52.0, 86.0)  # dark wood, but lighter than the ring
PLANK_WIDTH = 0.5
BOARD_LENGTHS = (2.5, 4.5)
GAP_WIDTH = 0.013  # standard deviation of the gap's dark profile

NEAR_EXTENT = 5  # radii to each side; holds every view with a tilt up to about 40 degrees
FAR_REDUCTION = 4  # the far wall is seen four times smaller at least, so it needs a quarter of the pixels
FAR_MIRRORS = 2  # mirror images to each side: 25 radii, where a tilt of 60 degrees needs 19

_DESIGN_SEED = 1911  # any number: it decides the grain of the wood only
_INK_SUPERSAMPLING = 4
_LARGEST_SCALE = 650  # pixels a radius; above pictures of 500 pixels sharpness is given up for memory
# Layers of grain: lines across a plank, lengths along one radius of it, standard deviation in grey levels.
_GRAIN = ((6, 0.8, 7.0), (24, 2.0, 8.0), (64, 10.0, 5.0))


class Design(NamedTuple):
    """Two concentric squares of the wall, both with the clock's centre in the middle; no pixel is 0.

    ``near`` is 10 radii wide with ``scale`` pixels a radius and holds the clock; ``far`` is 50 radii of bare wall,
    with ``scale / FAR_REDUCTION`` pixels a radius.
    """

    near: Image.Image
    far: Image.Image
    scale: int


@functools.lru_cache(maxsize=2)
def draw_design(image_size: int) -> Design:
    """Draw the template for pictures of a given size, once a process.

    Args:
        image_size: width of the pictures, in pixels. A scale of 1.3 pixels a radius for each of them is enough for
            the doubled resolution at which the picture is sampled, and no more: a finer template would alias.
    """
    scale = FAR_REDUCTION * max(1, round(1.3 * min(image_size, _LARGEST_SCALE / 1.3) / FAR_REDUCTION))
    wall = _draw_wall(scale)
    bare = Image.fromarray(_as_levels(wall)).reduce(FAR_REDUCTION)
    far = np.pad(np.asarray(bare), FAR_MIRRORS * bare.width, mode="symmetric")
    clock, alpha = _draw_clock(scale)
    inner = slice((NEAR_EXTENT - 1) * scale, (NEAR_EXTENT + 1) * scale)
    wall[inner, inner] += alpha * (clock - wall[inner, inner])
    return Design(near=Image.fromarray(_as_levels(wall)), far=Image.fromarray(far), scale=scale)


def _as_levels(values: Array) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 1, 255).astype(np.uint8)  # 0 is kept free for "outside the template"


def _draw_wall(scale: int) -> Array:
    """Horizontal planks, each a row of boards with grain along it; shape (10 * scale, 10 * scale)."""
    rng = np.random.default_rng(_DESIGN_SEED)
    width = 2 * NEAR_EXTENT
    wall = np.zeros((width * scale, width * scale), np.float32)
    for plank in range(round(width / PLANK_WIDTH)):
        top, bottom = (round(edge * PLANK_WIDTH * scale) for edge in (plank, plank + 1))
        start = -rng.uniform(0, BOARD_LENGTHS[0])
        while start < width:
            end = start + rng.uniform(*BOARD_LENGTHS)
            left, right = round(start * scale), round(end * scale)
            board = _draw_board(rng, (bottom - top, right - left), end - start)
            wall[top:bottom, max(left, 0) : right] = board[:, max(-left, 0) : width * scale - left]
            start = end
    return wall


def _draw_board(rng: np.random.Generator, shape: tuple[int, int], length: float) -> Array:
    """One board of the given shape in pixels and length in radii, with half a gap along each of its four edges."""
    height, width = shape
    board = np.full(shape, rng.uniform(*PLANK_LEVELS), np.float32)
    for lines, pieces, deviation in _GRAIN:
        noise = rng.normal(0, deviation, (lines, max(2, round(pieces * length)))).astype(np.float32)
        board += np.asarray(Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC))
    across, along = (_gap_profile(size, PLANK_WIDTH / height) for size in shape)
    gap = np.maximum(across[:, None], along[None, :])
    return board + gap * (GAP_LEVEL - board)


def _gap_profile(size: int, pixel: float) -> Array:
    position = np.arange(size, dtype=np.float32) + 0.5
    distance = np.minimum(position, size - position) * pixel
    return np.asarray(np.exp(-0.5 * np.square(distance / GAP_WIDTH)))


def _draw_clock(scale: int) -> tuple[Array, Array]:
    """Ring, face, ticks and numerals without hands, and their coverage in [0, 1]; both (2 * scale, 2 * scale)."""
    axis = ((np.arange(2 * scale) + 0.5) / scale - 1).astype(np.float32)
    radius = np.hypot(axis[:, None], axis[None, :])
    middle = (1 + FACE_RADIUS) / 2
    ring = RING_LEVEL + (RING_RIDGE_LEVEL - RING_LEVEL) * np.exp(-0.5 * np.square((radius - middle) / 0.018))
    to_ring = FACE_RADIUS - np.minimum(radius, FACE_RADIUS)
    face = FACE_LEVEL * (1 - 0.12 * np.exp(-to_ring / 0.03))  # shaded by the ring, which stands out
    face += _draw_ink(scale) * (INK_LEVEL - face)
    clock = ring + _coverage(radius, FACE_RADIUS, scale) * (face - ring)
    return clock, _coverage(radius, 1.0, scale)


def _coverage(radius: Array, edge: float, scale: int) -> Array:
    return np.asarray(np.clip((edge - radius) * scale + 0.5, 0, 1))


def _draw_ink(scale: int) -> Array:
    """Coverage of ticks and numerals, in [0, 1]; shape (2 * scale, 2 * scale)."""
    unit = scale * _INK_SUPERSAMPLING
    ink = Image.new("L", (2 * unit, 2 * unit))
    draw = ImageDraw.Draw(ink)
    for minute in range(60):
        inner, half_width = (0.795, 0.015) if minute % 5 == 0 else (0.84, 0.008)
        corners = ray(minute / 60, inner, 0.88, half_width)
        draw.polygon([(x, y) for x, y in (corners + 1) * unit], fill=255)
    font_path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    height_in_em = 0.729  # of the font's digits
    font = ImageFont.truetype(font_path, 0.18 / height_in_em * unit, layout_engine=ImageFont.Layout.BASIC)
    for hour in range(1, 13):
        center = (0.62 * direction(hour / 12) + 1) * unit
        left, top, right, bottom = font.getbbox(str(hour), anchor="ls")
        draw.text((center[0] - (left + right) / 2, center[1] - (top + bottom) / 2), str(hour), 255, font, anchor="ls")
    return np.asarray(ink.reduce(_INK_SUPERSAMPLING), np.float32) / 255


def direction(turn: float) -> NDArray[np.float64]:
    """Unit vector that points so many turns clockwise from twelve, x to the right and y down; shape (2,)."""
    angle = 2 * np.pi * turn
    return np.array([np.sin(angle), -np.cos(angle)])


def ray(turn: float, inner: float, outer: float, half_width: float) -> NDArray[np.float64]:
    """Corners of a bar that points away from the origin: a tick or a hand.

    Args:
        turn: its direction, in turns clockwise from twelve.
        inner: signed distance from the origin at which it begins, in radii.
        outer: distance at which it ends.
        half_width: half its width, in radii.

    Returns:
        The four corners in order, x to the right and y down; shape (4, 2).
    """
    along = direction(turn)
    right = half_width * np.array([-along[1], along[0]])
    left = -right
    return np.array([inner * along + left, outer * along + left, outer * along + right, inner * along + right])
