"""The ten public pictures of the report's clock, and ours with the same views, on one sheet.

``python -m imagelab.clocks.rendering.pairs sheet.png --originals FOLDER``; without the folder, ours only.
"""

import argparse
import math
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from imagelab.clocks.rendering.renderer import render_clock
from imagelab.clocks.rendering.views import View
from imagelab.runtime.errors import InputError, of_system
from imagelab.settings.clocks import Render
from imagelab.storage import writing

SIZE = 150  # pixels
COLUMNS = 5
MARGIN = 4  # pixels between two pictures
ENLARGEMENT = 2

_NO_GLARE = (math.nan, math.nan, math.nan)
REPORT_VIEWS = (
    View(52, 32, 1, 0.87, 73.8, 68.6, 0.94, 0.56, 7, 60.0, 50.1, 9),
    View(73, 19, 2, 0.90, 73.6, 70.8, 0.93, 0.57, 357, 34.4, 40.5, 5),
    View(46, 39, 0, 0.73, 73.9, 68.6, 0.97, 0.63, 12, 67.1, 70.9, 6),
    View(49, 39, 1, 0.78, 73.8, 68.1, 0.95, 0.63, 10, 64.0, 70.1, 7),
    View(237, 41, 0, 0.84, 73.5, 67.9, 1.10, 0.34, 199, *_NO_GLARE),
    View(47, 41, 0, 0.90, 73.7, 67.4, 0.98, 0.63, 12, 65.8, 72.7, 8),
    View(184, 33, 0, 1.01, 73.3, 68.5, 0.96, 0.32, 251, *_NO_GLARE),
    View(147, 24, 2, 1.00, 73.5, 70.2, 0.94, 0.47, 293, *_NO_GLARE),
    View(236, 42, 0, 0.94, 73.5, 67.5, 1.08, 0.32, 202, *_NO_GLARE),
    View(1, 31, 359, 0.94, 74.1, 68.9, 0.94, 0.49, 54, 126.2, 66.2, 8),
)
"""Views of ten public pictures, all of 0:00. The cameras were fitted to where face, ink, ring and hands lie, the light
to a plane through the wall's levels. Glare is where the face is saturated."""


def draw_sheet(originals: list[NDArray[np.uint8]] | None = None) -> Image.Image:
    """Draw the sheet, five pictures in a row.

    Args:
        originals: ten pictures in the order of ``REPORT_VIEWS``, each of shape (150, 150); None leaves them out.

    Returns:
        Ours in two rows, each below the row of the originals with the same views.
    """
    settings = Render(
        images_per_time=1,
        image_size=SIZE,
        roll_degrees=(0, 0),
        tilt_degrees=(0, 0),
        diameter_fraction=(1, 1),
        glare_probability=0,
        glare_fraction=(0.1, 0.1),
        noise_standard_deviation=1,
    )
    ours = [render_clock(0, 0, view, settings, np.random.default_rng(row)) for row, view in enumerate(REPORT_VIEWS)]
    pictures: list[NDArray[np.uint8]] = []
    for start in range(0, len(ours), COLUMNS):
        pictures += [*(originals or [])[start : start + COLUMNS], *ours[start : start + COLUMNS]]
    tile = SIZE * ENLARGEMENT + MARGIN
    sheet = Image.new("L", (COLUMNS * tile - MARGIN, len(pictures) // COLUMNS * tile - MARGIN))
    for place, picture in enumerate(pictures):
        row, column = divmod(place, COLUMNS)
        enlarged = Image.fromarray(picture).resize((tile - MARGIN, tile - MARGIN), Image.Resampling.NEAREST)
        sheet.paste(enlarged, (column * tile, row * tile))
    return sheet


def read_originals(folder: Path) -> list[NDArray[np.uint8]]:
    """Read the ten PNG pictures of a folder, sorted by name.

    Raises:
        InputError: if there are not ten, or one is not a picture of 150x150 pixels.
    """
    files = sorted(folder.glob("*.png"))
    if len(files) != len(REPORT_VIEWS):
        expected = f"{len(REPORT_VIEWS)} PNG files"
        raise InputError("pictures", where=folder, expected=expected, received=len(files))
    return [_read_original(file) for file in files]


def _read_original(file: Path) -> NDArray[np.uint8]:
    received = "something else"
    try:
        with Image.open(file) as picture:
            if picture.size == (SIZE, SIZE):
                return np.asarray(picture.convert("L"))
            received = f"{picture.width}x{picture.height}"
    except UnidentifiedImageError:
        pass
    raise InputError("picture", where=file, expected=f"{SIZE}x{SIZE} pixels", received=received)


def main(arguments: list[str] | None = None) -> None:
    """Write the sheet; one line and exit status 1 if the originals cannot be used or the sheet cannot be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sheet", type=Path, help="PNG file to write")
    parser.add_argument("--originals", type=Path, metavar="FOLDER", help="with ten PNG files of 150x150 pixels")
    options = parser.parse_args(arguments)
    try:
        sheet = draw_sheet(read_originals(options.originals) if options.originals else None)
        with writing.new_file(options.sheet) as path:
            sheet.save(path, "PNG")
    except (InputError, OSError) as error:
        sys.exit(f"error: {error if isinstance(error, InputError) else of_system(error)}")


if __name__ == "__main__":
    main()
