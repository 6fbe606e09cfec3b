"""Photographs of one wall clock at every time of the dial: the stand-in for the report's images."""

import math
import multiprocessing
from collections.abc import Generator
from contextlib import closing
from dataclasses import asdict, dataclass

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
    direction,
    draw_design,
    ray,
)
from imagelab.runtime import cores, processes, progress
from imagelab.runtime.errors import InputError
from imagelab.settings.clocks import Render

TIMES = 720
HAND_TAIL = 0.12  # how far the hands reach beyond the pivot, in radii
HALF_FIELD = math.tan(math.radians(15))  # half the picture's width over the distance: a lens of 30 degrees
LARGEST_PIVOT_SHIFT = 0.02  # of the picture's width, along each axis
SMALLEST_DIAMETER_FRACTION = 0.5  # below it a tilted view would look past the template's edge
GLARE_REACH = 0.85  # largest distance of the spot's centre from the pivot, in radii: it belongs on the face
OVEREXPOSED = 340.0  # grey level of the glare before the sensor clips it, out of reach of the noise

_SAMPLING = 2  # samples a pixel along each axis, for the wall and the face
_HAND_SAMPLING = 8  # Pillow cuts the corners of polygons to whole pixels, and a minute moves the hour hand by 0.2
_CHUNK = 60  # pictures a task: long against the cost of a task, short against the whole
_FEWEST_FOR_WORKERS = 500  # starting workers takes longer than rendering so many


@dataclass(frozen=True)
class View:
    """Where the camera stands and what the light does, for one picture.

    Positions are in pixels from the picture's left and upper edge, diameters in pixels. Directions are clockwise from
    the picture's upper edge.
    """

    roll_degrees: float  # turn of the camera around its own axis, clockwise; the clock turns the other way
    tilt_degrees: float  # between the line of sight and the wall's normal
    tilt_direction_degrees: float  # where the wall recedes
    diameter_fraction: float  # of the ring, if it were not tilted, over the picture's width
    pivot_x: float  # where the hands are fixed
    pivot_y: float
    brightness: float  # gain where it is brightest; 1 leaves the template's levels as they are
    brightness_fall: float  # part of it that is lost towards the opposite side
    brightness_direction_degrees: float  # where it is brightest
    glare_x: float  # NaN where there is none
    glare_y: float
    glare_diameter: float


def render_clocks(
    settings: Render, *, seed: int, style: Style = REPORT_STYLE, stream: int = 0, workers: int | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64], pd.DataFrame]:
    """Render every time of the dial equally often; a progress bar goes to stderr.

    Picture k of a time depends on the settings of the view, the seed, the stream, the time and k only: not on the
    number of workers, and asking for more pictures of each time keeps those that there are.

    Workers start as fresh interpreters, so a script that calls this needs the usual ``if __name__ == "__main__"``.

    Args:
        settings: how many pictures, how large, and from which intervals the views are drawn (uniformly).
        seed: non-negative.
        style: what the clock looks like.
        stream: non-negative; sets of one seed and different streams have no view, light or noise in common.
        workers: processes to use, all available cores if None; small jobs stay in this process.

    Returns:
        Images, uint8, shape (n, size, size) with n = 720 * ``images_per_time``; labels ``[hour, minute]``, int64, shape
        (n, 2), hours 0..11, minutes 0..59, sorted by time; and the views, a row an image with the fields of ``View``.

    Raises:
        InputError: if ``diameter_fraction`` goes below 0.5, where there is no wall left to see.

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
        with processes.deaf_to_interrupts():
            chunks = [pool.schedule(_render_chunk, args=(task,)) for task in tasks]
        for chunk in chunks:
            yield chunk.result()
    except ProcessExpired as error:
        expected = f"room for {workers} processes (each takes some 100 MB)"
        received = f"one that died with code {error.exitcode}"
        raise InputError("rendering", where="this machine", expected=expected, received=received) from None
    finally:  # also where the caller was interrupted
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


def draw_view(settings: Render, rng: np.random.Generator) -> View:
    """Draw a camera and a light at random from the settings' intervals."""
    size = settings.image_size
    roll, tilt = rng.uniform(*settings.roll_degrees), rng.uniform(*settings.tilt_degrees)
    tilt_direction, fraction = rng.uniform(0, 360), rng.uniform(*settings.diameter_fraction)
    pivot = size * (0.5 + rng.uniform(-LARGEST_PIVOT_SHIFT, LARGEST_PIVOT_SHIFT, 2))
    to_picture = camera(size, roll, tilt, tilt_direction, fraction, pivot)
    brightness, fall, fall_direction = rng.uniform(0.82, 1.04), rng.uniform(0.05, 0.4), rng.uniform(0, 360)
    # All of the glare's numbers are drawn for every picture, so that its probability changes nothing else.
    shown, distance, turn = rng.random(3)
    diameter = size * rng.uniform(*settings.glare_fraction)
    place = GLARE_REACH * math.sqrt(distance)  # the root spreads the spots evenly over the face's area
    spot = np.clip(project(to_picture, place * direction(turn)), 0, size)  # in sight when cropped
    if shown >= settings.glare_probability:
        spot, diameter = np.full(2, np.nan), math.nan
    return View(
        roll_degrees=roll,
        tilt_degrees=tilt,
        tilt_direction_degrees=tilt_direction,
        diameter_fraction=fraction,
        pivot_x=float(pivot[0]),
        pivot_y=float(pivot[1]),
        brightness=brightness,
        brightness_fall=fall,
        brightness_direction_degrees=fall_direction,
        glare_x=float(spot[0]),
        glare_y=float(spot[1]),
        glare_diameter=diameter,
    )


def camera_of(view: View, size: int) -> NDArray[np.float64]:
    """Homography from the wall to the picture for one view; as ``camera``."""
    pivot = np.array([view.pivot_x, view.pivot_y])
    return camera(
        size, view.roll_degrees, view.tilt_degrees, view.tilt_direction_degrees, view.diameter_fraction, pivot
    )


def camera(
    size: int,
    roll_degrees: float,
    tilt_degrees: float,
    tilt_direction_degrees: float,
    fraction: float,
    pivot: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Homography from the wall (in radii, x right, y down) to the picture (in pixels), of a pinhole camera; (3, 3).

    The camera looks at the pivot from such a distance that the ring's diameter is ``fraction`` of the picture's width.
    """
    roll, tilt, direction = (math.radians(value) for value in (-roll_degrees, tilt_degrees, tilt_direction_degrees))
    turned = np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]])
    recede = np.array([math.sin(direction), -math.cos(direction)])  # unit vector in the picture
    in_picture = np.eye(2) + (math.cos(tilt) - 1) * np.outer(recede, recede)
    depth = math.sin(tilt) * recede
    distance = 1 / (fraction * HALF_FIELD)
    wall_to_camera = np.zeros((3, 3))  # columns: where one step right, one step down and the origin end up
    wall_to_camera[:2, :2] = in_picture @ turned
    wall_to_camera[2, :2] = depth @ turned
    wall_to_camera[2, 2] = distance
    focal = size / 2 / HALF_FIELD  # in pixels
    lens = np.array([[focal, 0, pivot[0]], [0, focal, pivot[1]], [0, 0, 1]])
    return lens @ wall_to_camera


def project(homography: NDArray[np.float64], points: Array) -> NDArray[np.float64]:
    """Images of points under a homography; both of shape (..., 2)."""
    mapped = points @ homography[:, :2].T + homography[:, 2]
    return np.asarray(mapped[..., :2] / mapped[..., 2:])


def render_clock(
    hour: int,
    minute: int,
    view: View,
    settings: Render,
    rng: np.random.Generator,
    style: Style = REPORT_STYLE,
) -> NDArray[np.uint8]:
    """Photograph the clock once.

    Args:
        hour: 0..11.
        minute: 0..59.
        view: camera and light.
        settings: of which the picture's size and the noise count here.
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
    """The clock without hands on its wall, in an even light; shape (size, size)."""
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
    """Part of each pixel that the hands and their hub hide, in [0, 1]; shape (size, size)."""
    hub = np.stack([0.05 * direction(turn / 16) for turn in range(16)])
    turns = ((hour + minute / 60) / 12, minute / 60)
    bars = (
        ray(turn, -HAND_TAIL, hand.length, hand.half_width, hand.tip_half_width)
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
    """Add one to three small white reflections on the ring, whose middle is so many radii out, in place."""
    for turn in rng.random(rng.integers(1, 4)):
        x, y = project(to_picture, middle * direction(turn))
        deviation = len(picture) * rng.uniform(0.006, 0.01)
        across, down = (np.exp(-0.5 * np.square((axis - np.float32(at)) / deviation)) for at in (x, y))
        picture += np.float32(rng.uniform(180, 280)) * np.outer(down, across)


def _brightness(axis: Array, view: View) -> Array:
    """Gain of each pixel: linear over the picture; ``axis`` is the pixels' place in [0, 1]."""
    direction = math.radians(view.brightness_direction_degrees)
    x, y = np.float32(math.sin(direction)), np.float32(-math.cos(direction))
    away = np.float32(0.5) - (x * (axis[None, :] - 0.5) + y * (axis[:, None] - 0.5)) / np.float32(math.sqrt(2))
    return np.float32(view.brightness) * (1 - np.float32(view.brightness_fall) * away)
