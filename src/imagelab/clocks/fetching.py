"""Raw clocks in one layout: downloaded, rendered, or copied from a folder."""

import shutil
from pathlib import Path

from imagelab.clocks.rendering import renderer
from imagelab.datasets import local
from imagelab.runtime.errors import InputError
from imagelab.settings.clocks import Render
from imagelab.settings.params import Params
from imagelab.storage import reading, writing

CLOCK_FILES = ("images.npy", "labels.npy")


def fetch_clocks(settings: Params, destination: Path) -> None:
    """Download the clocks, render them, or copy them from the folder that ``settings.fetch.clocks`` names.

    Raises:
        InputError: as ``fetch_official``, ``render_clocks`` and ``copy_clocks``.
    """
    source = settings.fetch.clocks
    if source == "official":
        from imagelab.clocks.official_pictures import fetch_official  # the other sources need no libraries for networks

        fetch_official(settings.render.image_size, destination)
    elif source == "render":
        _render(settings.render, settings.seed, destination)
    else:
        copy_clocks(local.find(source), destination)


def _render(settings: Render, seed: int, destination: Path) -> None:
    """Render clocks of the report's design into a folder: ``images.npy``, ``labels.npy`` and ``views.csv``."""
    images, labels, views = renderer.render_clocks(settings, seed=seed)
    writing.write_array(images, destination / "images.npy")
    writing.write_array(labels, destination / "labels.npy")
    writing.write_csv(views, destination / "views.csv")


def copy_clocks(source: Path, destination: Path) -> None:
    """Copy clocks to another folder, with images of shape (n, size, size).

    Args:
        source: a folder with ``images.npy``, whose last axis may be one of length 1, and ``labels.npy``.
        destination: an existing folder.

    Raises:
        InputError: if the folder or a file is missing or empty, or the images have another shape.
    """
    local.require(source, expected=f"a folder with {' and '.join(CLOCK_FILES)}")
    for name in CLOCK_FILES:
        if not (source / name).is_file():
            raise InputError("source", where=source, expected=f"the file {name}", received="no such file")
        if not (source / name).stat().st_size:
            raise local.empty(source / name)
    path = source / "images.npy"
    images = reading.read_array(path, dimensions=(3, 4), memory_map=True)
    if images.ndim == 4:
        if images.shape[-1] != 1:
            expected = "(n, size, size), or a last axis of 1"
            raise InputError("images", where=path, expected=expected, received=images.shape)
        writing.write_array(images[..., 0], destination / path.name)  # memory-mapped, so never all in memory
    else:
        shutil.copyfile(path, destination / path.name)
    shutil.copyfile(source / "labels.npy", destination / "labels.npy")
