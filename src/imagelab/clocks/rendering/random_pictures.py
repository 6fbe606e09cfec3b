"""Colour pictures of clocks of random designs, in random views: the training pictures of the clock reader."""

import io
import math
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from imagelab.clocks.rendering.design import Array, direction
from imagelab.clocks.rendering.pool import render_in_chunks
from imagelab.clocks.rendering.random_backgrounds import draw_background, draw_instead_of_clock
from imagelab.clocks.rendering.random_designs import Colour, RandomDesign, choose, draw_design
from imagelab.clocks.rendering.random_dials import SQUARE, Shape, draw_dial, extent, hand_shapes, new_layer, solid
from imagelab.clocks.rendering.views import HALF_FIELD, camera, jacobian, project
from imagelab.clocks.times import MINUTES_PER_DIAL, MINUTES_PER_HOUR
from imagelab.settings.clocks import RandomClocks

# Views.
CLIPPED_RADII = 0.2  # so much of the face may lie beyond the picture's edge
FRONTAL_SHARE = 0.15  # of the views: at the smallest tilt
TILT_POWER = 1.6  # above 1: small tilts are more frequent
DISTANCES = (3.5, 14.0)  # of the camera, in radii of the face
UPRIGHT_ROLL = 8.0  # degrees, of clocks whose direction nothing tells, from upright or from a quarter turn
ROLL_SHARES = {"upright": 0.5, "quarter": 0.2, "any": 0.3}  # of clocks with numerals; the others: quarter or upright
ROLL_JITTER = 10.0  # degrees, of those upright

# Light.
GRAPHIC_SHARE = 0.12  # pictures without light and noise, as drawn by a program
HAND_SHADOW_SHARE = 0.35
CLOCK_SHADOW_SHARE = 0.35
SHADOW_EDGE_SHARE = 0.12
GLARE_SHARE = 0.2
DIM_SHARE = 0.12
DIM_GAINS = (0.25, 0.6)
CAST_SHARE = 0.3
CONTRAST_SHARE = 0.25
NOISE_SHARE = 0.7
NOISES = (0.5, 9.0)  # standard deviation in grey levels
BLUR_SHARE = 0.1
COARSE_SHARE = 0.05  # pictures enlarged from half their size
SHARP_SHARE = 0.06
JPEG_SHARE = 0.08

# Pictures that cannot be read.
UNREADABLE_SHARES = {"no clock": 0.5, "no hands": 0.28, "one hand": 0.22}
CLEAR_OF_MEETING = 0.028  # turns (10 degrees) of a single hand from where both hands would cover each other

_DIAL_SCALE = 2.2  # pixels of the flat dial per pixel of the picture
_SAMPLING = 2  # samples per pixel along each axis, of dial and background
_HAND_RADIUS = 400  # pixels a radius in which hands are drawn: Pillow rounds corners to whole pixels
_DEGREES_90 = 90.0


class RandomView(NamedTuple):
    """Camera of one picture; positions in pixels from the picture's left and upper edge."""

    roll_degrees: float  # of the camera around its axis, clockwise; the clock appears turned the other way
    tilt_degrees: float  # between the line of sight and the wall's normal
    tilt_direction_degrees: float  # where the wall recedes, clockwise from the picture's upper edge
    diameter_fraction: float  # of the face, if it were not tilted, over the picture's width
    distance: float  # of the camera, in radii of the face
    pivot_x: float  # where the hands are fixed
    pivot_y: float


def render_random_clocks(
    settings: RandomClocks, *, count: int, image_size: int, seed: int, stream: int, workers: int | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64], pd.DataFrame]:
    """Render clocks of random designs at random times; a progress bar goes to stderr.

    Picture k depends only on the settings, ``image_size``, the seed, the stream and k. So the number of workers changes
    nothing, and more pictures leave the first ones as they are.

    Workers are spawned, so a script that calls this needs ``if __name__ == "__main__"``.

    Args:
        settings: of the views, and the share of pictures that cannot be read.
        count: number of pictures.
        image_size: their width, in pixels.
        seed: non-negative.
        stream: non-negative; sets of one seed but different streams share no random numbers.
        workers: number of processes, all available cores if None; small jobs run in this process.

    Returns:
        Images, uint8, shape (count, image_size, image_size, 3); times, minutes past twelve in [0, 720), int64, shape
        (count,), 0 where none can be read; and one row a picture:

        - ``pivot_x``, ``pivot_y``: where the hands turn, in pixels from the left and upper edge
        - ``map_xx``, ``map_xy``, ``map_yx``, ``map_yy``: the matrix M, in pixels per radius of the face. Its columns
          (xx, yx) and (xy, yy) are where a step of one radius to the right and down on the dial leads in the picture:
          the Jacobian, at the pivot, of the homography from the dial to the picture
        - ``readable``: whether a clock with both hands is shown. Where no clock is shown at all, the pose is that of a
          clock not drawn
        - the fields of ``RandomView``, without the pivot
        - of the design: ``numerals``, ``numerals_turned``, ``marks``, ``hands`` (kind of the minute hand; "marker" for
          plain round ones of one colour and width, "none" where none is shown), ``seconds_hand``, ``subdials``,
          ``dark_face``, ``frame``

    Raises:
        InputError: if a worker dies.
    """
    images = np.empty((count, image_size, image_size, 3), np.uint8)
    minutes: list[int] = []
    rows: list[dict[str, object]] = []

    def store(indices: range, chunk: _Chunk) -> None:
        images[indices.start : indices.stop], own_minutes, own_rows = chunk
        minutes.extend(own_minutes)
        rows.extend(own_rows)

    render = partial(_render_chunk, settings, image_size, seed, stream)
    render_in_chunks(render, store, count=count, workers=workers, label="render clocks of random designs")
    return images, np.array(minutes, np.int64), pd.DataFrame(rows)


_Chunk = tuple[NDArray[np.uint8], list[int], list[dict[str, object]]]


def _render_chunk(settings: RandomClocks, image_size: int, seed: int, stream: int, indices: range) -> _Chunk:
    images = np.empty((len(indices), image_size, image_size, 3), np.uint8)
    minutes, rows = [], []
    for image, index in zip(images, indices, strict=True):
        own = np.random.SeedSequence([seed, index], spawn_key=(stream,) if stream else ())
        image[:], time, row = _render_one(settings, image_size, np.random.default_rng(own))
        minutes.append(time)
        rows.append(row)
    return images, minutes, rows


def _render_one(
    settings: RandomClocks, image_size: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], int, dict[str, object]]:
    time = int(rng.integers(MINUTES_PER_DIAL))
    readable = bool(rng.random() >= settings.unreadable_fraction)
    kind = choose(rng, UNREADABLE_SHARES)  # drawn for every picture, so that the fraction changes nothing else
    design = draw_design(rng)
    view = draw_random_view(settings, image_size, design.tells_direction, rng)
    hour_turn, minute_turn = hand_turns(time)
    shown: tuple[float | None, float | None] = (hour_turn, minute_turn)
    if not readable:
        alone = _turn_alone(rng)
        shown = ((alone, None) if rng.random() < 0.5 else (None, alone)) if kind == "one hand" else (None, None)
    with_clock = readable or kind != "no clock"
    image = render_random_clock(design if with_clock else None, view, shown, image_size, rng)
    return image, time if readable else 0, _describe(design, view, image_size, readable, with_clock, shown)


def hand_turns(minutes: int) -> tuple[float, float]:
    """Directions of hour hand and minute hand at a time in minutes past twelve, in turns clockwise from twelve."""
    return minutes / MINUTES_PER_DIAL, minutes % MINUTES_PER_HOUR / MINUTES_PER_HOUR


def _turn_alone(rng: np.random.Generator) -> float:
    """A direction in which a single hand cannot be two hands that cover each other, as they do 11 times a dial."""
    place = rng.uniform(CLEAR_OF_MEETING, 1 / 11 - CLEAR_OF_MEETING)
    return float(rng.integers(11) / 11 + place)


def draw_random_view(
    settings: RandomClocks, image_size: int, tells_direction: bool, rng: np.random.Generator
) -> RandomView:
    """Draw a camera at random.

    Args:
        settings: intervals of size, place and tilt.
        image_size: width of the picture, in pixels.
        tells_direction: whether the dial shows where twelve is; otherwise the clock hangs about upright, or is turned
            by quarters, as photographs are.
        rng: decides everything.
    """
    low, high = settings.tilt_degrees
    tilt = low + (high - low) * rng.random() ** TILT_POWER * (rng.random() >= FRONTAL_SHARE)
    fraction = rng.uniform(*settings.diameter_fraction)
    reach = min(settings.centre_reach, max(0.02, 0.5 - (1 - CLIPPED_RADII) * fraction / 2))
    pivot_x, pivot_y = image_size * (0.5 + rng.uniform(-reach, reach, 2))
    kind = choose(rng, ROLL_SHARES)
    if not tells_direction:
        # Turned ones can be read by the hour hand's place between two hours alone.
        roll = rng.uniform(-UPRIGHT_ROLL, UPRIGHT_ROLL) + (_DEGREES_90 * rng.integers(1, 4) if kind == "quarter" else 0)
    elif kind == "upright":
        roll = rng.uniform(-ROLL_JITTER, ROLL_JITTER) * rng.integers(0, 2)  # half of them exactly
    elif kind == "quarter":
        roll = _DEGREES_90 * rng.integers(1, 4) + rng.uniform(-2, 2) * rng.integers(0, 2)
    else:
        roll = rng.uniform(0, 360)
    near, far = DISTANCES
    return RandomView(
        roll_degrees=float(roll),
        tilt_degrees=float(tilt),
        tilt_direction_degrees=float(rng.uniform(0, 360)),
        diameter_fraction=float(fraction),
        distance=float(near * (far / near) ** rng.random()),
        pivot_x=float(pivot_x),
        pivot_y=float(pivot_y),
    )


def homography(view: RandomView, image_size: int) -> NDArray[np.float64]:
    """From the dial (in radii of the face, x right, y down) to the picture (in pixels), (3, 3)."""
    # ``camera`` takes its distance from the picture's width. The picture is cut out of a wider or narrower one.
    wider = view.distance * view.diameter_fraction * HALF_FIELD
    return camera(
        image_size * wider,
        view.roll_degrees,
        view.tilt_degrees,
        view.tilt_direction_degrees,
        view.diameter_fraction / wider,
        np.array([view.pivot_x, view.pivot_y]),
    )


def _describe(
    design: RandomDesign,
    view: RandomView,
    image_size: int,
    readable: bool,
    with_clock: bool,
    shown: tuple[float | None, float | None],
) -> dict[str, object]:
    matrix = jacobian(homography(view, image_size))
    hands = "marker" if design.marker_hands else design.minute_hand.kind
    extras = design.extras
    return {
        "pivot_x": view.pivot_x,
        "pivot_y": view.pivot_y,
        "map_xx": matrix[0, 0],
        "map_xy": matrix[0, 1],
        "map_yx": matrix[1, 0],
        "map_yy": matrix[1, 1],
        "readable": readable,
        "roll_degrees": view.roll_degrees,
        "tilt_degrees": view.tilt_degrees,
        "tilt_direction_degrees": view.tilt_direction_degrees,
        "diameter_fraction": view.diameter_fraction,
        "distance": view.distance,
        "numerals": design.numerals.kind if with_clock else "none",
        "numerals_turned": design.numerals.turned and with_clock,
        "marks": design.marks.kind if with_clock else "none",
        "hands": hands if shown != (None, None) else "none",
        "seconds_hand": extras.seconds is not None and with_clock,
        "subdials": len(extras.subdials) if with_clock else 0,
        "dark_face": design.face.dark and with_clock,
        "frame": design.frame.kind if with_clock else "none",
    }


def render_random_clock(
    design: RandomDesign | None,
    view: RandomView,
    turns: tuple[float | None, float | None],
    image_size: int,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Render one picture.

    Args:
        design: of the clock; None for a picture of something else.
        view: of the camera.
        turns: directions of the hour hand and of the minute hand, in turns clockwise from twelve; None hides a hand.
        image_size: width of the picture, in pixels.
        rng: decides background, light and noise, which do not depend on the hands.

    Returns:
        The picture, shape (image_size, image_size, 3).
    """
    to_picture = homography(view, image_size)
    matrix = jacobian(to_picture)
    radius = view.diameter_fraction * image_size / 2
    wall = draw_background(rng, _SAMPLING * image_size, matrix / radius)
    if design is None:
        draw_instead_of_clock(rng, wall)
        picture = np.asarray(wall.reduce(_SAMPLING), np.float32).copy()
    else:
        _draw_behind(rng, wall, design, view, to_picture)
        picture = np.asarray(wall.reduce(_SAMPLING), np.float32).copy()
        _add_dial(picture, design, to_picture, _DIAL_SCALE * radius)
        shadow = rng.uniform(-0.06, 0.06, 2) * radius if rng.random() < HAND_SHADOW_SHARE else None
        _add_hands(picture, _shapes(design, turns), to_picture, radius, shadow)
    return _photograph(picture, to_picture, rng)


def _box(points: NDArray[np.float64], size: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom pixel edges around points, within the picture."""
    left, top = np.clip(np.floor(points.min(axis=0)) - 1, 0, size - 1).astype(int).tolist()
    right, bottom = np.clip(np.ceil(points.max(axis=0)) + 1, 1, size).astype(int).tolist()
    return left, top, max(right, left + 1), max(bottom, top + 1)


_CIRCLE = direction(np.arange(48) / 48)


def _draw_behind(
    rng: np.random.Generator,
    wall: Image.Image,
    design: RandomDesign,
    view: RandomView,
    to_picture: NDArray[np.float64],
) -> None:
    """Draw the clock's shadow on the wall, a plate behind it, and the side of a thick frame; in place."""
    frame = design.frame
    scale = view.diameter_fraction * wall.width / 2
    thickness = rng.uniform(0.02, 0.18)
    toward, shown = direction(rng.random()), rng.random(2)
    outer = 1 + frame.width
    outline = outer * (SQUARE if frame.kind == "square" else _CIRCLE)
    if frame.rays > 0:
        turns = np.arange(2 * frame.rays) / (2 * frame.rays)
        reach = np.where(np.arange(2 * frame.rays) % 2 == 0, max(frame.plate_radius, 1.5), 1.0)
        star = reach[:, None] * direction(turns)
        ImageDraw.Draw(wall).polygon((_SAMPLING * project(to_picture, star)).ravel().tolist(), fill=frame.plate_colour)
    elif frame.plate_radius > 0:
        plate = _SAMPLING * project(to_picture, frame.plate_radius * _CIRCLE)
        ImageDraw.Draw(wall).polygon(plate.ravel().tolist(), fill=frame.plate_colour)
    if frame.kind == "none":
        return
    placed = _SAMPLING * project(to_picture, outline)
    if shown[0] < CLOCK_SHADOW_SHARE:
        mask = Image.new("L", (wall.width // 4, wall.height // 4))
        moved = (placed + 0.12 * scale * toward) / 4
        ImageDraw.Draw(mask).polygon(moved.ravel().tolist(), fill=120)
        soft = mask.filter(ImageFilter.BoxBlur(1 + 0.01 * scale)).resize(wall.size, Image.Resampling.BILINEAR)
        wall.paste((0, 0, 0), (0, 0), soft)
    if frame.width > 0.05 and shown[1] < 0.6:
        # What lies behind the face appears on the side that faces the camera.
        lean = math.sin(math.radians(view.tilt_degrees))
        step = -thickness * lean * scale * direction(view.tilt_direction_degrees / 360)
        side: Colour = tuple(c // 2 for c in frame.colour)  # type: ignore[assignment]
        for share in (0.5, 1.0):
            ImageDraw.Draw(wall).polygon((placed + share * step).ravel().tolist(), fill=side)


def _add_dial(picture: Array, design: RandomDesign, to_picture: NDArray[np.float64], scale: float) -> None:
    """Lay the dial without hands over the picture, in place."""
    layer = draw_dial(design, scale)
    corners = SQUARE if design.frame.kind == "square" else _CIRCLE
    left, top, right, bottom = _box(project(to_picture, extent(design) * corners), len(picture))
    from_sample = np.array([[1 / _SAMPLING, 0, left], [0, 1 / _SAMPLING, top], [0, 0, 1]])
    to_layer = np.array([[scale, 0, layer.width / 2], [0, scale, layer.height / 2], [0, 0, 1]])
    mapping = to_layer @ np.linalg.inv(to_picture) @ from_sample
    mapping /= mapping[2, 2]
    warped = layer.transform(
        (_SAMPLING * (right - left), _SAMPLING * (bottom - top)),
        Image.Transform.PERSPECTIVE,
        mapping.ravel()[:8].tolist(),
        Image.Resampling.BILINEAR,
    )
    _lay_over(picture[top:bottom, left:right], np.asarray(warped.reduce(_SAMPLING), np.float32))


def _lay_over(part: Array, layer: Array) -> None:
    part *= 1 - layer[..., 3:] / np.float32(255)
    part += layer[..., :3]


def _shapes(design: RandomDesign, turns: tuple[float | None, float | None]) -> list[Shape]:
    """All polygons of the hands, from the lowest to the uppermost."""
    extras = design.extras
    shapes: list[Shape] = []
    if extras.alarm is not None:
        shapes += hand_shapes(extras.alarm, extras.alarm_turn)
    for hand, turn in zip((design.hour_hand, design.minute_hand), turns, strict=True):
        if turn is not None:
            shapes += hand_shapes(hand, turn)
    if extras.seconds is not None:
        shapes += hand_shapes(extras.seconds, extras.seconds_turn)
    if extras.hub_radius > 0:
        shapes.append((extras.hub_radius * _CIRCLE[::3], extras.hub_colour))
    return shapes


def _add_hands(
    picture: Array,
    shapes: list[Shape],
    to_picture: NDArray[np.float64],
    radius: float,
    shadow: NDArray[np.float64] | None,
) -> None:
    """Draw the hands over the picture, in place, with their shadow moved by ``shadow`` pixels."""
    if not shapes:
        return
    # Drawn in the picture and far finer than it, not on the flat dial: a minute moves the hour hand by half a degree.
    placed = [project(to_picture, points) for points, _ in shapes]
    left, top, right, bottom = _box(np.concatenate(placed), len(picture))
    sampling = max(2, math.ceil(_HAND_RADIUS / radius))
    layer = new_layer(sampling * (right - left), sampling * (bottom - top))
    draw = ImageDraw.Draw(layer)
    for points, (_, colour) in zip(placed, shapes, strict=True):
        draw.polygon((sampling * (points - [left, top])).ravel().tolist(), fill=solid(colour))
    hands = np.asarray(layer.reduce(sampling), np.float32)
    part = picture[top:bottom, left:right]
    if shadow is not None:
        cover = Image.fromarray(np.ascontiguousarray(hands[..., 3]).astype(np.uint8))
        x, y = np.rint(shadow).astype(int).tolist()
        moved = Image.new("L", cover.size)
        moved.paste(cover, (x, y))
        part *= 1 - np.asarray(moved.filter(ImageFilter.BoxBlur(1)), np.float32)[..., None] * np.float32(0.4 / 255)
    _lay_over(part, hands)


def _photograph(picture: Array, to_picture: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Light, lens and sensor; changes ``picture``."""
    size = len(picture)
    axis = ((np.arange(size, dtype=np.float32) + 0.5) / size) - np.float32(0.5)
    shares = rng.random(10)
    if rng.random() < GRAPHIC_SHARE:
        shares[:6] = 1
    else:
        picture *= _light(axis, shares, rng)
    dim = shares[1] < DIM_SHARE
    if shares[2] < CONTRAST_SHARE:
        contrast = np.float32(rng.uniform(0.9 if dim else 0.5, 1.3))
        picture -= np.float32(128)
        picture *= contrast
        picture += np.float32(128)
    if shares[3] < GLARE_SHARE:
        picture += _glare(size, to_picture, rng)[..., None]
    if shares[4] < NOISE_SHARE:
        low, high = NOISES
        deviation = low * (high / low) ** rng.random() * (0.5 if dim else 1)
        picture += np.float32(deviation) * rng.standard_normal((size, size, 1 if shares[5] < 0.5 else 3), np.float32)
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    if shares[6] < BLUR_SHARE:
        image = image.filter(ImageFilter.GaussianBlur(size / 128 * rng.uniform(0.4, 1.3)))
    if shares[7] < COARSE_SHARE:
        image = image.reduce(2).resize((size, size), Image.Resampling.BILINEAR)
    if shares[8] < SHARP_SHARE:
        image = image.filter(ImageFilter.SHARPEN)
    if shares[9] < JPEG_SHARE:
        encoded = io.BytesIO()
        image.save(encoded, "JPEG", quality=int(rng.integers(30, 90)))
        image = Image.open(encoded)
    return np.asarray(image)


def _light(axis: Array, shares: NDArray[np.float64], rng: np.random.Generator) -> Array:
    """Gain of each pixel and colour: brightness, its gradient, an edge of shadow, a colour cast."""
    right, down = direction(rng.random()).astype(np.float32)
    fall = np.float32(rng.uniform(0, 0.5) ** 1.5)
    gain: Array = 1 + fall * (right * axis + down * axis[:, None])
    if shares[0] < SHADOW_EDGE_SHARE:
        right, down = direction(rng.random()).astype(np.float32)
        place, softness = np.float32(rng.uniform(-0.4, 0.4)), np.float32(rng.uniform(0.005, 0.08))
        side = np.clip((right * axis + down * axis[:, None] - place) / softness, -1, 1)
        depth = np.float32(rng.uniform(0.15, 0.6))
        gain = gain * (1 - depth * (side + 1) / 2)
    gain *= np.float32(rng.uniform(*DIM_GAINS) if shares[1] < DIM_SHARE else rng.uniform(0.8, 1.08))
    cast = np.ones(3, np.float32)
    if rng.random() < CAST_SHARE:
        cast += rng.uniform(-0.15, 0.15, 3).astype(np.float32)
    return np.asarray(gain[..., None] * cast)


def _glare(size: int, to_picture: NDArray[np.float64], rng: np.random.Generator) -> Array:
    """A bright spot on the face with a wide soft halo, often saturated; added grey levels, (size, size)."""
    x, y = project(to_picture, math.sqrt(rng.random()) * direction(rng.random()))
    squares = [np.square(np.arange(size, dtype=np.float32) + np.float32(0.5 - at)) for at in (x, y)]
    radius = math.sqrt(abs(np.linalg.det(jacobian(to_picture))))
    total = np.zeros((size, size), np.float32)
    for level, spread in ((rng.uniform(40, 300), (0.05, 0.16)), (rng.uniform(15, 110), (0.2, 0.6))):
        factor = np.float32(-0.5 / (radius * rng.uniform(*spread)) ** 2)
        across, along = (np.exp(factor * square) for square in squares)
        total += np.float32(level) * np.outer(along, across)
    return total
