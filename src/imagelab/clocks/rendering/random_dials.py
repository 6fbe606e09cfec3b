"""The flat dial of a random design without its hands, and the shapes of hands.

Layers are images of mode CMYK that in fact hold red, green, blue and coverage, each colour multiplied by the coverage:
unlike RGBA, Pillow draws, warps and reduces the four channels of this mode alike, so edges get no fringes.
"""

import functools
import math
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from imagelab.clocks.rendering.design import Array, bar_corners, direction
from imagelab.clocks.rendering.random_designs import Colour, Hand, Numerals, RandomDesign

Points = NDArray[np.float64]
Shape = tuple[Points, Colour]
"""Corners of a polygon in radii, (n, 2), and its colour."""

BASE = 96  # pixels of the face's diameter in which its texture is made
_FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def new_layer(width: int, height: int) -> Image.Image:
    """An empty layer."""
    return Image.new("CMYK", (width, height))


def solid(colour: Colour) -> tuple[int, int, int, int]:
    """The values of a covering colour in a layer."""
    return (*colour, 255)


def extent(design: RandomDesign) -> float:
    """Half the width of the square that holds the dial and its frame, in radii."""
    outer = 1 + design.frame.width
    if design.frame.kind == "octagon":
        outer /= math.cos(math.pi / 8)
    return outer + 0.02


def draw_dial(design: RandomDesign, scale: float) -> Image.Image:
    """Draw the dial and its frame as a layer, twelve upwards.

    Args:
        design: what it looks like.
        scale: pixels a radius.
    """
    size = 2 * math.ceil(extent(design) * scale)
    layer = new_layer(size, size)
    pen = _Pen(layer, scale)
    _draw_frame(pen, design)
    _paste_face(pen, design)
    _draw_face_details(pen, design)
    _draw_marks(pen, design)
    _draw_numerals(pen, design.numerals)
    _draw_extras(pen, design)
    return layer


class _Pen:
    """Draws in radii around the middle of a layer."""

    def __init__(self, layer: Image.Image, scale: float) -> None:
        self.layer = layer
        self.scale = scale
        self.middle = layer.width / 2
        self.draw = ImageDraw.Draw(layer)

    def polygon(self, points: Points, colour: Colour) -> None:
        self.draw.polygon((points * self.scale + self.middle).ravel().tolist(), fill=solid(colour))

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        self.draw.ellipse(self._box(x, y, radius), fill=solid(colour))

    def circle(self, x: float, y: float, radius: float, width: float, colour: Colour) -> None:
        pixels = max(1, round(width * self.scale))
        self.draw.ellipse(self._box(x, y, radius), outline=solid(colour), width=pixels)

    def text(self, glyphs: Image.Image, x: float, y: float, colour: Colour) -> None:
        left = round(x * self.scale + self.middle - glyphs.width / 2)
        top = round(y * self.scale + self.middle - glyphs.height / 2)
        self.layer.paste(solid(colour), (left, top), glyphs)

    def _box(self, x: float, y: float, radius: float) -> tuple[float, float, float, float]:
        reach = max(radius * self.scale, 0.5)  # Pillow draws the pixels of both edges
        left, top = x * self.scale + self.middle - reach, y * self.scale + self.middle - reach
        side = 2 * reach - 1
        return left, top, left + side, top + side


def _draw_frame(pen: _Pen, design: RandomDesign) -> None:
    frame = design.frame
    outer = 1 + frame.width
    if frame.kind == "none":
        return
    if frame.kind == "square":
        pen.polygon(outer * SQUARE, frame.colour)
        if frame.profile != "flat":
            pen.polygon((1 + 0.7 * frame.width) * SQUARE, frame.second_colour)
        return
    if frame.kind == "octagon":
        pen.polygon(outer / math.cos(math.pi / 8) * _OCTAGON, frame.colour)
        if frame.profile != "flat":
            pen.polygon((1 + 0.6 * frame.width) / math.cos(math.pi / 8) * _OCTAGON, frame.second_colour)
        return
    pen.disc(0, 0, outer, frame.colour)
    if frame.profile == "double":
        pen.disc(0, 0, 1 + 0.5 * frame.width, frame.second_colour)
    elif frame.profile == "metal":
        steps = 6
        for step in range(1, steps):  # lightest in the middle of the ring, as if it were rounded
            share = 0.7 * math.sin(math.pi * step / steps)
            red, green, blue = (
                round(c + share * (s - c)) for c, s in zip(frame.colour, frame.second_colour, strict=True)
            )
            pen.disc(0, 0, outer - frame.width * step / steps, (red, green, blue))


def _paste_face(pen: _Pen, design: RandomDesign) -> None:
    face = design.face
    if face.texture == "plain" and face.ring_shadow == 0:
        pen.disc(0, 0, 1, face.colour)
        return
    side = 2 * round(pen.scale)
    base = Image.fromarray(_face_levels(design)).resize((side, side), Image.Resampling.BILINEAR)
    mask = Image.new("L", (side, side))
    ImageDraw.Draw(mask).ellipse((0, 0, side - 1, side - 1), fill=255)
    corner = round(pen.middle - side / 2)
    filled = Image.merge("CMYK", (*base.split(), Image.new("L", (side, side), 255)))
    pen.layer.paste(filled, (corner, corner), mask)


@functools.lru_cache(maxsize=1)
def _base_grid() -> tuple[Array, Array, Array, Array]:
    """X, y, distance and angle of the pixels of a face's texture; each (BASE, BASE)."""
    axis = (((np.arange(BASE) + 0.5) / BASE - 0.5) * 2).astype(np.float32)
    x, y = np.meshgrid(axis, axis)
    return x, y, np.hypot(x, y), np.arctan2(y, x)


def _face_levels(design: RandomDesign) -> NDArray[np.uint8]:
    """The face's colours, (BASE, BASE, 3)."""
    face = design.face
    rng = np.random.default_rng(design.seed)
    x, y, radius, angle = _base_grid()
    colour, edge = np.array(face.colour, np.float32), np.array(face.edge_colour, np.float32)
    strength = face.texture_strength
    share: Array
    if face.texture == "radial":
        share = np.minimum(radius, 1) ** np.float32(rng.uniform(0.7, 3))
    elif face.texture == "linear":
        right, down = direction(rng.random())
        share = (np.float32(right) * x + np.float32(down) * y) / 2 + np.float32(0.5)
    elif face.texture == "shine":
        waves = np.cos(2 * angle + np.float32(rng.uniform(0, 6))) + np.cos(3 * angle + np.float32(rng.uniform(0, 6)))
        share = np.float32(0.25) * waves + np.float32(0.5)
    elif face.texture == "stains":
        share = np.float32(0.7 * strength) * smooth_noise(rng, BASE, (4, 12, 30))
    elif face.texture == "speckles":
        share = np.float32(0.5 * strength) * rng.standard_normal((BASE, BASE), np.float32)
    elif face.texture == "checker":
        tiles = int(rng.integers(8, 30))
        steps = np.arange(BASE) * tiles // BASE
        share = np.where((steps[:, None] + steps) % 2 == 0, np.float32(0), np.float32(1))
        edge = colour - np.float32(8 + 35 * strength)
    else:
        share = np.zeros((BASE, BASE), np.float32)
    levels = colour + share[..., None] * (edge - colour)
    if face.ring_shadow > 0:
        right, down = 0.12 * direction(rng.random())
        edge_distance = 1 - np.hypot(x - np.float32(right), y - np.float32(down))
        levels *= 1 - np.float32(face.ring_shadow) * np.exp(-np.maximum(edge_distance, 0) / np.float32(0.07))[..., None]
    return np.clip(levels, 0, 255).astype(np.uint8)


def smooth_noise(rng: np.random.Generator, size: int, cells: tuple[int, ...]) -> Array:
    """Sum of smooth random surfaces, (size, size), each of about unit variance over the root of their number."""
    total = np.zeros((size, size), np.float32)
    for number in cells:
        coarse = Image.fromarray(rng.standard_normal((number, number), np.float32))
        total += np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC))
    return total / np.float32(math.sqrt(len(cells)))


def _draw_face_details(pen: _Pen, design: RandomDesign) -> None:
    face = design.face
    rng = np.random.default_rng([design.seed, 1])
    if face.inner_radius > 0:
        pen.disc(0, 0, face.inner_radius, face.inner_colour)
        if face.inner_picture:
            _draw_picture(pen, rng, face.inner_radius, face.inner_colour)
    for radius in face.circles:
        pen.circle(0, 0, radius, face.circle_width, design.marks.colour)


def _draw_picture(pen: _Pen, rng: np.random.Generator, reach: float, ground: Colour) -> None:
    """Coloured blobs and lines, as pictures on dials look from afar; of muted contrast, so that hands stand out."""
    for _ in range(int(rng.integers(3, 9))):
        size = reach * rng.uniform(0.08, 0.4)
        x, y = (reach - size) * math.sqrt(rng.random()) * direction(rng.random())
        other = rng.integers(0, 256, 3)
        red, green, blue = (int(0.6 * g + 0.4 * o) for g, o in zip(ground, other, strict=True))
        if rng.random() < 0.6:
            pen.disc(x, y, size, (red, green, blue))
        else:
            turns = np.sort(rng.random(int(rng.integers(3, 7))))
            pen.polygon(np.array([x, y]) + size * direction(turns), (red, green, blue))


_HOURS = direction(np.arange(12) / 12)
SQUARE = np.array([(-1.0, -1.0), (1, -1), (1, 1), (-1, 1)])
_OCTAGON = direction((np.arange(8) + 0.5) / 8)
_CIRCLE = direction(np.arange(20) / 20)
_HALF_CIRCLE = direction(np.linspace(-0.25, 0.25, 9)) * [1, -1]  # as across, along: from left over the tip to the right


def _draw_marks(pen: _Pen, design: RandomDesign) -> None:
    marks = design.marks
    if marks.kind == "none":
        return
    length = marks.length
    if marks.railway:
        length = min(length, 0.09)
        for radius in (marks.outer, marks.outer - length):
            pen.circle(0, 0, radius, 0.012, marks.colour)
    for minute in range(0, 60, 1 if marks.minutes else 5):
        hour = minute % 5 == 0
        if hour and marks.quarters_only and minute % 15:
            continue
        turn = minute / 60
        half_width = marks.half_width if hour else min(0.4 * marks.half_width, 0.008)
        if marks.kind == "dots":
            x, y = (marks.outer - marks.half_width) * direction(turn)
            pen.disc(x, y, max(half_width, 0.008), marks.colour)
            if minute == 0 and marks.double_twelve:
                x, y = (marks.outer - 4 * marks.half_width) * direction(turn)
                pen.disc(x, y, half_width, marks.colour)
            continue
        inner = marks.outer - (length if hour or marks.railway else 0.5 * length)
        if minute == 0 and marks.double_twelve:
            half_width, inner = 2 * half_width, inner - 0.06
        if hour and marks.triangles:  # its point towards the middle
            corners = bar_corners(turn, inner, marks.outer, 2.2 * marks.half_width)
            pen.polygon(np.array([inner * direction(turn), corners[1], corners[2]]), marks.colour)
            continue
        pen.polygon(bar_corners(turn, inner, marks.outer, half_width), marks.colour)


def _draw_numerals(pen: _Pen, numerals: Numerals) -> None:
    for hour, text in enumerate(numerals.texts):
        if not text:
            continue
        x, y = numerals.radius * _HOURS[hour]
        if numerals.badge == "circle":
            pen.disc(x, y, 1.1 * numerals.height, numerals.badge_colour)
        elif numerals.badge == "lozenge":
            pen.polygon(np.array([x, y]) + 1.35 * numerals.height * _HOURS[::3], numerals.badge_colour)
        degrees = 0
        if numerals.turned:
            degrees = 30 * hour
            if numerals.flipped and 3 < hour < 9:
                degrees += 180
        pixels = numerals.height * pen.scale
        mask = glyphs(text, numerals.font, pixels, numerals.stretch, numerals.stroke)
        if degrees:
            mask = mask.rotate(-degrees, Image.Resampling.BILINEAR, expand=True)
        pen.text(mask, x, y, numerals.colours[hour])
    if numerals.minute_numbers:
        for hour, colour in enumerate(numerals.colours):
            x, y = 0.93 * _HOURS[hour]
            pen.text(glyphs(str(5 * hour if hour else 60), numerals.font, 0.065 * pen.scale), x, y, colour)
    if numerals.inner_24:
        inner = numerals.radius - 0.6 * numerals.height - 0.08
        for hour, colour in enumerate(numerals.colours):
            x, y = inner * _HOURS[hour]
            pen.text(glyphs(str(hour + 12 if hour else 24), numerals.font, 0.08 * pen.scale), x, y, colour)


def glyphs(text: str, font: str, height: float, stretch: float = 1, stroke: float = 0) -> Image.Image:
    """Coverage of a text as an image of mode L without margins.

    Args:
        text: in Latin letters and digits.
        font: file name among matplotlib's fonts.
        height: of a digit or capital, in pixels; rounded.
        stretch: factor of the width; rounded to sixteenths.
        stroke: width added around the letters, over the height.
    """
    pixels = max(4, round(height))
    return _glyphs(text, font, pixels, round(16 * stretch), round(stroke * pixels))


@functools.lru_cache(maxsize=16384)
def _glyphs(text: str, font: str, height: int, sixteenths: int, stroke: int) -> Image.Image:
    loaded = _font(font, height)
    left, top, right, bottom = loaded.getbbox(text, anchor="ls", stroke_width=stroke)
    image = Image.new("L", (max(1, math.ceil(right - left)), max(1, math.ceil(bottom - top))))
    ImageDraw.Draw(image).text((-left, -top), text, 255, loaded, anchor="ls", stroke_width=stroke)
    width = max(1, round(image.width * sixteenths / 16))
    return image if width == image.width else image.resize((width, image.height), Image.Resampling.BILINEAR)


@functools.lru_cache(maxsize=2048)
def _font(name: str, height: int) -> ImageFont.FreeTypeFont:
    """The font at the size that makes an 8 ``height`` pixels high."""
    basic = ImageFont.Layout.BASIC
    reference = ImageFont.truetype(_FONTS / name, 100, layout_engine=basic)
    _, top, _, _ = reference.getbbox("8", anchor="ls")
    return ImageFont.truetype(_FONTS / name, 100 * height / -top, layout_engine=basic)


def _draw_extras(pen: _Pen, design: RandomDesign) -> None:
    extras, face, ink = design.extras, design.face, design.marks.colour
    for text, below, height, colour in extras.words:
        pen.text(glyphs(text, design.numerals.font, height * pen.scale), 0, below, colour)
    if extras.date_turn is not None:
        x, y = 0.58 * direction(extras.date_turn)
        half = np.array([0.1, 0.075])
        pen.polygon(np.array([x, y]) + half * SQUARE, ink)
        pen.polygon(np.array([x, y]) + 0.85 * half * SQUARE, face.colour)
        pen.text(glyphs(extras.date_text, design.numerals.font, 0.1 * pen.scale), x, y, ink)
    if extras.screws:
        for x in (-0.35, 0.35):
            pen.disc(x, 0.25, 0.07, ink)
            pen.disc(x, 0.25, 0.05, face.colour)
            pen.disc(x, 0.25, 0.025, ink)
    for subdial in extras.subdials:
        at = np.array([subdial.x, subdial.y])
        pen.disc(subdial.x, subdial.y, subdial.radius, subdial.colour)
        pen.circle(subdial.x, subdial.y, subdial.radius, 0.014, subdial.ink)
        for turn in np.arange(12) / 12:
            pen.polygon(at + bar_corners(turn, 0.75 * subdial.radius, subdial.radius, 0.008), subdial.ink)
        pen.polygon(at + bar_corners(subdial.turn, -0.03, 0.75 * subdial.radius, 0.012), subdial.ink)


def hand_shapes(hand: Hand, turn: float) -> list[Shape]:
    """The polygons of a hand that points ``turn`` turns clockwise from twelve, from the lowest to the uppermost."""
    along = direction(turn)
    axes = np.array([[-along[1], along[0]], along])  # rows: one step across to the right, one step along
    return [(np.asarray(points @ axes), colour) for points, colour in _parts(hand)]


def _parts(hand: Hand) -> list[Shape]:
    """The polygons of a hand, as points (across, along)."""
    shapes: list[Shape] = []
    thin = max(hand.half_width, 0.018)
    border = max(0.014, 0.35 * hand.half_width)
    for points in _outlines(hand):
        if hand.outline is None:
            shapes.append((points, hand.colour))
        else:
            shapes += [(points, hand.outline), (_shrunk(points, 0.4 * border), hand.colour)]
    if hand.kind == "skeleton":
        outer, inner = (
            _mirrored([(0.8 * wide, low * hand.length), (wide, 0.5 * hand.length), (0, tip * hand.length)])
            for wide, low, tip in ((2.2 * thin, 0.12, 1.0), (1.3 * thin, 0.18, 0.86))
        )
        shapes += [(part, hand.colour) for part in _hollow(outer, inner)]
    if hand.kind == "lume" and hand.half_width > 0.015:
        inner = _mirrored([(0.5 * hand.half_width, 0.25 * hand.length), (0.5 * hand.half_width, 0.92 * hand.length)])
        shapes.append((inner, hand.inner_colour))
    rings = {"ornate": ((0.3, 1.9), (0.52, 2.5)), "breguet": ((0.72, 2.4),)}.get(hand.kind, ())
    for share, size in rings:
        outer, inner = (radius * thin * _CIRCLE + [0, share * hand.length] for radius in (size, size - 0.8))
        shapes += [(part, hand.colour) for part in _hollow(outer, inner)]
    if hand.counterweight:
        shapes.append((1.6 * hand.half_width * _CIRCLE - [0, hand.tail], hand.colour))
    return shapes


def _shrunk(points: Points, border: float) -> Points:
    """A polygon (across, along) within another one, about ``border`` from its edge."""
    across, along = points.T
    width = np.abs(across).max()
    share = max(1 - border / width, 0.1)
    low, high = along.min(), along.max()
    middle = (low + high) / 2
    reach = max((high - low) / 2 - border, 0.1 * (high - low))
    return np.stack([share * across, np.clip(along, middle - reach, middle + reach)], axis=1)


def _hollow(outer: Points, inner: Points) -> list[Points]:
    """What lies between two polygons, as quadrilaterals, one a side."""
    # Not lines of some width: Pillow's lines are up to a pixel off.
    following, inner_following = np.roll(outer, -1, axis=0), np.roll(inner, -1, axis=0)
    return list(np.stack([outer, following, inner_following, inner], axis=1))


def _mirrored(right: list[tuple[float, float]]) -> Points:
    """A polygon symmetric about the hand's line, from its right side: points (across, along) from tail to tip."""
    points = np.array(right)
    return np.concatenate([points, (points * [-1, 1])[::-1]])


def _outlines(hand: Hand) -> list[Points]:
    """Polygons (across, along) of a hand without its additions."""
    width, length, tail = hand.half_width, hand.length, -hand.tail
    stem = max(0.4 * width, 0.007)
    match hand.kind:
        case "bar" | "lume":
            return [_mirrored([(width, tail), (width, length)])]
        case "round":
            tip = (width * _HALF_CIRCLE + [0, length - width])[::-1]
            end = width * _HALF_CIRCLE * [1, -1] + [0, tail + width]
            return [np.concatenate([end, tip])]
        case "pointed":
            return [_mirrored([(width, tail), (width, 0.82 * length), (0, length)])]
        case "tapered":
            return [_mirrored([(1.2 * width, tail), (0.3 * width, length)])]
        case "lozenge":
            return [_mirrored([(0.4 * width, tail), (1.5 * width, 0.2 * length), (0, length)])]
        case "sword":
            return [_mirrored([(stem, tail), (stem, 0.1 * length), (1.2 * width, 0.8 * length), (0, length)])]
        case "spade":
            head = max(2.2 * width, 0.045)
            at = 0.62 * length
            return [
                _mirrored([
                    (stem, tail), (stem, at), (head, at + 0.05 * length), (0.8 * head, at + 0.14 * length),
                    (stem, at + 0.24 * length), (0, length),
                ])
            ]  # fmt: skip
        case "breguet":
            reach = 0.72 * length
            ring = 1.7 * max(width, 0.02)
            return [
                _mirrored([(1.2 * stem, tail), (stem, reach - ring)]),
                _mirrored([(1.6 * stem, reach + ring), (0, length)]),
            ]
        case "skeleton":  # without the hollow part that ``_parts`` adds
            return [_mirrored([(0.012, tail), (0.012, 0.15 * length)])]
        case "ornate":  # without the rings that ``_parts`` adds
            at = 0.52 * length
            return [
                _mirrored([
                    (1.5 * stem, tail), (stem, 0.1 * length), (1.4 * width, 0.2 * length), (stem, 0.3 * length),
                    (stem, at), (1.6 * width, at + 0.14 * length), (stem, at + 0.24 * length), (0, length),
                ])
            ]  # fmt: skip
        case "arrow":
            return [
                _mirrored([(stem, tail), (stem, 0.8 * length)]),
                _mirrored([(2 * width + 0.015, 0.72 * length), (0, length)]),
            ]
        case _:
            raise ValueError(hand.kind)
