"""Sheet of pairs: public pictures of the report's clock above ours, rendered with the same views.

``python -m imagelab.clocks.rendering.pairs sheet.png --originals FOLDER``
"""

import argparse
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imagelab.clocks.rendering.renderer import render_clock
from imagelab.clocks.rendering.views import View
from imagelab.settings.clocks import Render

SIZE = 150

_NO_GLARE = (math.nan, math.nan, math.nan)
REPORT_VIEWS = (
    View(52, 31, 0, 0.85, 73.7, 70.1, 0.94, 0.56, 7, 60.0, 50.1, 12),
    View(72, 19, 0, 0.90, 73.9, 71.4, 0.93, 0.57, 357, 34.4, 40.5, 9),
    View(46, 38, 0, 0.73, 73.9, 70.0, 0.97, 0.63, 12, 67.1, 70.9, 9),
    View(48, 39, 0, 0.77, 73.9, 69.7, 0.95, 0.63, 10, 64.0, 70.1, 9),
    View(238, 41, 0, 0.83, 73.7, 69.6, 1.10, 0.34, 199, *_NO_GLARE),
    View(47, 40, 0, 0.89, 73.8, 69.4, 0.98, 0.63, 12, 65.8, 72.7, 10),
    View(184, 33, 0, 1.00, 73.3, 70.3, 0.96, 0.32, 251, *_NO_GLARE),
    View(147, 24, 0, 0.98, 73.2, 71.5, 0.94, 0.47, 293, *_NO_GLARE),
    View(237, 42, 0, 0.93, 73.7, 69.4, 1.08, 0.32, 202, *_NO_GLARE),
    View(1, 30, 0, 0.93, 74.0, 70.7, 0.94, 0.49, 54, 126.2, 66.2, 10),
)
"""Views of the ten public pictures, all of 0:00, measured on them: see docs/clocks.md."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--originals", type=Path)
    a = parser.parse_args()
    settings = Render(
        images_per_time=1, image_size=SIZE, roll_degrees=(0, 0), tilt_degrees=(0, 0), diameter_fraction=(1, 1),
        glare_probability=0, glare_fraction=(0.1, 0.1), noise_standard_deviation=1,
    )
    rows = [[render_clock(0, 0, view, settings, np.random.default_rng(k)) for k, view in enumerate(REPORT_VIEWS)]]
    if a.originals:
        rows.insert(0, [np.asarray(Image.open(f).convert("L")) for f in sorted(a.originals.glob("*.png"))])
    k = 3
    sheet = Image.new("L", (5 * (SIZE * k + 6), 2 * len(rows) * (SIZE * k + 6)))
    for r, row in enumerate(rows):
        for i, im in enumerate(row):
            sheet.paste(Image.fromarray(im).resize((SIZE * k, SIZE * k), Image.NEAREST),
                        (i % 5 * (SIZE * k + 6), (len(rows) * (i // 5) + r) * (SIZE * k + 6)))
    sheet.save(a.sheet)


if __name__ == "__main__":
    main()
