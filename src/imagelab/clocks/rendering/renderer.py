"""Pictures of one wall clock at every time of the dial, in place of the report's photographs."""

import math
import multiprocessing
from collections.abc import Generator
from contextlib import closing
from dataclasses import asdict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.clocks.rendering.design import (
    LIGHT,
    REPORT_STYLE,
    WALL,
    WALL_WIDTH,
    Array,
    Style,
    bar_corners,
    direction,
    draw_dial,
    draw_wall,
)
from imagelab.clocks.rendering.ring import draw_ring
from imagelab.clocks.rendering.views import View, behind, camera_of, camera_position, draw_view, project
from imagelab.runtime import cores, processes, progress
from imagelab.runtime.errors import InputError
from imagelab.settings.clocks import Render

TIMES = 720
SMALLEST_DIAMETER_FRACTION = 0.5  # below it a tilted view would look past the template's edge

_CHUNK = 60  # pictures per task: far more work than starting a task, far less than the whole
_FEWEST_FOR_WORKERS = 500  # starting workers takes longer than rendering so many


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
    starts = range(0, count, _CHUNK)
    tasks = [(settings, style, seed, stream, range(start, min(start + _CHUNK, count))) for start in starts]
    with (
        progress.bar(total=count, label="render clocks", unit="image") as bar,
        closing(_map(tasks, cores.available() if workers is None else workers, count)) as chunks,
    ):
        for chunk, chunk_views in chunks:
            images[len(views) : len(views) + len(chunk)] = chunk
            views += chunk_views
            bar.update(len(chunk))
    minutes = np.repeat(np.arange(TIMES, dtype=np.int64), settings.images_per_time)
    return images, np.stack(np.divmod(minutes, 60), axis=1), pd.DataFrame([asdict(view) for view in views])


_Task = tuple[Render, Style, int, int, range]
_Chunk = tuple[NDArray[np.uint8], list[View]]


def _map(tasks: list[_Task], workers: int, count: int) -> Generator[_Chunk]:
    if workers == 1 or count < _FEWEST_FOR_WORKERS:
        yield from map(_render_chunk, tasks)
        return
    from pebble import ProcessExpired, ProcessPool  # the standard pool prints tracebacks when a signal ends its workers

    pool = ProcessPool(
        max_workers=workers,
        initializer=processes.end_with_parent,
        context=multiprocessing.get_context("spawn"),  # the caller may have threads; a fork copies their locks
    )
    try:
        with processes.interrupts_blocked():
            chunks = [pool.schedule(_render_chunk, args=(task,)) for task in tasks]
        for chunk in chunks:
            yield chunk.result()
    except ProcessExpired as error:
        expected = f"room for {workers} processes (each takes some 100 MB)"
        received = f"one that died with code {error.exitcode}"
        raise InputError("rendering", where="this machine", expected=expected, received=received) from None
    finally:  # also when the caller is interrupted
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


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
    """Render one picture of the clock: one sample a pixel, so edges are as jagged as in the report's pictures.

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
    lamp = _direction_to_lamp(view, to_picture)
    from_face = behind(to_picture, style.hand_height)
    x, y = _seen_points(from_face, slice(size), slice(size))
    radius = np.sqrt(np.square(x) + np.square(y))
    picture = _light_of_wall(view, size, x, y, lamp)
    picture *= _wood(x, y, picture, size)
    face = radius < (1 + style.face_radius) / 2  # the ring hides its edge
    picture[face] = _face(x[face], y[face], view, lamp, size, style)
    for turn, length in (((hour + minute / 60) / 12, style.hour_hand), (minute / 60, style.minute_hand)):
        _draw_hand(picture, to_picture, turn, length, view.brightness * style.hand_level, style)
    ring = draw_ring(picture, x, y, radius, camera_position(from_face), lamp, style)
    _add_glints(picture, from_face, rng, style)
    if not math.isnan(view.glare_x):
        face.ravel()[ring] = False
        _add_glare(picture, view, face)
    picture += settings.noise_standard_deviation * rng.standard_normal((size, size), np.float32)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _seen_points(to_picture: NDArray[np.float64], rows: slice, columns: slice) -> tuple[Array, Array]:
    """Points of a plane that the pixels' centres show, x and y; both of the shape of the pixels."""
    down, right = (np.arange(cut.start or 0, cut.stop, dtype=np.float32) + np.float32(0.5) for cut in (rows, columns))
    inverse = np.linalg.inv(to_picture).astype(np.float32)
    x, y, w = (row[0] * right[None, :] + (row[1] * down[:, None] + row[2]) for row in inverse)
    nearness = 1 / w
    return x * nearness, y * nearness


def _direction_to_lamp(view: View, to_picture: NDArray[np.float64]) -> NDArray[np.float32]:
    """Unit vector on the wall in which it is brightest; shape (2,)."""
    pivot = to_picture[:2, 2] / to_picture[2, 2]
    slope = to_picture[:2, :2] - np.outer(pivot, to_picture[2, :2])
    towards = np.linalg.solve(slope, direction(view.brightness_direction_degrees / 360))
    return np.asarray(towards / np.hypot(*towards), np.float32)


def _light_of_wall(view: View, size: int, x: Array, y: Array, lamp: NDArray[np.float32]) -> Array:
    """Light that reaches each pixel of the wall, 1 where it is full; shape (size, size)."""
    axis = (np.arange(size, dtype=np.float32) + np.float32(0.5)) / np.float32(size) - np.float32(0.5)
    right, down = (np.float32(value / math.sqrt(2)) for value in direction(view.brightness_direction_degrees / 360))
    fall = np.float32(view.brightness_fall)
    light = (1 - fall * (np.float32(0.5) - down * axis[:, None])) + fall * right * axis[None, :]
    light *= np.float32(view.brightness)
    shift_x, shift_y = np.float32(LIGHT.shadow_shift) * lamp
    from_shadow = np.sqrt(np.square(x + shift_x) + np.square(y + shift_y))
    softness = np.float32(LIGHT.shadow_softness)
    outside = np.clip((from_shadow - (1 - softness / 2)) / softness, 0, 1)
    light *= np.float32(1 - LIGHT.shadow_strength) + np.float32(LIGHT.shadow_strength) * outside
    return np.asarray(light)


def _wood(x: Array, y: Array, light: Array, size: int) -> Array:
    """Levels of the wall in full light; shape (size, size)."""
    levels, grain = draw_wall(size)
    width = len(levels)
    scale = width / WALL_WIDTH
    right, down = (np.float32(scale * value) for value in direction(WALL.turn + 0.25))
    column = (right * x + down * y).astype(np.int32) & (width - 1)
    row = (right * y - down * x).astype(np.int32) & (width - 1)
    place = row * width + column
    strength = 1 + np.float32(LIGHT.shade_grain) * np.maximum(1 - light, 0)
    return levels.ravel()[place] * (1 + strength * grain.ravel()[place])


def _face(x: Array, y: Array, view: View, lamp: NDArray[np.float32], size: int, style: Style) -> Array:
    """Levels of points on the face; all of the same shape."""
    ink, scale = draw_dial(size, style)
    column, row = ((at + 1) * np.float32(scale) - np.float32(0.5) for at in (x, y))
    left, top = column.astype(np.int32), row.astype(np.int32)
    right_share, lower_share = column - left, row - top
    place = top * len(ink) + left
    texel = ink.ravel()
    upper, lower = (texel[at] + right_share * (texel[at + 1] - texel[at]) for at in (place, place + len(ink)))
    cover = upper + lower_share * (lower - upper)
    slope = np.float32(LIGHT.face_slope) * lamp
    level = np.float32(view.brightness * style.face_level) * (1 + slope[0] * x + slope[1] * y)
    level += cover * (np.float32(view.brightness * style.ink_level) - level)
    return np.asarray(level)


def _draw_hand(
    picture: Array,
    to_picture: NDArray[np.float64],
    turn: float,
    length: float,
    level: float,
    style: Style,
) -> None:
    """Draw a bar in place, with the share of each pixel that it covers."""
    corners = project(to_picture, bar_corners(turn, -style.hand_tail, length, style.hand_half_width))
    left, top = np.clip(np.floor(corners.min(axis=0)).astype(int) - 1, 0, len(picture))
    right, bottom = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 1, 0, len(picture))
    box = slice(top, bottom), slice(left, right)
    x, y = _seen_points(to_picture, *box)
    along, across = direction(turn).astype(np.float32), direction(turn + 0.25).astype(np.float32)
    cover = np.float32(1)
    for unit, begin, end in (
        (along, -style.hand_tail, length),
        (across, -style.hand_half_width, style.hand_half_width),
    ):
        pixels = np.float32(_pixels_per_radius(to_picture, unit))
        middle, half = np.float32((begin + end) / 2), np.float32((end - begin) / 2)
        inside = half - np.abs(unit[0] * x + unit[1] * y - middle)
        cover = cover * np.clip(inside * pixels + np.float32(0.5), 0, 1)
    picture[box] += cover * (np.float32(level) - picture[box])


def _pixels_per_radius(to_picture: NDArray[np.float64], unit: NDArray[np.float32]) -> float:
    """Distance, at the pivot, between the images of lines square to ``unit`` that are one radius apart."""
    pivot = to_picture[:2, 2] / to_picture[2, 2]
    slope = (to_picture[:2, :2] - np.outer(pivot, to_picture[2, :2])) / to_picture[2, 2]
    return float(1 / np.hypot(*np.linalg.solve(slope.T, unit)))


def _add_glints(picture: Array, to_picture: NDArray[np.float64], rng: np.random.Generator, style: Style) -> None:
    """Add small white reflections in place, on the ring or where it meets the face."""
    size = len(picture)
    axis = np.arange(size, dtype=np.float32) + np.float32(0.5)
    for turn in rng.random(rng.integers(LIGHT.glints[0], LIGHT.glints[1] + 1)):
        x, y = project(to_picture, (style.face_radius if turn % 0.1 < 0.05 else 0.97) * direction(turn))
        deviation = size * rng.uniform(*LIGHT.glint_radius)
        across, down = (np.exp(-0.5 * np.square((axis - np.float32(at)) / deviation)) for at in (x, y))
        picture += np.float32(LIGHT.glint_level) * np.outer(down, across)


def _add_glare(picture: Array, view: View, glass: NDArray[np.bool_]) -> None:
    """Add a saturated spot on the glass in place, and a halo that lifts dark hands and ink more than the face."""
    size = len(picture)
    axis = np.arange(size, dtype=np.float32) + np.float32(0.5)
    radius = size * view.diameter_fraction / 2
    down, right = np.square(axis - np.float32(view.glare_y)), np.square(axis - np.float32(view.glare_x))

    def bell(deviation: float) -> Array:
        factor = np.float32(-0.5 / deviation**2)
        return np.asarray(np.outer(np.exp(factor * down), np.exp(factor * right)))

    veil = np.float32(LIGHT.veil_strength) * bell(LIGHT.veil_radius * radius)
    picture += veil * np.maximum(np.float32(LIGHT.veil_level) - picture, 0)
    picture += np.float32(LIGHT.bloom) * bell(LIGHT.bloom_radius * radius)
    core_deviation = view.glare_diameter / 2 / math.sqrt(2 * math.log(LIGHT.core / LIGHT.core_edge))
    picture += np.float32(LIGHT.core) * bell(core_deviation) * glass
