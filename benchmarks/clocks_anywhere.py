"""Render clocks of random designs anywhere in pictures, from a third of their width up, for ``measure-reader``.

    python -m benchmarks.clocks_anywhere FOLDER [--count N]

No network has trained on them. The name of each picture states its time.
"""

import argparse
import sys
from pathlib import Path

from PIL import Image

from imagelab.clocks.rendering.random_pictures import render_random_clocks
from imagelab.clocks.times import as_text
from imagelab.runtime.errors import InputError
from imagelab.settings.clocks import RandomClocks
from imagelab.storage import writing

SIZE = 480  # pixels
SEED, STREAM = 1, 5  # the reader's own clocks have other streams
VIEWS = RandomClocks(
    diameter_fraction=(1 / 3, 0.7), centre_reach=0.35, tilt_degrees=(0.0, 30.0), unreadable_fraction=0.0
)


def main() -> None:
    """Write the pictures as PNG files into the folder that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", metavar="FOLDER", type=Path, help="where to write the pictures; it must not exist")
    parser.add_argument("--count", type=int, default=500, help="how many (default: 500)")
    arguments = parser.parse_args()
    try:
        if arguments.out.exists():
            raise InputError("folder", where=arguments.out, expected="a new one", received="one that exists")
        if arguments.count < 1:
            raise InputError("--count", where="benchmark", expected="a whole number above 0", received=arguments.count)
        images, minutes, table = render_random_clocks(
            VIEWS, count=arguments.count, image_size=SIZE, seed=SEED, stream=STREAM
        )
        with writing.new_folder(arguments.out) as folder:
            for row, (image, time, share) in enumerate(zip(images, minutes, table["diameter_fraction"], strict=True)):
                name = f"{row:04d}_{round(100 * share)}percent_{as_text(time).replace(':', '-')}.png"
                Image.fromarray(image).save(folder / name)
    except InputError as error:
        sys.exit(f"error: {error}")
    print(f"{arguments.out}: {arguments.count} clocks")


if __name__ == "__main__":
    main()
