"""Pictures of one wall clock at every time of the dial, in place of the report's photographs."""

import math
from contextlib import closing
from dataclasses import asdict

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from imagelab.clocks.rendering.design import (
    FAR_REDUCTION,
    NEAR_EXTENT,
    REPORT_STYLE,
    Array,
    Style,
    bar_corners,
    direction,
    draw_design,
)
from imagelab.clocks.rendering.pool import CHUNK, map_chunks
from imagelab.clocks.rendering.views import View, camera_of, draw_view, project
from imagelab.runtime import cores, progress
from imagelab.runtime.errors import InputError
from imagelab.settings.clocks import Render

TIMES = 720
SMALLEST_DIAMETER_FRACTION = 0.5  # below it a tilted view would look past the template's edge
HAND_TAIL = 0.12  # length of the hands behind the pivot, in radii
OVEREXPOSED = 340.0  # grey level of the glare before clipping, so high that noise stays invisible

_SAMPLING = 2  # samples per pixel along each axis, for the wall and the face
_HAND_SAMPLING = 8  # Pillow rounds corners of polygons to whole pixels, and a minute moves the hour hand by 0.2


def render_clocks(
    settings: Render, *, seed: int, style: Style = REPORT_STYLE, stream: int = 0, workers: int | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64], pd.DataFrame]:
    """Render every time of the dial equally often; a progress bar goes to stderr.

    Picture k of a time depends only on the settings of the view, the seed, the stream, the time and k. So the number of
    workers changes nothing, and more pictures of each time leave the first ones as they are.

    Workers are spawned, so a script that calls this needs ``if __name__ == "__main__"``.

    Args:
        settings: number and size of the pictures, and the intervals from which views are drawn uniformly.
        seed: non-negative.
        style: what the clock looks like.
        stream: non-negative; sets of one seed but different streams share no random numbers.
        workers: number of processes, all available cores if None; small jobs run in this process.

    Returns:
        Images, uint8, shape (n, size, size) with n = 720 * ``images_per_time``; labels ``[hour, minute]``, int64, shape
        (n, 2), hours 0..11, minutes 0..59, sorted by time; and the views, one row an image with the fields of ``View``.

    Raises:
        InputError: if ``diameter_fraction`` goes below 0.5, or a worker dies.

    Source: the report, section 2 "Data".
    """
    if settings.diameter_fraction[0] < SMALLEST_DIAMETER_FRACTION:
        raise InputError(
            "diameter_fraction",
            where="render",
            expected=f"at least {SMALLEST_DIAMETER_FRACTION}",
            received=settings.diameter_fraction[0],
        )
    count = TIMES * settings.images_per_time
    images = np.empty((count, settings.image_size, settings.image_size), np.uint8)
    views: list[View] = []
    starts = range(0, count, CHUNK)
    tasks = [(settings, style, seed, stream, range(start, min(start + CHUNK, count))) for start in starts]
    with (
        progress.bar(total=count, label="render clocks", unit="image") as bar,
        closing(
            map_chunks(_render_chunk, tasks, workers=cores.available() if workers is None else workers, count=count)
        ) as chunks,
    ):
        for chunk, chunk_views in chunks:
            images[len(views) : len(views) + len(chunk)] = chunk
            views += chunk_views
            bar.update(len(chunk))
    minutes = np.repeat(np.arange(TIMES, dtype=np.int64), settings.images_per_time)
    return images, np.stack(np.divmod(minutes, 60), axis=1), pd.DataFrame([asdict(view) for view in views])


_Task = tuple[Render, Style, int, int, range]
_Chunk = tuple[NDArray[np.uint8], list[View]]


def _render_chunk(task: _Task) -> _Chunk:
    settings, style, seed, stream, indices = task
    images = np.empty((len(indices), settings.image_size, settings.image_size), np.uint8)
    views = []
    for image, index in zip(images, indices, strict=True):
        time, repetition = divmod(index, settings.images_per_time)
        own = np.random.SeedSequence([seed, time, repetition], spawn_key=(stream,) if stream else ())
        rng = np.random.default_rng(own)
        views.append(draw_view(settings, rng))
        image[:] = render_clock(time // 60, time % 60, views[-1], settings, rng, style)
    return images, views


def render_clock(
    hour: int,
    minute: int,
    view: View,
    settings: Render,
    rng: np.random.Generator,
    style: Style = REPORT_STYLE,
) -> NDArray[np.uint8]:
    """Render one picture of the clock.

    Args:
        hour: 0..11.
        minute: 0..59.
        view: camera and light.
        settings: only ``image_size`` and ``noise_standard_deviation`` are used.
        rng: for the glints on the ring and for the noise.
        style: what the clock looks like.

    Returns:
        The picture, shape (size, size).
    """
    size = settings.image_size
    to_picture = camera_of(view, size)
    picture = _photograph_wall(to_picture, size, style)
    picture += _cover_of_hands(to_picture, size, hour, minute, style) * (style.hand_level - picture)
    axis = np.arange(size, dtype=np.float32) + np.float32(0.5)
    _add_glints(picture, axis, to_picture, rng, (1 + style.face_radius) / 2)
    picture *= _brightness(axis / np.float32(size), view)
    if not math.isnan(view.glare_x):
        edge = 0.018 * size  # soft, outside the saturated disc
        distance = np.hypot(axis[:, None] - np.float32(view.glare_y), axis[None, :] - np.float32(view.glare_x))
        glare = np.clip(1 - (distance - view.glare_diameter / 2) / edge, 0, 1)
        picture += glare * (OVEREXPOSED - picture)
    picture += settings.noise_standard_deviation * rng.standard_normal((size, size), np.float32)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _photograph_wall(to_picture: NDArray[np.float64], size: int, style: Style) -> Array:
    """Render the clock without hands on its wall, in even light; shape (size, size)."""
    design = draw_design(size, style)
    samples = _SAMPLING * size
    from_sample = np.asarray(np.linalg.inv(np.diag([_SAMPLING, _SAMPLING, 1]) @ to_picture), np.float64)

    def warp(template: Image.Image, scale: float) -> Image.Image:
        half = template.width / 2
        to_template = np.array([[scale, 0, half], [0, scale, half], [0, 0, 1]]) @ from_sample
        coefficients = (to_template / to_template[2, 2]).ravel()[:8]
        return template.transform(
            (samples, samples), Image.Transform.PERSPECTIVE, coefficients.tolist(), Image.Resampling.BILINEAR
        )

    picture = warp(design.near, design.scale)
    corners = np.array([[0, 0], [samples, 0], [samples, samples], [0, samples]], np.float64)
    if np.abs(project(from_sample, corners)).max() > NEAR_EXTENT:
        far = np.asarray(warp(design.far, design.scale / FAR_REDUCTION))
        near = np.asarray(picture)
        picture = Image.fromarray(np.where(near == 0, far, near))  # Pillow puts 0 outside the template
    return np.asarray(picture.reduce(_SAMPLING), np.float32).copy()


def _cover_of_hands(to_picture: NDArray[np.float64], size: int, hour: int, minute: int, style: Style) -> Array:
    """Share of each pixel that the hands and their hub cover, in [0, 1]; shape (size, size)."""
    hub = np.stack([0.05 * direction(turn / 16) for turn in range(16)])
    turns = ((hour + minute / 60) / 12, minute / 60)
    bars = (
        bar_corners(turn, -HAND_TAIL, hand.length, hand.half_width, hand.tip_half_width)
        for turn, hand in zip(turns, (style.hour_hand, style.minute_hand), strict=True)
    )
    shapes = (*bars, hub)
    cover = Image.new("L", (_HAND_SAMPLING * size, _HAND_SAMPLING * size))
    draw = ImageDraw.Draw(cover)
    for shape in shapes:
        draw.polygon([(x, y) for x, y in _HAND_SAMPLING * project(to_picture, shape)], fill=255)
    return np.asarray(cover.reduce(_HAND_SAMPLING), np.float32) / 255


def _add_glints(
    picture: Array, axis: Array, to_picture: NDArray[np.float64], rng: np.random.Generator, middle: float
) -> None:
    """Add one to three small white reflections in place, ``middle`` radii from the centre, on the ring."""
    for turn in rng.random(rng.integers(1, 4)):
        x, y = project(to_picture, middle * direction(turn))
        deviation = len(picture) * rng.uniform(0.006, 0.01)
        across, down = (np.exp(-0.5 * np.square((axis - np.float32(at)) / deviation)) for at in (x, y))
        picture += np.float32(rng.uniform(180, 280)) * np.outer(down, across)


def _brightness(axis: Array, view: View) -> Array:
    """Gain of each pixel, linear over the picture; ``axis`` holds the positions of the pixels in [0, 1]."""
    direction = math.radians(view.brightness_direction_degrees)
    x, y = np.float32(math.sin(direction)), np.float32(-math.cos(direction))
    away = np.float32(0.5) - (x * (axis[None, :] - 0.5) + y * (axis[:, None] - 0.5)) / np.float32(math.sqrt(2))
    return np.float32(view.brightness) * (1 - np.float32(view.brightness_fall) * away)
