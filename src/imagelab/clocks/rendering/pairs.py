"""Sheet of pairs: public pictures of the report's clock above ours, rendered with the same views.

``python -m imagelab.clocks.rendering.pairs sheet.png --originals FOLDER``
"""

import argparse
import math
from pathlib import Path

import numpy as np
from PIL import Image

from imagelab.clocks.rendering.renderer import render_clock
from imagelab.clocks.rendering.views import View
from imagelab.settings.clocks import Render

SIZE = 150

_NO_GLARE = (math.nan, math.nan, math.nan)
REPORT_VIEWS = (
    View(52, 32, 1, 0.87, 73.8, 68.6, 0.94, 0.56, 7, 60.0, 50.1, 9),
    View(73, 19, 2, 0.91, 73.6, 70.9, 0.93, 0.57, 357, 34.4, 40.5, 5),
    View(46, 39, 0, 0.73, 73.9, 68.6, 0.97, 0.63, 12, 67.1, 70.9, 6),
    View(49, 39, 1, 0.78, 73.8, 68.1, 0.95, 0.63, 10, 64.0, 70.1, 7),
    View(237, 41, 0, 0.84, 73.5, 67.9, 1.10, 0.34, 199, *_NO_GLARE),
    View(47, 41, 0, 0.90, 73.7, 67.4, 0.98, 0.63, 12, 65.8, 72.7, 8),
    View(184, 33, 0, 1.01, 73.3, 68.5, 0.96, 0.32, 251, *_NO_GLARE),
    View(147, 24, 2, 1.00, 73.4, 70.2, 0.94, 0.47, 293, *_NO_GLARE),
    View(236, 42, 0, 0.94, 73.5, 67.6, 1.08, 0.32, 202, *_NO_GLARE),
    View(1, 31, -1, 0.94, 74.1, 68.9, 0.94, 0.49, 54, 126.2, 66.2, 8),
)
"""Views of the ten public pictures, all of 0:00, measured on them: see docs/clocks.md."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--originals", type=Path)
    a = parser.parse_args()
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
    rows = [[render_clock(0, 0, view, settings, np.random.default_rng(k)) for k, view in enumerate(REPORT_VIEWS)]]
    if a.originals:
        rows.insert(0, [np.asarray(Image.open(f).convert("L")) for f in sorted(a.originals.glob("*.png"))])
    k = 3
    sheet = Image.new("L", (5 * (SIZE * k + 6), 2 * len(rows) * (SIZE * k + 6)))
    for r, row in enumerate(rows):
        for i, im in enumerate(row):
            sheet.paste(
                Image.fromarray(im).resize((SIZE * k, SIZE * k), Image.Resampling.NEAREST),
                (i % 5 * (SIZE * k + 6), (len(rows) * (i // 5) + r) * (SIZE * k + 6)),
            )
    sheet.save(a.sheet)


if __name__ == "__main__":
    main()
