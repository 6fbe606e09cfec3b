"""The clock and its wall from the front: the template from which ``renderer`` makes every picture.

Lengths are in radii: the ring's outer edge has radius 1, and the hands turn around the origin. All random numbers are
drawn on grids that do not depend on the scale, so the design is the same at every scale.
"""

import functools
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Array = NDArray[np.floating[Any]]  # float32 in fact; NumPy's stubs lose the width beside a Python number

GAP_LEVEL = 10
PLANK_LEVELS = (52.0, 86.0)  # dark wood, but lighter than the ring
PLANK_WIDTH = 0.5
BOARD_LENGTHS = (2.5, 4.5)
GAP_WIDTH = 0.013  # standard deviation of the gap's dark profile

NEAR_EXTENT = 5  # radii to each side; holds every view with a tilt up to about 40 degrees
FAR_REDUCTION = 4  # the far wall appears at least four times smaller, so it needs a quarter of the pixels
FAR_MIRRORS = 2  # mirror images to each side: 25 radii, where a tilt of 60 degrees needs 19

_DESIGN_SEED = 1911  # an arbitrary number; it decides the grain of the wood only
_INK_SUPERSAMPLING = 4
_LARGEST_SCALE = 650  # pixels a radius; the limit saves memory; pictures above 500 pixels lose sharpness
# Layers of grain: lines across a plank, lengths along one radius of it, standard deviation in grey levels.
_GRAIN = ((6, 0.8, 7.0), (24, 2.0, 8.0), (64, 10.0, 5.0))


class Hand(NamedTuple):
    """A straight bar that turns around the origin."""

    length: float  # from the origin to its tip
    half_width: float  # at its tail
    tip_half_width: float


class Style(NamedTuple):
    """What one clock looks like; levels are grey values in 0..255."""

    face_radius: float  # the ring takes the rest
    face_level: int
    ring_level: int
    ring_ridge_level: int  # of its rounded middle
    ink_level: int  # of ticks and numerals
    font: str  # the name of a font file of matplotlib's
    digit_height_in_em: float  # of that font
    numeral_height: float
    numeral_radius: float  # where the numerals' centres are
    hour_hand: Hand
    minute_hand: Hand
    hand_level: int


REPORT_STYLE = Style(  # the report, section 2 "Data"
    face_radius=0.9,
    face_level=230,  # white, but below saturation: only glare and glints reach 255
    ring_level=26,
    ring_ridge_level=52,  # so that the ring differs from the wall's gaps
    ink_level=12,
    font="DejaVuSans.ttf",
    digit_height_in_em=0.729,
    numeral_height=0.18,
    numeral_radius=0.62,
    hour_hand=Hand(0.45, 0.034, 0.034),  # half of the face's radius
    minute_hand=Hand(0.72, 0.024, 0.024),  # four fifths
    hand_level=58,  # dark grey, lighter than the numerals
)
OTHER_STYLE = Style(  # for testing only: a clock that no network was trained on
    face_radius=0.95,  # a thin, light ring
    face_level=205,
    ring_level=150,
    ring_ridge_level=190,
    ink_level=40,
    font="STIXGeneral.ttf",  # with serifs, thin
    digit_height_in_em=0.676,
    numeral_height=0.2,
    numeral_radius=0.66,
    hour_hand=Hand(0.5, 0.055, 0.012),  # pointed, black
    minute_hand=Hand(0.8, 0.042, 0.01),
    hand_level=15,
)


class Design(NamedTuple):
    """Two concentric squares of the wall, both with the clock's centre in the middle; no pixel is 0.

    ``near`` is 10 radii wide with ``scale`` pixels a radius and holds the clock; ``far`` is 50 radii of bare wall,
    with ``scale / FAR_REDUCTION`` pixels a radius.
    """

    near: Image.Image
    far: Image.Image
    scale: int


@functools.lru_cache(maxsize=2)
def draw_design(image_size: int, style: Style) -> Design:
    """Draw the template for pictures of a given size; cached.

    Args:
        image_size: width of the pictures, in pixels. The template has 1.3 times as many pixels a radius: enough for
            the doubled resolution at which pictures are sampled; a finer template would alias.
        style: of the clock; the wall is always the same.
    """
    scale = FAR_REDUCTION * max(1, round(1.3 * min(image_size, _LARGEST_SCALE / 1.3) / FAR_REDUCTION))
    wall = _draw_wall(scale)
    bare = Image.fromarray(_as_levels(wall)).reduce(FAR_REDUCTION)
    far = np.pad(np.asarray(bare), FAR_MIRRORS * bare.width, mode="symmetric")
    clock, alpha = _draw_clock(scale, style)
    inner = slice((NEAR_EXTENT - 1) * scale, (NEAR_EXTENT + 1) * scale)
    wall[inner, inner] += alpha * (clock - wall[inner, inner])
    return Design(near=Image.fromarray(_as_levels(wall)), far=Image.fromarray(far), scale=scale)


def _as_levels(values: Array) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 1, 255).astype(np.uint8)  # 0 means "outside the template"


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


def _draw_clock(scale: int, style: Style) -> tuple[Array, Array]:
    """Grey levels of the clock without hands, and its coverage in [0, 1]; both (2 * scale, 2 * scale)."""
    axis = ((np.arange(2 * scale) + 0.5) / scale - 1).astype(np.float32)
    radius = np.hypot(axis[:, None], axis[None, :])
    middle = (1 + style.face_radius) / 2
    ridge = style.ring_ridge_level - style.ring_level
    ring = style.ring_level + ridge * np.exp(-0.5 * np.square((radius - middle) / 0.018))
    to_ring = style.face_radius - np.minimum(radius, style.face_radius)
    face = style.face_level * (1 - 0.12 * np.exp(-to_ring / 0.03))  # in the shadow of the ring, which is raised
    face += _draw_ink(scale, style) * (style.ink_level - face)
    clock = ring + _coverage(radius, style.face_radius, scale) * (face - ring)
    return clock, _coverage(radius, 1.0, scale)


def _coverage(radius: Array, edge: float, scale: int) -> Array:
    return np.asarray(np.clip((edge - radius) * scale + 0.5, 0, 1))


def _draw_ink(scale: int, style: Style) -> Array:
    """Coverage of ticks and numerals, in [0, 1]; shape (2 * scale, 2 * scale)."""
    unit = scale * _INK_SUPERSAMPLING
    ink = Image.new("L", (2 * unit, 2 * unit))
    draw = ImageDraw.Draw(ink)
    for minute in range(60):
        length, half_width = (0.105, 0.015) if minute % 5 == 0 else (0.06, 0.008)
        corners = bar_corners(minute / 60, style.face_radius - length, style.face_radius - 0.02, half_width)
        draw.polygon([(x, y) for x, y in (corners + 1) * unit], fill=255)
    font_path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / style.font
    size = style.numeral_height / style.digit_height_in_em * unit
    font = ImageFont.truetype(font_path, size, layout_engine=ImageFont.Layout.BASIC)
    for hour in range(1, 13):
        center = (style.numeral_radius * direction(hour / 12) + 1) * unit
        left, top, right, bottom = font.getbbox(str(hour), anchor="ls")
        draw.text((center[0] - (left + right) / 2, center[1] - (top + bottom) / 2), str(hour), 255, font, anchor="ls")
    return np.asarray(ink.reduce(_INK_SUPERSAMPLING), np.float32) / 255


def direction(turn: float) -> NDArray[np.float64]:
    """Unit vector ``turn`` turns clockwise from twelve, x to the right and y down; shape (2,)."""
    angle = 2 * np.pi * turn
    return np.array([np.sin(angle), -np.cos(angle)])


def bar_corners(
    turn: float, inner: float, outer: float, half_width: float, outer_half_width: float | None = None
) -> NDArray[np.float64]:
    """Corners of a bar that points away from the origin: a tick or a hand.

    Args:
        turn: its direction, in turns clockwise from twelve.
        inner: signed distance from the origin at which it begins, in radii.
        outer: distance at which it ends.
        half_width: half its width where it begins, in radii.
        outer_half_width: half its width where it ends; the same if None.

    Returns:
        The four corners in order, x to the right and y down; shape (4, 2).
    """
    along = direction(turn)
    right = np.array([-along[1], along[0]])
    begin, end = half_width * right, (half_width if outer_half_width is None else outer_half_width) * right
    return np.array([inner * along - begin, outer * along - end, outer * along + end, inner * along + begin])
