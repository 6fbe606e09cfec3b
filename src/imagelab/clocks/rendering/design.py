"""The report's clock, its wall and its light in numbers, and the flat textures of dial and wood drawn from them.

Lengths are in radii: the ring's outer edge has radius 1, the hands turn around the origin, and z points from the wall
to the camera. Levels are grey values in 0..255. All random numbers are drawn on grids that do not depend on the scale,
so the design is the same at every scale.
"""

import functools
import math
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Array = NDArray[np.floating[Any]]  # float32 in fact; NumPy's stubs lose the width beside a Python number

_DESIGN_SEED = 1911  # an arbitrary number; it decides the grain of the wood only
_INK_SUPERSAMPLING = 8
_LARGEST_SCALE = 400  # texels a radius; the limit saves memory; pictures above 500 pixels lose sharpness
_PLAIN_ONE = ("I", "2", "3", "4", "5", "6", "7", "8", "9", "I0", "II", "I2")


class Style(NamedTuple):
    """What one clock looks like."""

    face_radius: float  # the ring takes the rest
    face_level: int
    ink_level: int  # of strokes, dots and numerals
    stroke: tuple[float, float, float]  # one at each hour: where it begins, where it ends, half its width
    dot: tuple[float, float]  # one at each other minute: where it is, and its radius
    numerals: tuple[str, ...]  # twelve texts, from one to twelve
    font: str  # the name of a font file of matplotlib's
    digit_height_in_em: float  # of that font
    numeral_height: float
    numeral_radius: float  # where the numerals' centres are
    numeral_spacing: float  # between two digits
    hour_hand: float  # from the origin to its tip; both hands are bars
    minute_hand: float
    hand_tail: float  # behind the origin
    hand_half_width: float
    hand_level: int
    ring_height: float  # above the face; the ring is rounded like half a tyre
    ring_level: int
    ring_inner_level: int  # of its flank towards the face


REPORT_STYLE = Style(  # the report, section 2 "Data", and public samples of its pictures
    face_radius=0.875,
    face_level=212,  # below saturation: only glare and glints reach 255
    ink_level=60,
    stroke=(0.745, 0.815, 0.0115),
    dot=(0.785, 0.0075),
    numerals=_PLAIN_ONE,  # the font's one has a foot, the clock's is a plain stroke
    font="cmss10.ttf",  # the lightest sans-serif of matplotlib's
    digit_height_in_em=0.656,
    numeral_height=0.115,
    numeral_radius=0.63,
    numeral_spacing=0.05,
    hour_hand=0.525,  # three fifths of the face's radius
    minute_hand=0.7,  # four fifths
    hand_tail=0.0875,
    hand_half_width=0.031,
    hand_level=80,
    ring_height=0.11,
    ring_level=66,
    ring_inner_level=40,
)
OTHER_STYLE = Style(  # for testing only: a clock that no network was trained on
    face_radius=0.95,  # a thin, light ring
    face_level=205,
    ink_level=40,
    stroke=(0.82, 0.92, 0.015),
    dot=(0.9, 0.008),
    numerals=tuple(str(hour) for hour in range(1, 13)),
    font="STIXGeneral.ttf",  # with serifs
    digit_height_in_em=0.676,
    numeral_height=0.2,
    numeral_radius=0.66,
    numeral_spacing=0.01,
    hour_hand=0.5,
    minute_hand=0.8,
    hand_tail=0.12,
    hand_half_width=0.035,
    hand_level=15,
    ring_height=0.03,
    ring_level=150,
    ring_inner_level=120,
)


class Wall(NamedTuple):
    """Planks of wood."""

    turn: float  # of the planks against the line from nine to three, in turns clockwise
    plank_width: float
    plank_levels: tuple[float, float]
    gap_level: int
    gap_half_width: float
    tone: tuple[int, float, float]  # shades within a board: lines a radius, lengths a radius, standard deviation
    grain: tuple[tuple[int, float, float], ...]  # the same; the deviations are shares of the level


WALL = Wall(
    turn=0.133,
    plank_width=0.8,
    plank_levels=(126.0, 146.0),
    gap_level=18,
    gap_half_width=0.016,
    tone=(5, 0.7, 6.0),
    grain=((20, 2.5, 0.04), (36, 7.0, 0.09), (60, 24.0, 0.05)),
)


class Light(NamedTuple):
    """A lamp beside the camera, and what it does to clock and wall."""

    height: float  # z of the unit vector to the lamp
    ring_ambient: float  # share of the ring's level that does not depend on the lamp
    ring_highlight: float  # levels added where the ring mirrors the lamp
    ring_highlight_exponent: float  # a higher one makes the highlight narrower
    face_slope: float  # share of the face's level gained from its centre to its edge nearest the lamp
    shadow_shift: float  # of the clock's shadow on the wall, away from the lamp
    shadow_softness: float  # width of its edge
    shadow_strength: float  # share of the wall's light that is lost there
    shade_grain: float  # gain of the grain's contrast where the wall has lost all its light
    core: float  # levels that the glare adds in its middle
    core_edge: float  # levels that it still adds at the edge of its core: enough to saturate a hand in its halo
    veil_level: float  # towards which the glare's halo lifts hands, ink and ring
    veil_strength: float  # at the core
    veil_radius: float  # standard deviation of the halo, in radii
    bloom: float  # levels that the halo adds to everything at the core
    bloom_radius: float  # in radii
    glints: tuple[int, int]  # on the ring: their smallest and largest number
    glint_level: float
    glint_radius: tuple[float, float]  # standard deviation, over the picture's width


LIGHT = Light(
    height=0.6,
    ring_ambient=0.7,
    ring_highlight=45.0,
    ring_highlight_exponent=12.0,
    face_slope=0.03,
    shadow_shift=0.1,
    shadow_softness=0.3,
    shadow_strength=0.5,
    shade_grain=4.0,
    core=220.0,
    core_edge=66.0,
    veil_level=208.0,
    veil_strength=0.85,
    veil_radius=0.22,
    bloom=45.0,
    bloom_radius=0.16,
    glints=(0, 3),
    glint_level=300.0,
    glint_radius=(0.003, 0.005),
)


@functools.lru_cache(maxsize=2)
def draw_dial(image_size: int, style: Style) -> tuple[Array, int]:
    """Draw strokes, dots and numerals as seen from the front; cached.

    Args:
        image_size: width of the pictures, in pixels. A texel is about a pixel of a large clock, so a picture needs one
            sample a pixel.
        style: of the clock.

    Returns:
        The ink's coverage in [0, 1], shape (2 * scale, 2 * scale), and the scale, in texels a radius.
    """
    scale = texels_per_radius(image_size)
    unit = scale * _INK_SUPERSAMPLING
    ink = Image.new("L", (2 * unit, 2 * unit))
    draw = ImageDraw.Draw(ink)
    place, radius = style.dot
    for minute in range(60):
        if minute % 5 == 0:
            draw.polygon([(x, y) for x, y in (bar_corners(minute / 60, *style.stroke) + 1) * unit], fill=255)
        else:
            x, y = (place * direction(minute / 60) + 1) * unit
            draw.circle((x, y), radius * unit, fill=255)
    font_path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / style.font
    size = style.numeral_height / style.digit_height_in_em * unit
    font = ImageFont.truetype(font_path, size, layout_engine=ImageFont.Layout.BASIC)
    for hour, text in enumerate(style.numerals, 1):
        center = (style.numeral_radius * direction(hour / 12) + 1) * unit
        boxes = [font.getbbox(digit, anchor="ls") for digit in text]  # left, top, right, bottom
        gap = style.numeral_spacing * unit
        x = center[0] - (sum(box[2] - box[0] for box in boxes) + gap * (len(text) - 1)) / 2
        y = center[1] - (boxes[0][1] + boxes[0][3]) / 2
        for digit, (left, _, right, _) in zip(text, boxes, strict=True):
            draw.text((x - left, y), digit, 255, font, anchor="ls")
            x += right - left + gap
    return np.asarray(ink.reduce(_INK_SUPERSAMPLING), np.float32) / 255, scale


def texels_per_radius(image_size: int) -> int:
    """Scale of the textures for pictures of a given width."""
    return max(4, round(0.7 * min(image_size, _LARGEST_SCALE / 0.7)))


WALL_WIDTH = 8  # radii, after which the wall repeats itself


@functools.lru_cache(maxsize=2)
def draw_wall(image_size: int) -> tuple[Array, Array]:
    """Draw planks that run from left to right, with boards along them; cached.

    Returns:
        Levels without grain, and the grain as a share of the level to be added; both (w, w), a power of two, which
        cover 8 radii and continue seamlessly at their opposite edge.
    """
    width = 1 << (WALL_WIDTH * texels_per_radius(image_size) - 1).bit_length()
    scale = width / WALL_WIDTH
    rng = np.random.default_rng(_DESIGN_SEED)
    planks = round(WALL_WIDTH / WALL.plank_width)
    edges = np.rint(np.arange(planks + 1) / planks * width).astype(int)
    rows = np.arange(width)
    plank = np.searchsorted(edges, rows, side="right") - 1
    to_gap = np.minimum(rows - edges[plank], edges[plank + 1] - 1 - rows)
    lines, lengths, deviation = WALL.tone
    levels = rng.uniform(*WALL.plank_levels, planks)[plank, None] + deviation * _draw_noise(rng, width, lines, lengths)
    grain = sum(share * _draw_noise(rng, width, lines, lengths) for lines, lengths, share in WALL.grain)
    gap = to_gap < WALL.gap_half_width * scale
    levels[gap], grain[gap] = WALL.gap_level, 0
    return levels, grain


def _draw_noise(rng: np.random.Generator, width: int, lines: float, lengths: float) -> Array:
    """Noise of mean 0 and deviation 1 with sharp edges, lines a radius across the planks, lengths a radius along them."""
    scale = WALL_WIDTH / width
    rows, columns = (
        np.minimum((np.arange(width) * scale * pieces).astype(int), round(WALL_WIDTH * pieces) - 1)
        for pieces in (lines, lengths)
    )
    # The dark tail is long, the light one short.
    noise = (1 - np.square(rng.standard_normal((rows[-1] + 1, columns[-1] + 1), np.float32))) / np.float32(math.sqrt(2))
    # Each line's pieces begin elsewhere, or they would form a grid.
    shift = rng.integers(0, width, len(noise))
    column = (np.arange(width)[None, :] + shift[:, None]) % width
    return np.take_along_axis(noise[:, columns], column, axis=1)[rows]


def direction(turn: float) -> NDArray[np.float64]:
    """Unit vector ``turn`` turns clockwise from twelve, x to the right and y down; shape (2,)."""
    angle = 2 * np.pi * turn
    return np.array([np.sin(angle), -np.cos(angle)])


def bar_corners(turn: float, inner: float, outer: float, half_width: float) -> NDArray[np.float64]:
    """Corners of a bar that points away from the origin: a stroke or a hand.

    Args:
        turn: its direction, in turns clockwise from twelve.
        inner: signed distance from the origin at which it begins, in radii.
        outer: distance at which it ends.
        half_width: half its width, in radii.

    Returns:
        The four corners in order, x to the right and y down; shape (4, 2).
    """
    along = direction(turn)
    side = half_width * np.array([-along[1], along[0]])
    return np.array([inner * along - side, outer * along - side, outer * along + side, inner * along + side])
