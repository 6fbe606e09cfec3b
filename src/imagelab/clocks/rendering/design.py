"""The report's clock, its wall and its light in numbers, and the flat textures of dial and wood drawn from them.

Lengths are in radii: the ring's outer edge has radius 1, and the hands turn around the origin. They turn a little above
the face, so an oblique view shifts them against the numerals. Levels are grey values in 0..255. All random numbers are
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
    digit_pitch: float  # distance of the middles of two digits
    hour_hand: float  # from the origin to its tip; both hands are bars
    minute_hand: float
    hand_tail: float  # behind the origin
    hand_half_width: float
    hand_level: int
    hand_height: float  # above the face
    ring_height: float  # above the face; the ring is rounded like half a tyre
    ring_level: int
    ring_inner_level: int  # of its flank towards the face


REPORT_STYLE = Style(  # the report, section 2 "Data", and public samples of its pictures
    face_radius=0.875,
    face_level=212,  # below saturation: only glare and glints reach 255
    ink_level=76,
    stroke=(0.742, 0.816, 0.0115),
    dot=(0.785, 0.0075),
    numerals=_PLAIN_ONE,  # the font's one has a foot, the clock's is a plain stroke
    font="cmss10.ttf",  # the lightest sans-serif of matplotlib's
    digit_height_in_em=0.656,
    numeral_height=0.115,
    numeral_radius=0.64,
    digit_pitch=0.1,
    hour_hand=0.51,  # before the face behind it, it looks as long as three fifths of the face's radius
    minute_hand=0.68,  # four fifths
    hand_tail=0.08,
    hand_half_width=0.028,
    hand_level=82,
    hand_height=0.045,
    ring_height=0.09,
    ring_level=78,
    ring_inner_level=26,
)


class Wall(NamedTuple):
    """Planks of wood."""

    turn: float  # of the planks against the line from nine to three, in turns clockwise
    plank_width: float
    plank_levels: tuple[float, float]
    gap_level: int
    gap_half_width: float
    grain: tuple[tuple[float, float, float], ...]  # lines a radius, lengths a radius, deviation in percent of the level


WALL = Wall(
    turn=0.133,
    plank_width=1.0,
    plank_levels=(132.0, 154.0),
    gap_level=44,
    gap_half_width=0.012,
    grain=((12, 1.0, 1.2), (48, 5.0, 2.0), (64, 20.0, 2.4)),
)


class Light(NamedTuple):
    """A lamp beside the camera, and what it does to clock and wall."""

    height: float  # z of the unit vector to the lamp
    ring_ambient: float  # share of the ring's level that does not depend on the lamp
    ring_highlight: float  # levels of the soft highlight along the ring, on the side away from the lamp
    ring_highlight_place: float  # from -1 at the face to 1 at the wall
    ring_highlight_width: float  # its standard deviation, in the same unit
    face_slope: float  # share of the face's level gained from its centre to its edge nearest the lamp
    shadow_shift: float  # of the clock's shadow on the wall, away from the lamp
    shadow_softness: float  # width of its edge
    shadow_strength: float  # share of the wall's light that is lost there
    shade_grain: float  # gain of the grain's contrast where the wall has lost all its light
    core: float  # levels that the glare adds in its middle
    core_edge: float  # levels that it still adds at the edge of its core: enough to saturate a hand in its halo
    veil_level: float  # towards which the glare's halo lifts hands, ink and ring
    veil_strength: float  # at the core
    veil_outside: float  # share of that strength on ring and wall
    veil_radius: float  # standard deviation of the halo, in radii
    bloom: float  # levels that the halo adds at the core, to ring and wall too
    bloom_radius: float  # in radii
    glints: tuple[int, int]  # on the ring: their smallest and largest number
    inner_glints: float  # share of them that is where the ring meets the face; the others are where it meets the wall
    glint_level: float
    glint_radius: tuple[float, float]  # standard deviation, over the picture's width


LIGHT = Light(
    height=0.7,
    ring_ambient=0.65,
    ring_highlight=32.0,
    ring_highlight_place=0.55,
    ring_highlight_width=0.16,
    face_slope=0.03,
    shadow_shift=0.1,
    shadow_softness=0.3,
    shadow_strength=0.5,
    shade_grain=10.0,
    core=220.0,
    core_edge=66.0,
    veil_level=208.0,
    veil_strength=0.9,
    veil_outside=0.4,
    veil_radius=0.36,
    bloom=42.0,
    bloom_radius=0.17,
    glints=(0, 3),
    inner_glints=0.5,
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
        for number, digit in enumerate(text):
            left, top, right, bottom = font.getbbox(digit, anchor="ls")
            x = center[0] + (number - (len(text) - 1) / 2) * style.digit_pitch * unit - (left + right) / 2
            draw.text((x, center[1] - (top + bottom) / 2), digit, 255, font, anchor="ls")
    return np.asarray(ink.reduce(_INK_SUPERSAMPLING), np.float32) / 255, scale


def texels_per_radius(image_size: int) -> int:
    """Scale of the textures for pictures of a given width."""
    return max(4, round(0.7 * min(image_size, _LARGEST_SCALE / 0.7)))


WALL_WIDTH = 8  # radii, after which the wall repeats itself


@functools.lru_cache(maxsize=2)
def draw_wood(image_size: int) -> tuple[Array, NDArray[np.int8]]:
    """Draw planks that run from left to right; cached.

    Args:
        image_size: width of the pictures, in pixels.

    Returns:
        The level of each row of texels, shape (w,), and the grain, percent of the level to be added, shape (w, w). The
        width w is a power of two; it covers 8 radii, and the planks continue seamlessly at the opposite edge.
    """
    width = 1 << (WALL_WIDTH * texels_per_radius(image_size) - 1).bit_length()
    rng = np.random.default_rng(_DESIGN_SEED)
    planks = round(WALL_WIDTH / WALL.plank_width)
    edges = np.rint(np.arange(planks + 1) / planks * width).astype(int)
    rows = np.arange(width)
    plank = np.searchsorted(edges, rows, side="right") - 1
    levels = rng.uniform(*WALL.plank_levels, planks).astype(np.float32)[plank]
    grain = np.zeros((width, width), np.float32)
    for lines, lengths, percent in WALL.grain:
        grain += percent * _draw_noise(rng, width, lines, lengths)
    to_edge = np.minimum(rows - edges[plank], edges[plank + 1] - 1 - rows)
    gap = to_edge < WALL.gap_half_width * width / WALL_WIDTH
    levels[gap], grain[gap] = WALL.gap_level, 0
    return levels, np.clip(np.rint(grain), -127, 127).astype(np.int8)


def _draw_noise(rng: np.random.Generator, width: int, lines: float, lengths: float) -> Array:
    """Noise of deviation 1 with sharp edges: ``lines`` a radius across the planks, ``lengths`` a radius along them."""
    rows, columns = (np.arange(width) * round(WALL_WIDTH * pieces) // width for pieces in (lines, lengths))
    noise = rng.standard_normal((rows[-1] + 1, columns[-1] + 1), np.float32)[:, columns]
    # Each line's pieces begin elsewhere, or they would form a grid.
    column = (np.arange(width)[None, :] + rng.integers(0, width, len(noise))[:, None]) % width
    return np.asarray(np.take_along_axis(noise, column, axis=1)[rows])


def direction(turn: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vector ``turn`` turns clockwise from twelve, x to the right and y down; shape (2,), or (n, 2) of n turns."""
    angle = 2 * np.pi * np.asarray(turn)
    return np.stack([np.sin(angle), -np.cos(angle)], axis=-1)


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
