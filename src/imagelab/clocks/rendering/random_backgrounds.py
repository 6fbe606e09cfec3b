"""What is behind a random clock: walls, patterns, clutter, and pictures that hold no clock at all."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from imagelab.clocks.rendering.random_designs import (
    BOLD_FONTS,
    LIGHT_FONTS,
    WORDS,
    Colour,
    any_colour,
    choose,
    distance,
)
from imagelab.clocks.rendering.random_dials import glyphs, smooth_noise

BACKGROUND_SHARES = {
    "plain": 0.17, "white": 0.17, "gradient": 0.12, "planks": 0.12, "bricks": 0.06, "wallpaper": 0.08, "noise": 0.12,
    "clutter": 0.11, "checker": 0.05,
}  # fmt: skip
CLUTTER_SHARE = 0.12  # a few objects on any other background
NOISE_SIZE = 64  # pixels of the picture's width in which noise and gradients are made

Matrix = NDArray[np.float64]


def draw_background(rng: np.random.Generator, size: int, turned: Matrix) -> Image.Image:
    """Draw a background at random; RGB.

    Args:
        rng: decides everything.
        size: width in pixels.
        turned: where the wall's directions right and down appear, (2, 2) with these as columns, of about unit length.
    """
    kind = choose(rng, BACKGROUND_SHARES)
    colour = any_wall_colour(rng)
    if kind == "white":
        picture = Image.new("RGB", (size, size), (255 - int(rng.integers(0, 16)),) * 3)
    elif kind in ("noise", "gradient"):
        picture = _draw_surface(rng, size, colour, kind)
    else:
        picture = Image.new("RGB", (size, size), colour)
        if kind == "planks":
            _draw_planks(rng, picture, turned, colour)
        elif kind == "bricks":
            _draw_bricks(rng, picture, turned, colour)
        elif kind == "wallpaper":
            _draw_wallpaper(rng, picture, turned, colour)
        elif kind == "checker":
            _draw_checker(rng, picture)
        elif kind == "clutter":
            draw_clutter(rng, picture, int(rng.integers(4, 14)))
    if kind != "clutter" and rng.random() < CLUTTER_SHARE:
        draw_clutter(rng, picture, int(rng.integers(1, 5)))
    return picture


def any_wall_colour(rng: np.random.Generator) -> Colour:
    """Muted more often than vivid, light more often than dark."""
    level = int(rng.integers(20, 256))
    share = 0.15 if rng.random() < 0.6 else 0.7
    red, green, blue = (round(level + share * (c - level)) for c in any_colour(rng))
    return red, green, blue


def _near(rng: np.random.Generator, colour: Colour, spread: int) -> Colour:
    shift = int(rng.integers(-spread, spread + 1))
    red, green, blue = (min(max(c + shift, 0), 255) for c in colour)
    return red, green, blue


def _draw_surface(rng: np.random.Generator, size: int, colour: Colour, kind: str) -> Image.Image:
    if kind == "noise":
        cells = (int(rng.integers(3, 8)), int(rng.integers(8, 40)))
        share = 0.35 * smooth_noise(rng, NOISE_SIZE, cells) + 0.5
    else:
        axis = np.linspace(-0.5, 0.5, NOISE_SIZE, dtype=np.float32)
        angle = rng.uniform(0, 2 * np.pi)
        share = 0.5 + np.float32(math.cos(angle)) * axis + np.float32(math.sin(angle)) * axis[:, None]
    first, second = np.array(colour, np.float32), np.array(any_wall_colour(rng), np.float32)
    levels = np.clip(first + share[..., None].astype(np.float32) * (second - first), 0, 255).astype(np.uint8)
    return Image.fromarray(levels).resize((size, size), Image.Resampling.BILINEAR)


class _Wall:
    """Draws on a picture in the wall's directions; the unit is the picture's width, the origin its middle."""

    def __init__(self, picture: Image.Image, turned: Matrix) -> None:
        self.draw = ImageDraw.Draw(picture)
        self.size = picture.width
        self.turned = turned

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
        placed = (corners @ self.turned.T + 0.5) * self.size
        self.draw.polygon(placed.ravel().tolist(), fill=colour)

    def line(self, points: list[tuple[float, float]], width: float, colour: Colour) -> None:
        placed = (np.array(points) @ self.turned.T + 0.5) * self.size
        self.draw.line(placed.ravel().tolist(), fill=colour, width=max(1, round(width * self.size)))


_REACH = 0.75  # half the diagonal of the picture, in widths, with a margin


def _draw_planks(rng: np.random.Generator, picture: Image.Image, turned: Matrix, colour: Colour) -> None:
    wall = _Wall(picture, turned if rng.random() < 0.7 else turned[:, ::-1])
    width = rng.uniform(0.07, 0.3)
    gap = _near(rng, tuple(c // 3 for c in colour), 10)  # type: ignore[arg-type]
    spread = int(rng.integers(4, 28))
    top = -_REACH - width * rng.random()
    while top < _REACH:
        wall.box(-_REACH, top, _REACH, top + width, _near(rng, colour, spread))
        for height in top + width * rng.random(int(rng.integers(0, 5))):  # grain
            wall.line([(-_REACH, height), (_REACH, height)], 0.004, _near(rng, colour, spread))
        wall.line([(-_REACH, top), (_REACH, top)], rng.uniform(0.004, 0.012), gap)
        joint = rng.uniform(-_REACH, _REACH)
        wall.line([(joint, top), (joint, top + width)], 0.006, gap)
        top += width


def _draw_bricks(rng: np.random.Generator, picture: Image.Image, turned: Matrix, colour: Colour) -> None:
    wall = _Wall(picture, turned)
    height = rng.uniform(0.06, 0.16)
    width = height * rng.uniform(1.0, 3.0)
    gap = height * rng.uniform(0.05, 0.2)
    spread = int(rng.integers(0, 30))
    mortar = any_wall_colour(rng)
    picture.paste(mortar, (0, 0, picture.width, picture.height))
    for row in range(math.ceil(2 * _REACH / height)):
        top = -_REACH + row * height
        start = -_REACH - (0.5 * width if row % 2 else 0)
        for column in range(math.ceil(2 * _REACH / width) + 1):
            left = start + column * width
            wall.box(left, top, left + width - gap, top + height - gap, _near(rng, colour, spread))


def _draw_wallpaper(rng: np.random.Generator, picture: Image.Image, turned: Matrix, colour: Colour) -> None:
    wall = _Wall(picture, turned)
    second = any_wall_colour(rng)
    step = rng.uniform(0.05, 0.2)
    kind = int(rng.integers(4))
    positions = np.arange(-_REACH, _REACH, step)
    if kind in (0, 1):  # stripes, tartan
        for at in positions:
            wall.box(at, -_REACH, at + 0.4 * step, _REACH, second)
        for at in positions if kind == 1 else ():
            wall.box(-_REACH, at, _REACH, at + 0.15 * step, second)
        return
    draw = ImageDraw.Draw(picture)
    for row, down in enumerate(positions):
        for across in positions + (0.5 * step if row % 2 else 0):
            x, y = (turned @ (across, down) + 0.5) * picture.width
            reach = 0.25 * step * picture.width
            if kind == 2:
                draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=second)
            else:
                draw.polygon([(x, y - 1.5 * reach), (x + reach, y), (x, y + 1.5 * reach), (x - reach, y)], fill=second)


def _draw_checker(rng: np.random.Generator, picture: Image.Image) -> None:
    tiles = int(rng.integers(8, 40))
    steps = np.arange(tiles)
    light, dark = 255 - int(rng.integers(0, 10)), 255 - int(rng.integers(12, 70))
    board = np.where((steps[:, None] + steps) % 2 == 0, light, dark).astype(np.uint8)
    picture.paste(Image.fromarray(board).resize(picture.size, Image.Resampling.NEAREST).convert("RGB"))


def draw_clutter(rng: np.random.Generator, picture: Image.Image, count: int) -> None:
    """Draw objects anywhere: circles, plates, picture frames, boxes, lines, words."""
    draw = ImageDraw.Draw(picture)
    size = picture.width
    for _ in range(count):
        kind = int(rng.integers(6))
        x, y = rng.uniform(-0.1, 1.1, 2) * size
        reach = rng.uniform(0.04, 0.35) * size
        colour, second = any_wall_colour(rng), any_wall_colour(rng)
        if kind == 0:
            draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=colour)
        elif kind == 1:  # a plate or a ring
            width = max(1, round(reach * rng.uniform(0.05, 0.4)))
            fill = second if rng.random() < 0.5 else None
            draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=fill, outline=colour, width=width)
        elif kind in (2, 3):  # a picture frame, a box
            high = reach * rng.uniform(0.4, 1.6)
            width = max(1, round(reach * rng.uniform(0.05, 0.3))) if kind == 2 else 0
            draw.rectangle((x - reach, y - high, x + reach, y + high), fill=second, outline=colour, width=width)
        elif kind == 4:
            ends = rng.uniform(-0.2, 1.2, 4) * size
            draw.line(ends.tolist(), fill=colour, width=max(1, round(rng.uniform(0.005, 0.05) * size)))
        else:
            draw_word(rng, picture, x, y, rng.uniform(0.04, 0.15) * size, colour)


def draw_word(
    rng: np.random.Generator, picture: Image.Image, x: float, y: float, height: float, colour: Colour
) -> None:
    """Draw a word, horizontal, in a random font."""
    fonts = BOLD_FONTS if rng.random() < 0.5 else LIGHT_FONTS
    mask = glyphs(str(rng.choice(WORDS)), str(rng.choice(fonts)), 2 * round(height / 2))
    picture.paste(colour, (round(x - mask.width / 2), round(y - mask.height / 2)), mask)


def draw_instead_of_clock(rng: np.random.Generator, picture: Image.Image) -> None:
    """Draw what is no clock with hands over a background: clutter, words, a digital display, or nothing."""
    size = picture.width
    kind = choose(rng, {"nothing": 0.2, "clutter": 0.4, "words": 0.15, "digital": 0.25})
    if kind == "clutter":
        draw_clutter(rng, picture, int(rng.integers(3, 12)))
    elif kind == "words":
        for _ in range(int(rng.integers(2, 9))):
            x, y = rng.uniform(0, size, 2)
            draw_word(rng, picture, x, y, rng.uniform(0.06, 0.2) * size, any_colour(rng))
    elif kind == "digital":
        x, y = rng.uniform(0.4, 0.6, 2) * size
        mask = glyphs(
            f"{rng.integers(0, 24)}:{rng.integers(0, 60):02d}",
            str(rng.choice(BOLD_FONTS)),
            2 * round(0.5 * rng.uniform(0.1, 0.25) * size),
        )
        panel = any_colour(rng)
        wide, high = 0.6 * mask.width, 0.9 * mask.height
        draw = ImageDraw.Draw(picture)
        if rng.random() < 0.5:
            draw.rectangle((x - wide, y - high, x + wide, y + high), fill=panel)
        else:  # on a round face
            draw.ellipse((x - 1.2 * wide, y - 1.2 * wide, x + 1.2 * wide, y + 1.2 * wide), fill=panel)
        ink = max((any_colour(rng) for _ in range(6)), key=lambda colour: distance(colour, panel))
        picture.paste(ink, (round(x - mask.width / 2), round(y - mask.height / 2)), mask)
