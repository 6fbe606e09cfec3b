"""Raw clocks from the source that the settings name."""

from pathlib import Path

from imagelab.clocks.fetching import copy_clocks, render
from imagelab.clocks.official_pictures import fetch_official
from imagelab.clocks.rendering.design import REPORT_STYLE
from imagelab.datasets import local
from imagelab.settings.params import Params


def fetch_clocks(settings: Params, destination: Path) -> None:
    """Download the clocks, render them, or copy them from the folder that ``settings.fetch.clocks`` names.

    Raises:
        InputError: as ``fetch_official``, ``render`` and ``copy_clocks``.
    """
    source = settings.fetch.clocks
    if source == "official":
        fetch_official(settings.render.image_size, destination)
    elif source == "render":
        render(settings.render, REPORT_STYLE, settings.seed, destination)
    else:
        copy_clocks(local.find(source), destination)
