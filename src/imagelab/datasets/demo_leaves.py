"""Leaves drawn by the project in the folder layout of Kaggle's set: a stand-in that needs no network and no account.

They show that the pipeline works, and nothing about plant diseases.
"""

import io
import math
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

IMAGE_SIZE = 256  # pixels, as in Kaggle's set
JPEG_QUALITY = 90

_EDGE_SAMPLING = 2  # samples a pixel along each axis, for the leaf's edge and veins
_SPOT_SOFTNESS = 0.7  # pixels; spots are drawn without smooth edges

Colour = tuple[int, int, int]
Array = NDArray[np.floating[Any]]  # always float32; NumPy's type stubs lose the width in products with Python numbers


class Shape(NamedTuple):
    """The shape of a crop's leaf, in units of half its length; a palmate leaf has lobes around the end of its stalk."""

    palmate: bool
    half_width: float
    widest: float  # position of the largest width, from the tip (0) to the base (1)
    lobes: int  # on each side
    lobe_depth: float  # share of the width that the cuts between lobes remove
    teeth: int  # on each side
    tooth_depth: float
    veins: int  # on each side


class Spots(NamedTuple):
    """Round lesions: how many (least, most), radii in pixels (least, most), colours from the rim inwards."""

    number: tuple[int, int]
    radius: tuple[float, float]
    colours: tuple[Colour, ...]


class Condition(NamedTuple):
    """How a disease changes the leaf's colour."""

    green: Colour
    patches: Colour  # colour of large soft patches
    patchiness: float  # how strong the patches are, in [0, 1]
    spots: Spots | None


_SHAPES = {
    "Apple": Shape(False, 0.62, 0.52, 1, 0.0, 24, 0.05, 7),
    "Grape": Shape(True, 1.04, 0.0, 2, 0.36, 9, 0.10, 2),
    "Potato": Shape(False, 0.56, 0.60, 1, 0.0, 1, 0.0, 6),
    "Tomato": Shape(False, 0.66, 0.64, 4, 0.38, 8, 0.08, 4),
}
_VEIN = (200, 210, 150)
_GREEN = (86, 128, 62)
_YELLOW = (176, 168, 70)
_BROWN = (104, 72, 44)

# Tomato has more than six conditions, so that the limit on classes per crop takes effect. One name has a blank, as in
# Kaggle's set.
CLASSES = {
    "Apple___Apple_scab": Condition(
        (92, 122, 66), (70, 84, 50), 0.4, Spots((8, 16), (4, 9), ((66, 70, 44), (52, 54, 36)))
    ),
    "Apple___Black_rot": Condition(
        (96, 130, 70), _YELLOW, 0.25, Spots((4, 8), (7, 13), ((82, 50, 70), _BROWN, (158, 126, 92)))
    ),
    "Apple___healthy": Condition((78, 128, 66), (98, 142, 80), 0.4, None),
    "Grape___Black_rot": Condition((98, 138, 58), _YELLOW, 0.2, Spots((8, 16), (4, 9), ((54, 32, 22), (138, 82, 46)))),
    "Grape___healthy": Condition((92, 146, 62), (112, 160, 76), 0.4, None),
    "Potato___Early_blight": Condition(
        (92, 126, 62),
        _YELLOW,
        0.35,
        Spots((5, 10), (6, 13), ((150, 138, 62), (72, 50, 32), (112, 82, 52), (58, 40, 28))),
    ),
    "Potato___healthy": Condition((76, 128, 58), (94, 144, 70), 0.4, None),
    "Tomato___Bacterial_spot": Condition(_GREEN, _YELLOW, 0.3, Spots((30, 55), (1.5, 3.5), ((46, 40, 30),))),
    "Tomato___Early_blight": Condition(
        (100, 130, 60), _YELLOW, 0.5, Spots((4, 8), (7, 14), (_YELLOW, (84, 58, 34), (122, 92, 56), (66, 46, 30)))
    ),
    "Tomato___Late_blight": Condition(
        (84, 116, 62), (64, 52, 44), 0.9, Spots((2, 4), (14, 26), ((84, 74, 50), (72, 56, 46)))
    ),
    "Tomato___Leaf_Mold": Condition((104, 138, 62), (190, 184, 88), 1.0, None),
    "Tomato___Septoria_leaf_spot": Condition(
        (90, 126, 66), _YELLOW, 0.3, Spots((18, 34), (2.5, 5), ((64, 46, 34), (176, 166, 142)))
    ),
    "Tomato___Spider_mites Two-spotted_spider_mite": Condition(
        (122, 138, 74), (168, 160, 92), 0.5, Spots((150, 250), (0.6, 1.4), ((206, 202, 150),))
    ),
    "Tomato___Tomato_mosaic_virus": Condition((58, 104, 50), (146, 176, 92), 1.0, None),
    "Tomato___healthy": Condition((72, 124, 54), (92, 140, 66), 0.4, None),
}


def draw_leaves(*, images_per_class: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Draw the whole set, class by class.

    Picture k of a class depends only on the seed, the class and k.

    Args:
        images_per_class: how many pictures of each of the ``CLASSES``.
        seed: non-negative.

    Yields:
        Paths ``train/<Crop___Condition>/<number>.JPG``, numbers from 0001 on, and JPEG files of 256x256 RGB pixels.
    """
    for name in CLASSES:
        for index in range(images_per_class):
            rng = np.random.default_rng([seed, zlib.crc32(name.encode()), index])
            content = io.BytesIO()
            draw_leaf(name, rng).save(content, "JPEG", quality=JPEG_QUALITY)
            yield f"train/{name}/{index + 1:04}.JPG", content.getvalue()


def draw_leaf(name: str, rng: np.random.Generator) -> Image.Image:
    """Draw one leaf of a class, one of ``CLASSES``, on a plain background, with random rotation, scale and light."""
    shape, condition = _SHAPES[name.split("___")[0]], CLASSES[name]
    outline, veins = (_palmate if shape.palmate else _pinnate)(shape, rng)
    outline, veins = _place(outline, veins, rng)
    mask = Image.new("L", (_EDGE_SAMPLING * IMAGE_SIZE,) * 2)
    ImageDraw.Draw(mask).polygon(_corners(outline), fill=255)
    stalk = veins[0]
    ImageDraw.Draw(mask).line(_corners(stalk), fill=255, width=3 * _EDGE_SAMPLING)
    lines = Image.new("L", mask.size)
    for vein in veins[1:]:
        ImageDraw.Draw(lines).line(_corners(vein), fill=120, width=2 * _EDGE_SAMPLING - 1)
    ImageDraw.Draw(lines).line(_corners(stalk), fill=200, width=2 * _EDGE_SAMPLING)
    leaf = _colour_leaf(condition, outline, stalk, _cover(lines), rng)
    return _lay_on_ground(leaf, _cover(mask), rng)


def _cover(drawing: Image.Image) -> Array:
    return np.asarray(drawing.reduce(_EDGE_SAMPLING), np.float32) / 255


def _corners(points: NDArray[np.float64]) -> list[tuple[float, float]]:
    return [(x, y) for x, y in points * _EDGE_SAMPLING]


def _wave(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.5 + 0.5 * np.cos(angle)  # 1 at multiples of 2 pi, 0 half-way between


def _pinnate(shape: Shape, rng: np.random.Generator) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """Return outline, (n, 2), and veins, stalk and midrib first, of a leaf with one axis; its tip is at (0, -1)."""
    place = np.linspace(0, 1, 160)
    power = math.log(0.5) / math.log(shape.widest * rng.uniform(0.94, 1.06))
    width = shape.half_width * rng.uniform(0.88, 1.12)
    bend = rng.uniform(-0.18, 0.18)

    def half(side: int) -> NDArray[np.float64]:
        envelope = np.sin(np.pi * np.clip(place, 1e-9, 1) ** power).clip(0) ** 0.8
        cuts = 1 - shape.lobe_depth * (1 - _wave(2 * np.pi * (shape.lobes * place + rng.uniform(0.3, 0.6))))
        teeth = 1 - shape.tooth_depth * ((shape.teeth * place + rng.random()) % 1)
        x = side * width * envelope * cuts * teeth * rng.uniform(0.92, 1.08)
        y = 2 * place - 1 + 0.12 * envelope * (cuts - 1)
        return np.column_stack([x, y])

    right, left = half(1), half(-1)
    veins = [np.column_stack([np.zeros(12), np.linspace(1.18, -0.96, 12)])]
    for index in range(shape.veins):
        start = 0.8 - 1.5 * index / shape.veins
        for edge in (right, left):
            x, y = edge[int((start - 0.35 + 1) / 2 * 159)] if start > -0.6 else edge[20]
            veins.append(np.array([[0, start], [0.55 * x, start - 0.22], [0.92 * x, y]]))
    outline = np.concatenate([right, left[::-1]])
    for points in (outline, *veins):
        points[:, 0] += bend * (points[:, 1] ** 2 - 0.3)
    return outline, veins


def _palmate(shape: Shape, rng: np.random.Generator) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """Return outline, (n, 2), and veins, stalk and midrib first, of a leaf with lobes around its stalk, (0, 0.3)."""
    angle = np.linspace(-np.pi, np.pi, 320)
    spread = math.radians(62) * rng.uniform(0.94, 1.06)
    lobes = [index * spread for index in range(-shape.lobes, shape.lobes + 1)]
    nearest = np.min([np.abs(angle - lobe) for lobe in lobes], axis=0)
    radius = shape.half_width * (1 - shape.lobe_depth * np.clip(nearest / (spread / 2), 0, 1) ** 1.5)
    radius *= 1 - 0.22 * (np.abs(angle) / np.pi)  # the lowest lobes are the smallest
    radius *= 1 - shape.tooth_depth * ((np.abs(angle) / np.pi * shape.teeth + rng.random()) % 1)
    radius *= np.clip((np.pi - np.abs(angle)) / 0.5, 0.12, 1)  # the gap at the stalk
    radius *= 1 + 0.05 * np.cos(angle * 3 + rng.uniform(0, 6))
    center = np.array([0, 0.3])
    outline = center + radius[:, None] * np.column_stack([np.sin(angle), -np.cos(angle)])
    veins = [np.array([[0.04, 1.15], [0, 0.3], [0, 0.3 - 0.9 * shape.half_width]])]
    for lobe in lobes:
        reach = 0.75 * shape.half_width * (1 - 0.22 * abs(lobe) / math.pi)
        veins.append(np.array([center, center + reach * np.array([math.sin(lobe), -math.cos(lobe)])]))
    return outline, veins


def _place(
    outline: NDArray[np.float64], veins: list[NDArray[np.float64]], rng: np.random.Generator
) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """Rotate, scale and shift the leaf into the picture; return outline and veins in pixels."""
    turn = rng.uniform(0, 2 * np.pi)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    scale = IMAGE_SIZE / 2 * rng.uniform(0.76, 0.94)
    shift = IMAGE_SIZE / 2 + rng.uniform(-8, 8, 2)
    return scale * outline @ rotation.T + shift, [scale * vein @ rotation.T + shift for vein in veins]


def _cloud(rng: np.random.Generator, cells: int) -> Array:
    """Return smooth noise, (size, size), with mean 0, standard deviation about 1 and ``cells`` bumps per side."""
    noise = Image.fromarray(rng.standard_normal((cells, cells), np.float32))
    return np.asarray(noise.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BICUBIC), np.float32)


def _colour_leaf(
    condition: Condition,
    outline: NDArray[np.float64],
    stalk: NDArray[np.float64],
    lines: Array,
    rng: np.random.Generator,
) -> Array:
    """Return the leaf's colours over the whole picture, (3, size, size), in grey levels."""
    colour = _planes(condition.green) * np.float32(rng.uniform(0.88, 1.12))
    share = np.float32(condition.patchiness) * np.clip(0.35 + 0.5 * _cloud(rng, 9), 0, 1)
    leaf = colour + share * (_planes(condition.patches) - colour)
    leaf += np.float32(0.35) * lines * (_planes(_VEIN) - leaf)
    axis = np.arange(IMAGE_SIZE, dtype=np.float32)
    (base_x, base_y), (tip_x, tip_y) = stalk[0], stalk[-1]
    across, down = (axis - base_x) * (tip_y - base_y), (axis - base_y) * (tip_x - base_x)
    side = (across[None, :] - down[:, None]).astype(np.float32)
    fold = np.clip(side / np.float32(12 * IMAGE_SIZE), -1, 1)  # one half faces the light
    leaf *= 1 + np.float32(rng.uniform(-0.09, 0.09)) * fold + np.float32(0.05) * _cloud(rng, 24)
    if condition.spots is None:
        return np.asarray(leaf)
    picture = _as_picture(leaf)
    _draw_spots(ImageDraw.Draw(picture), condition.spots, outline, rng)
    return np.asarray(picture.filter(ImageFilter.BoxBlur(_SPOT_SOFTNESS)), np.float32).transpose(2, 0, 1)


def _planes(colour: Colour) -> Array:
    return np.array(colour, np.float32).reshape(3, 1, 1)


def _as_picture(planes: Array) -> Image.Image:
    levels = np.clip(np.rint(planes), 0, 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(levels.transpose(1, 2, 0)))


def _draw_spots(
    draw: ImageDraw.ImageDraw, spots: Spots, outline: NDArray[np.float64], rng: np.random.Generator
) -> None:
    center = outline.mean(axis=0)
    for _ in range(rng.integers(*spots.number, endpoint=True)):
        x, y = center + 0.95 * math.sqrt(rng.random()) * (rng.choice(outline) - center)
        radius, squeeze = rng.uniform(*spots.radius), rng.uniform(0.7, 1)
        for ring, colour in enumerate(spots.colours):
            reach = radius * (1 - ring / len(spots.colours))
            draw.ellipse((x - reach, y - reach * squeeze, x + reach, y + reach * squeeze), fill=colour)


def _lay_on_ground(leaf: Array, cover: Array, rng: np.random.Generator) -> Image.Image:
    """Put the leaf on a grey to violet background with a soft shadow, and add sensor noise."""
    tint = _planes((2, -7, 5)) * np.float32(rng.uniform(0, 2))
    texture = 3 * _cloud(rng, 6) + 5 * _cloud(rng, 128)
    shadow = Image.new("L", (IMAGE_SIZE, IMAGE_SIZE))
    away_x, away_y = rng.integers(-9, 10, 2).tolist()
    shadow.paste(Image.fromarray((cover * 255).astype(np.uint8)).filter(ImageFilter.BoxBlur(5)), (away_x, away_y))
    shade = 1 - np.float32(0.45 / 255) * np.asarray(shadow, np.float32)
    ground = (np.float32(rng.uniform(128, 176)) + tint + texture) * shade
    noise = 2.5 * rng.standard_normal((IMAGE_SIZE, IMAGE_SIZE), np.float32)
    return _as_picture(ground + cover * (leaf - ground) + noise)
