"""The clocks that the reader trains on, and unseen ones to test it: of the report's design and of random designs."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.clocks.posed_clocks import POSE_COLUMNS, write_posed_clocks
from imagelab.clocks.rendering import truth
from imagelab.clocks.rendering.random_pictures import render_random_clocks
from imagelab.clocks.rendering.renderer import render_clocks
from imagelab.clocks.times import MINUTES_PER_DIAL, to_minutes
from imagelab.settings.clocks import ReaderClocks, Render

NEAR, FAR, TEST = "near", "far", "test"  # folders: to read, to find, and unseen ones to read

_STREAMS = {"report": 1, NEAR: 2, FAR: 3, TEST: 4}  # of random numbers; the clocks of ``fetch_clocks`` have stream 0


def render_reader_clocks(settings: ReaderClocks, report: Render, folder: Path, *, far_size: int, seed: int) -> None:
    """Render three sets into folders ``near``, ``far`` and ``test``, as ``posed_clocks.read_posed_clocks`` reads them.

    Args:
        settings: numbers, sizes and views.
        report: views of the clocks of the report's design, which are part of ``near``.
        folder: existing.
        far_size: width of the pictures in ``far``, in pixels.
        seed: non-negative.
    """
    random = {
        NEAR: (settings.near, settings.random_designs, settings.image_size),
        FAR: (settings.far, settings.localiser_pictures, far_size),
        TEST: (settings.near, settings.test, settings.image_size),
    }
    for name, (views, count, size) in random.items():
        parts = [render_random_clocks(views, count=count, image_size=size, seed=seed, stream=_STREAMS[name])]
        if name == NEAR and settings.report_images_per_time:
            parts.append(_render_report_clocks(settings, report, seed=seed))
        images, minutes, tables = zip(*parts, strict=True)
        (folder / name).mkdir()
        table = pd.concat(tables, ignore_index=True)
        if name != TEST:  # its errors are listed by properties of the designs
            table = table[list(POSE_COLUMNS)]
        write_posed_clocks(folder / name, _joined(images), np.concatenate(minutes), table)


def describe_training_clocks(settings: ReaderClocks) -> str:
    """Name the clocks that the reader trains on: their size, and how many there are of each kind."""
    of_the_report = MINUTES_PER_DIAL * settings.report_images_per_time
    kinds = f"{settings.random_designs:,} of random designs, {of_the_report:,} of the report's design"
    return f"rendered clocks of {settings.image_size}x{settings.image_size} pixels: {kinds}"


def _render_report_clocks(
    settings: ReaderClocks, report: Render, *, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64], pd.DataFrame]:
    size = settings.image_size
    update = {"image_size": size, "images_per_time": settings.report_images_per_time}
    images, labels, views = render_clocks(report.model_copy(update=update), seed=seed, stream=_STREAMS["report"])
    found = truth.find_maps(views, image_size=size)
    columns = [found[:, 0, 2], found[:, 1, 2], *found[:, :, :2].reshape(-1, 4).T, np.ones(len(images), bool)]
    table = pd.DataFrame(dict(zip(POSE_COLUMNS, columns, strict=True)))
    return np.broadcast_to(images[..., None], (*images.shape, 3)), to_minutes(labels), table


def _joined(parts: tuple[NDArray[np.uint8], ...]) -> NDArray[np.uint8]:
    """Concatenate pictures; gives the first part back if it is the only one: there may be gigabytes."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
