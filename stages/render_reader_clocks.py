"""Render the clocks that the reader trains on, and unseen ones to test it."""

from pathlib import Path

from imagelab.clocks.rendering.reader_clocks import render_reader_clocks
from imagelab.settings import params
from imagelab.storage import writing
from stages import run


def main() -> None:
    """Render clocks of random designs and of the report's: to read, to find, and unseen ones."""
    settings = params.load()
    with writing.new_folder(Path("data/raw/reader_clocks")) as folder:
        render_reader_clocks(
            settings.reader_clocks,
            settings.render,
            folder,
            far_size=settings.localiser.image_size,
            seed=settings.seed,
        )


if __name__ == "__main__":
    run(main)
