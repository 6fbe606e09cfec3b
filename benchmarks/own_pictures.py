"""Draw ten pictures that no data set holds, to see how ``imagelab classify`` fails on them.

    python -m benchmarks.own_pictures FOLDER

Six are garments, drawn as if photographed, for Fashion-MNIST's classifier; four are in colour, for CIFAR-10's. Two of
the garments are hard: a white shirt on a white wall, and a boot on a striped blanket. The name of each picture begins
with the class that it is meant to show.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from imagelab.runtime.errors import InputError
from imagelab.storage import writing

SIZE = 600  # pixels
_ENLARGEMENT = 2  # drawn so much larger, and reduced: smooth edges

Points = list[tuple[float, float]]
Colour = tuple[int, int, int]


class Sheet:
    """A picture to draw on, with coordinates from 0 to 100.

    Args:
        top: colour of the background at the top.
        bottom: at the bottom; between them it changes evenly.
        aspect: width over height.
    """

    def __init__(self, top: Colour, bottom: Colour, *, aspect: float = 1.0) -> None:
        height, width = SIZE * _ENLARGEMENT, round(SIZE * _ENLARGEMENT * aspect)
        share = np.linspace(0, 1, height)[:, None, None]
        levels = np.array(top) * (1 - share) + np.array(bottom) * share
        self.image = Image.fromarray(np.broadcast_to(levels, (height, width, 3)).astype(np.uint8))
        self._unit = height / 100
        self._aspect = aspect

    def polygon(self, points: Points, colour: Colour) -> None:
        """Fill a polygon."""
        ImageDraw.Draw(self.image).polygon(self._scaled(points), fill=colour)

    def line(self, points: Points, colour: Colour, width: float = 0.6) -> None:
        """Draw a line; ``width`` in hundredths of the height."""
        ImageDraw.Draw(self.image).line(
            self._scaled(points), fill=colour, width=round(width * self._unit), joint="curve"
        )

    def ellipse(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """Fill an ellipse."""
        corners = self._scaled([(left, top), (right, bottom)])
        ImageDraw.Draw(self.image).ellipse(corners, fill=colour)

    def shadow(self, points: Points, *, strength: float = 0.25, by: float = 2.5) -> None:
        """Darken what lies below and to the right of a polygon, with a soft edge."""
        mask = Image.new("L", self.image.size)
        moved = [(x + by, y + by) for x, y in points]
        ImageDraw.Draw(mask).polygon(self._scaled(moved), fill=round(255 * strength))
        mask = mask.filter(ImageFilter.GaussianBlur(1.5 * self._unit))
        self.image.paste(Image.new("RGB", self.image.size), mask=mask)

    def finished(self) -> Image.Image:
        """Return the picture at its size."""
        return self.image.reduce(_ENLARGEMENT)

    def _scaled(self, points: Points) -> Points:
        return [(x * self._unit * self._aspect, y * self._unit) for x, y in points]


_WALL: tuple[Colour, Colour] = ((244, 243, 240), (226, 224, 220))


def _garment(points: Points, colour: Colour) -> Sheet:
    sheet = Sheet(*_WALL)
    sheet.shadow(points)
    sheet.polygon(points, colour)
    return sheet


def t_shirt(colour: Colour = (40, 52, 92), seam: Colour = (28, 38, 70)) -> Image.Image:
    """A T-shirt with a round neck, on a wall."""
    left: Points = [(42, 15), (30, 19), (12, 34), (20, 46), (30, 39), (31, 88)]
    sheet = _garment([*left, *((100 - x, y) for x, y in reversed(left))], colour)
    sheet.ellipse(41, 9, 59, 22, _WALL[0])
    sheet.line([(30, 39), (33, 60)], seam)
    sheet.line([(70, 39), (67, 60)], seam)
    return sheet.finished()


def white_t_shirt() -> Image.Image:
    """The same in white: little more than its shadow is seen."""
    return t_shirt((250, 250, 250), (226, 226, 226))


def dress() -> Image.Image:
    """A red dress with straps, on a wall."""
    left: Points = [(41, 6), (38, 7), (37, 24), (41, 42), (26, 92)]
    sheet = _garment([*left, *((100 - x, y) for x, y in reversed(left))], (150, 36, 44))
    sheet.polygon([(42, 6), (58, 6), (55, 20), (45, 20)], _WALL[0])
    sheet.line([(41, 42), (59, 42)], (110, 24, 32), width=1.2)
    return sheet.finished()


def bag() -> Image.Image:
    """A brown handbag with a handle, on a wall."""
    sheet = _garment([(18, 45), (82, 45), (88, 86), (12, 86)], (112, 74, 44))
    sheet.line([(32, 46), (36, 24), (50, 17), (64, 24), (68, 46)], (84, 54, 30), width=2.6)
    sheet.polygon([(18, 45), (82, 45), (70, 62), (30, 62)], (98, 62, 36))
    sheet.ellipse(47, 59, 53, 65, (210, 180, 90))
    return sheet.finished()


def sneaker() -> Image.Image:
    """A green sneaker with a white sole, seen from its left side, on a wall."""
    points: Points = [(10, 60), (14, 44), (40, 50), (58, 38), (70, 34), (88, 42), (92, 66), (8, 66)]
    sheet = _garment([*points[:7], (92, 74), (8, 74)], (54, 110, 84))
    sheet.polygon([(8, 66), (92, 66), (92, 74), (8, 74)], (206, 206, 202))
    for place in range(4):
        x, y = 44 + 6 * place, 48 - 3.4 * place
        sheet.line([(x - 3, y - 2), (x + 3, y + 6)], (230, 230, 226), width=1.4)
    return sheet.finished()


def ankle_boot() -> Image.Image:
    """A black boot with a heel, seen from its left side, on a striped blanket."""
    sheet = Sheet((206, 196, 170), (206, 196, 170))
    for x in range(0, 100, 16):
        sheet.polygon([(x, 0), (x + 8, 0), (x + 8, 100), (x, 100)], (122, 62, 54))
    points: Points = [
        (50, 10),
        (82, 10),
        (84, 84),
        (66, 84),
        (64, 76),
        (40, 84),
        (10, 84),
        (12, 70),
        (32, 60),
        (48, 50),
    ]
    sheet.shadow(points)
    sheet.polygon(points, (34, 32, 32))
    sheet.line([(52, 12), (52, 48)], (64, 60, 60), width=1.0)
    return sheet.finished()


def ship() -> Image.Image:
    """A ship with a funnel on the sea, in a wide picture."""
    sheet = Sheet((150, 190, 228), (196, 214, 232), aspect=1.5)
    sheet.polygon([(0, 66), (100, 66), (100, 100), (0, 100)], (36, 78, 120))
    sheet.polygon([(10, 56), (92, 56), (82, 76), (18, 76)], (44, 46, 58))
    sheet.polygon([(26, 42), (72, 42), (72, 56), (26, 56)], (232, 232, 228))
    sheet.polygon([(46, 24), (58, 24), (58, 42), (46, 42)], (184, 52, 44))
    for x in range(30, 70, 7):
        sheet.ellipse(x, 46, x + 3, 50.5, (60, 76, 96))
    return sheet.finished()


def airplane() -> Image.Image:
    """An airplane in the sky, seen from its side."""
    sheet = Sheet((86, 144, 214), (176, 208, 238))
    sheet.ellipse(8, 42, 92, 58, (232, 234, 238))
    sheet.polygon([(8, 50), (4, 24), (14, 24), (26, 47)], (200, 40, 48))
    sheet.polygon([(44, 52), (66, 52), (44, 82), (34, 82)], (170, 176, 186))
    sheet.polygon([(46, 46), (62, 46), (50, 30), (42, 30)], (190, 196, 204))
    sheet.ellipse(80, 45, 88, 49, (40, 56, 80))
    return sheet.finished()


def automobile() -> Image.Image:
    """A red car on a road, seen from its side."""
    sheet = Sheet((190, 208, 222), (214, 220, 220))
    sheet.polygon([(0, 66), (100, 66), (100, 100), (0, 100)], (98, 98, 102))
    sheet.polygon([(26, 52), (36, 34), (66, 34), (78, 52)], (176, 30, 34))
    sheet.polygon([(6, 52), (94, 52), (96, 74), (4, 74)], (196, 36, 40))
    sheet.polygon([(32, 51), (39, 38), (50, 38), (50, 51)], (64, 84, 104))
    sheet.polygon([(53, 51), (53, 38), (64, 38), (72, 51)], (64, 84, 104))
    for x in (16, 66):
        sheet.ellipse(x, 64, x + 18, 82, (24, 24, 26))
        sheet.ellipse(x + 5, 69, x + 13, 77, (150, 152, 156))
    return sheet.finished()


def frog() -> Image.Image:
    """A green frog on a leaf, seen from the front."""
    sheet = Sheet((86, 72, 44), (58, 50, 34))
    sheet.ellipse(2, 60, 98, 104, (70, 112, 52))
    sheet.ellipse(18, 34, 82, 86, (98, 156, 60))
    sheet.ellipse(24, 20, 46, 42, (98, 156, 60))
    sheet.ellipse(54, 20, 76, 42, (98, 156, 60))
    for x in (29, 59):
        sheet.ellipse(x, 24, x + 12, 36, (226, 208, 96))
        sheet.ellipse(x + 3, 28, x + 9, 32, (20, 20, 16))
    sheet.ellipse(32, 60, 68, 84, (196, 206, 150))
    sheet.line([(28, 56), (40, 61), (60, 61), (72, 56)], (48, 80, 34), width=1.2)
    sheet.ellipse(8, 70, 30, 92, (86, 140, 54))
    sheet.ellipse(70, 70, 92, 92, (86, 140, 54))
    return sheet.finished()


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "fashion_mnist/t-shirt": t_shirt,
    "fashion_mnist/t-shirt_white": white_t_shirt,
    "fashion_mnist/dress": dress,
    "fashion_mnist/bag": bag,
    "fashion_mnist/sneaker": sneaker,
    "fashion_mnist/ankle_boot_on_blanket": ankle_boot,
    "cifar10/ship": ship,
    "cifar10/airplane": airplane,
    "cifar10/automobile": automobile,
    "cifar10/frog": frog,
}


def main() -> None:
    """Write the pictures as PNG files into two folders of the folder that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", metavar="FOLDER", type=Path, help="where to write the pictures; it must not exist")
    out = parser.parse_args().out
    try:
        if out.exists():
            raise InputError("folder", where=out, expected="a new one", received="one that exists")
        with writing.new_folder(out) as folder:
            for name, draw in PICTURES.items():
                path = folder / f"{name}.png"
                path.parent.mkdir(exist_ok=True)
                draw().save(path)
    except InputError as error:
        sys.exit(f"error: {error}")
    print(f"{out}: {len(PICTURES)} pictures")


if __name__ == "__main__":
    main()
