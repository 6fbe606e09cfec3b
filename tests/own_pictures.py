"""Draws pictures of three classes, as somebody may have them: any format, any size, any colours.

Command line: ``python -m tests.own_pictures FOLDER [--pictures N] [--seed N]``.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SHAPES = ("circle", "square", "triangle")
FORMATS = ("jpg", "png", "webp")
PICTURES = 200  # of each class


def draw_shape(shape: str, random: np.random.Generator, *, grey: bool = False) -> Image.Image:
    """Draw one dark shape in a random colour, size and place on a bright ground of another colour."""
    height = int(random.integers(40, 120))
    width = round(height * random.uniform(0.75, 1.33))
    dark, bright = random.integers(0, 110, 3), random.integers(150, 256, 3)
    if grey:
        dark, bright = dark[:1].repeat(3), bright[:1].repeat(3)
    picture = Image.new("RGB", (2 * width, 2 * height), tuple(bright.tolist()))
    radius = 2 * min(width, height) * random.uniform(0.3, 0.45)
    x, y = (random.uniform(radius, 2 * side - radius) for side in (width, height))
    draw, colour = ImageDraw.Draw(picture), tuple(dark.tolist())
    if shape == "circle":
        draw.circle((x, y), radius, fill=colour)
    else:
        sides = {"square": 4, "triangle": 3}[shape]
        draw.regular_polygon((x, y, radius), sides, random.uniform(-15, 15), fill=colour)
    return picture.reduce(2)


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
    parser.add_argument("--pictures", type=int, default=PICTURES, help="of each class")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    write(arguments.folder, pictures=arguments.pictures, seed=arguments.seed)
