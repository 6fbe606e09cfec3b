"""Pictures of one wall clock at every time of the dial, in place of the report's photographs."""

import math
from dataclasses import asdict
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.clocks.rendering import reflections, surfaces
from imagelab.clocks.rendering.design import REPORT_STYLE
from imagelab.clocks.rendering.pool import render_in_chunks
from imagelab.clocks.rendering.ring import draw_ring
from imagelab.clocks.rendering.views import View, behind, camera_of, camera_position, draw_view
from imagelab.clocks.times import MINUTES_PER_DIAL, to_labels
from imagelab.settings.clocks import Render


def render_clocks(
    settings: Render, *, seed: int, stream: int = 0, workers: int | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64], pd.DataFrame]:
    """Render every time of the dial equally often; a progress bar goes to stderr.

    Picture k of a time depends only on the settings of the view, the seed, the stream, the time and k. So the number of
    workers changes nothing, and more pictures of each time leave the first ones as they are.

    Workers are spawned, so a script that calls this needs ``if __name__ == "__main__"``.

    Args:
        settings: number and size of the pictures, and the intervals from which views are drawn uniformly.
        seed: non-negative.
        stream: non-negative; sets of one seed but different streams share no random numbers.
        workers: number of processes, all available cores if None; small jobs run in this process.

    Returns:
        Images, uint8, shape (n, size, size) with n = 720 * ``images_per_time``; labels ``[hour, minute]``, int64, shape
        (n, 2), hours 0..11, minutes 0..59, sorted by time; and the views, one row an image with the fields of ``View``.

    Raises:
        InputError: if a worker dies.

    Source: the report, section 2 "Data".
    """
    count = MINUTES_PER_DIAL * settings.images_per_time
    images = np.empty((count, settings.image_size, settings.image_size), np.uint8)
    views: list[View] = []

    def store(indices: range, chunk: _Chunk) -> None:
        images[indices.start : indices.stop], own = chunk
        views.extend(own)

    render = partial(_render_chunk, settings, seed, stream)
    render_in_chunks(render, store, count=count, workers=workers, label="render clocks")
    minutes = np.repeat(np.arange(MINUTES_PER_DIAL, dtype=np.int64), settings.images_per_time)
    return images, to_labels(minutes), pd.DataFrame([asdict(view) for view in views])


_Chunk = tuple[NDArray[np.uint8], list[View]]


def _render_chunk(settings: Render, seed: int, stream: int, indices: range) -> _Chunk:
    images = np.empty((len(indices), settings.image_size, settings.image_size), np.uint8)
    views = []
    for image, index in zip(images, indices, strict=True):
        time, repetition = divmod(index, settings.images_per_time)
        own = np.random.SeedSequence([seed, time, repetition], spawn_key=(stream,) if stream else ())
        rng = np.random.default_rng(own)
        views.append(draw_view(settings, rng))
        image[:] = render_clock(time // 60, time % 60, views[-1], settings, rng)
    return images, views


def render_clock(hour: int, minute: int, view: View, settings: Render, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Render one picture of the clock: one sample a pixel, so edges are as jagged as in the report's pictures.

    Args:
        hour: 0..11.
        minute: 0..59.
        view: camera and light.
        settings: only ``image_size`` and ``noise_standard_deviation`` are used.
        rng: for the glints on the ring and for the noise.

    Returns:
        The picture, shape (size, size).
    """
    size, style = settings.image_size, REPORT_STYLE
    to_picture = camera_of(view, size)
    face_to_picture = behind(to_picture, style.hand_height)
    x, y = surfaces.seen_points(face_to_picture, size)
    radius = np.sqrt(np.square(x) + np.square(y))
    lamp = surfaces.direction_to_lamp(view, face_to_picture)
    picture = surfaces.draw_wall(x, y, view, lamp, size)
    glass = radius < (1 + style.face_radius) / 2  # the ring hides its edge
    picture[glass] = surfaces.draw_face(x[glass], y[glass], view, lamp, size, style)
    turns = ((hour + minute / 60) / 12, minute / 60)
    surfaces.draw_hands(picture, x, y, to_picture, turns, view.brightness, style)
    ring = draw_ring(picture, x, y, radius, camera_position(face_to_picture), lamp, style)
    reflections.add_glints(picture, face_to_picture, rng, style)
    if not math.isnan(view.glare_x):
        glass.ravel()[ring] = False
        reflections.add_glare(picture, view, glass)
    picture += settings.noise_standard_deviation * rng.standard_normal((size, size), np.float32)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
