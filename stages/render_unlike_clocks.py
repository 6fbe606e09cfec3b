"""Render clocks that no network is trained on."""

from pathlib import Path

from imagelab.clocks.fetching import render
from imagelab.clocks.rendering.design import OTHER_STYLE
from imagelab.settings import params
from imagelab.storage import writing
from stages import run

STREAM = 1  # of random numbers; the other clocks have stream 0


def main() -> None:
    """Render a clock with another ring, font and hands, in views and light that no training picture has."""
    settings = params.load()
    varied = settings.render.model_copy(update=settings.unlike_clocks.model_dump())
    with writing.new_folder(Path("data/raw/unlike_clocks")) as folder:
        render(varied, OTHER_STYLE, settings.seed, folder, stream=STREAM)


if __name__ == "__main__":
    run(main)
