"""Cut the photographs of scikit-image and scikit-learn into squares: pictures without a clock.

``imagelab measure-reader`` counts how many of them a reader reads with confidence. scikit-image is not among the
project's packages: ``pip install scikit-image`` adds it. Both packages bring their photographs, so nothing is
downloaded.
"""

import argparse
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from imagelab.runtime.errors import InputError
from imagelab.storage import writing

# Every photograph of scikit-image 0.26 and scikit-learn 1.8 without a clock. Left out are clock_motion, which has one;
# drawings (chessboard, color, horse, logo, phantom); motorcycle_right, which is motorcycle_left from a step aside; and
# pictures smaller than ``SMALLEST``.
PHOTOGRAPHS = {
    "skimage": [
        f"data/{name}"
        for name in (
            "astronaut.png",
            "brick.png",
            "camera.png",
            "cell.png",
            "chelsea.png",
            "coffee.png",
            "coins.png",
            "grass.png",
            "gravel.png",
            "hubble_deep_field.jpg",
            "ihc.png",
            "microaneurysms.png",
            "moon.png",
            "motorcycle_left.png",
            "page.png",
            "retina.jpg",
            "rocket.jpg",
            "text.png",
        )
    ],
    "sklearn": ["datasets/images/china.jpg", "datasets/images/flower.jpg"],
}
PARTS = (1, 2, 3)  # the squares' sides: the photograph's shorter side, its half, its third
SMALLEST = 96  # pixels; of smaller squares nobody would ask the time


def main() -> None:
    """Write the squares as PNG files into the folder that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", metavar="FOLDER", type=Path, help="where to write the pictures; it must not exist")
    out = parser.parse_args().out
    try:
        if out.exists():
            raise InputError("folder", where=out, expected="a new one", received="one that exists")
        paths = [path for package in PHOTOGRAPHS for path in photographs_of(package)]
        with writing.new_folder(out) as folder:
            count = 0
            for path in paths:
                with Image.open(path) as photograph:
                    for name, square in squares(photograph.convert("RGB")):
                        square.save(folder / f"{path.stem}_{name}.png")
                        count += 1
    except InputError as error:
        sys.exit(f"error: {error}")
    print(f"{out}: {count} squares of {len(paths)} photographs without a clock")


def photographs_of(package: str) -> list[Path]:
    """Return the paths of a package's photographs.

    Raises:
        InputError: if the package is not installed, or a version without one of them is.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        name = {"skimage": "scikit-image", "sklearn": "scikit-learn"}[package]
        expected = f"it to be installed (pip install {name})"
        raise InputError("package", where=name, expected=expected, received="no such package")
    paths = [Path(spec.origin).parent / name for name in PHOTOGRAPHS[package]]
    for path in paths:
        if not path.is_file():
            raise InputError("photograph", where=path, expected="a file of the package", received="none")
    return paths


def squares(photograph: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    """Cut squares of several sizes side by side from the middle of a photograph, each with a name."""
    width, height = photograph.size
    for part in PARTS:
        side = min(width, height) // part
        if side < SMALLEST:
            return
        columns, rows = width // side, height // side
        left, top = (width - columns * side) // 2, (height - rows * side) // 2
        for row in range(rows):
            for column in range(columns):
                x, y = left + column * side, top + row * side
                yield f"{side}_row{row}_column{column}", photograph.crop((x, y, x + side, y + side))


if __name__ == "__main__":
    main()
