"""Draws pictures of three classes, as somebody may have them: any format, any size, any colours.

Command line: ``python -m tests.own_pictures FOLDER``.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SHAPES = ("circle", "square", "triangle")
FORMATS = ("jpg", "png", "webp")
PICTURES = 90  # of each class


def draw_shape(shape: str, random: np.random.Generator, *, grey: bool = False) -> Image.Image:
    """Draw one shape in a random colour, place, size and position on another colour."""
    width, height = random.integers(40, 200, 2).tolist()
    dark, light = random.integers(0, 100, 3), random.integers(150, 256, 3)
    inside, outside = ((dark, light), (light, dark))[random.integers(2)]
    if grey:
        inside, outside = inside[:1].repeat(3), outside[:1].repeat(3)
    picture = Image.new("RGB", (4 * width, 4 * height), tuple(outside.tolist()))
    radius = 4 * min(width, height) * random.uniform(0.25, 0.45)
    x, y = (random.uniform(radius, 4 * side - radius) for side in (width, height))
    draw, circle, colour = ImageDraw.Draw(picture), (x, y, radius), tuple(inside.tolist())
    if shape == "circle":
        draw.circle((x, y), radius, fill=colour)
    else:
        draw.regular_polygon(circle, {"square": 4, "triangle": 3}[shape], random.uniform(-15, 15), fill=colour)
    return picture.resize((width, height), Image.Resampling.BOX)


def write(folder: Path, *, pictures: int = PICTURES, test: int = 0, grey: bool = False, seed: int = 0) -> None:
    """Write ``train/<shape>/`` and, if ``test`` pictures of each class are asked for, ``test/<shape>/``."""
    random = np.random.default_rng(seed)
    for split, count in (("train", pictures), ("test", test)):
        for shape in SHAPES if count else ():
            place = folder / split / shape
            place.mkdir(parents=True)
            for number in range(count):
                file = place / f"{number:03}.{FORMATS[number % len(FORMATS)]}"
                draw_shape(shape, random, grey=grey).save(file, quality=90, lossless=grey)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    write(parser.parse_args().folder)
