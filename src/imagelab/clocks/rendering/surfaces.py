"""Grey levels of what a picture shows behind the ring: wall, face, hands; sampled once a pixel.

Points are in radii, on the plane of the face, whose origin is the clock's centre.
"""

import math

import numpy as np
from numpy.typing import NDArray

from imagelab.clocks.rendering.design import (
    LIGHT,
    WALL,
    WALL_WIDTH,
    Array,
    Style,
    bar_corners,
    direction,
    draw_dial,
    draw_wood,
)
from imagelab.clocks.rendering.views import View, camera_position, project


def seen_points(to_picture: NDArray[np.float64], size: int) -> tuple[Array, Array]:
    """Points of a plane that the pixels' centres show, x and y; both (size, size)."""
    axis = np.arange(size, dtype=np.float32) + np.float32(0.5)
    inverse = np.linalg.inv(to_picture).astype(np.float32)
    x, y, w = (row[0] * axis[None, :] + (row[1] * axis[:, None] + row[2]) for row in inverse)
    nearness = 1 / w
    return x * nearness, y * nearness


def direction_to_lamp(view: View, to_picture: NDArray[np.float64]) -> NDArray[np.float32]:
    """Unit vector on the plane in whose direction it is brightest; shape (2,)."""
    towards = _pull_back(to_picture) @ direction(view.brightness_direction_degrees / 360)
    return np.asarray(towards / math.hypot(*towards), np.float32)


def _pull_back(to_picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """Radii a pixel at the origin's image: the inverse of the homography's Jacobian there, (2, 2)."""
    (a, b, x), (c, d, y), (e, f, w) = to_picture.tolist()
    x, y = x / w, y / w
    a, b, c, d = (a - x * e) / w, (b - x * f) / w, (c - y * e) / w, (d - y * f) / w
    determinant = a * d - b * c
    return np.asarray(np.array([[d, -b], [-c, a]]) / determinant)


def draw_wall(x: Array, y: Array, view: View, lamp: NDArray[np.float32], size: int) -> Array:
    """Levels of the wall, in the light that falls on it, at given points; shape (size, size)."""
    light = _light_of_wall(x, y, view, lamp, size)
    levels, grain = draw_wood(size)
    width = len(levels)
    right, down = (np.float32(width / WALL_WIDTH * value) for value in direction(WALL.turn + 0.25))
    row = np.floor(right * y - down * x).astype(np.intp) & (width - 1)
    column = np.floor(right * x + down * y).astype(np.intp) & (width - 1)
    strength = np.float32(0.01) + np.float32(0.01 * LIGHT.shade_grain) * np.maximum(1 - light, 0)
    strength *= grain.ravel().take(row * width + column, mode="wrap")  # faster than a check of the indices
    strength += 1
    strength *= levels.take(row, mode="wrap")
    strength *= light
    return np.asarray(strength)


def _light_of_wall(x: Array, y: Array, view: View, lamp: NDArray[np.float32], size: int) -> Array:
    """Light that reaches each point of the wall, 1 where it is full; shape (size, size)."""
    axis = (np.arange(size, dtype=np.float32) + np.float32(0.5)) / np.float32(size) - np.float32(0.5)
    right, down = (direction(view.brightness_direction_degrees / 360) / math.sqrt(2)).astype(np.float32)
    fall, gain = np.float32(view.brightness_fall), np.float32(view.brightness)
    light = gain * (1 - fall * (np.float32(0.5) - down * axis[:, None])) + (gain * fall * right) * axis[None, :]
    shift_x, shift_y = np.float32(LIGHT.shadow_shift) * lamp
    from_shadow = np.sqrt(np.square(x + shift_x) + np.square(y + shift_y))
    softness, strength = np.float32(LIGHT.shadow_softness), np.float32(LIGHT.shadow_strength)
    outside = np.clip((from_shadow - (1 - softness / 2)) / softness, 0, 1)
    light *= (1 - strength) + strength * outside
    return np.asarray(light)


def draw_face(x: Array, y: Array, view: View, lamp: NDArray[np.float32], size: int, style: Style) -> Array:
    """Levels of points on the face, without hands; all of shape (points,)."""
    ink, scale = draw_dial(size, style)
    width = len(ink)
    column, row = ((at + 1) * np.float32(scale) - np.float32(0.5) for at in (x, y))
    left, top = column.astype(np.intp), row.astype(np.intp)
    right_share, lower_share = column - left.astype(np.float32), row - top.astype(np.float32)
    upper, lower = (
        ink.take(at, mode="wrap") * (1 - right_share) + ink.take(at + 1, mode="wrap") * right_share
        for at in (top * width + left, (top + 1) * width + left)
    )
    cover = upper + lower_share * (lower - upper)
    slope = np.float32(LIGHT.face_slope * view.brightness * style.face_level) * lamp
    level = np.float32(view.brightness * style.face_level) + slope[0] * x + slope[1] * y
    level += cover * (np.float32(view.brightness * style.ink_level) - level)
    return np.asarray(level)


def draw_hands(
    picture: Array,
    x: Array,
    y: Array,
    to_picture: NDArray[np.float64],
    turns: tuple[float, float],
    brightness: float,
    style: Style,
) -> None:
    """Draw the hour hand and the minute hand in place, with the share of each pixel that they cover.

    Args:
        picture: shape (size, size).
        x: points of the face that the pixels show; the same shape.
        y: the same.
        to_picture: the homography of the hands' plane.
        turns: directions of the two hands, in turns clockwise from twelve.
        brightness: gain of their level.
        style: of the clock.
    """
    camera_x, camera_y, height = camera_position(to_picture)
    nearer = height / (height + style.hand_height)  # from the face to the hands' plane, along a line of sight
    pull_back = _pull_back(to_picture)
    for turn, length in zip(turns, (style.hour_hand, style.minute_hand), strict=True):
        corners = project(to_picture, bar_corners(turn, -style.hand_tail, length, style.hand_half_width))
        left, top, right, bottom = (
            min(max(int(edge), 0), len(picture)) for edge in (*(corners.min(axis=0) - 1), *(corners.max(axis=0) + 2))
        )
        box = slice(top, bottom), slice(left, right)
        along = direction(turn)
        across = np.array([-along[1], along[0]])
        cover = np.float32(1)
        for unit, begin, end in (
            (along, -style.hand_tail, length),
            (across, -style.hand_half_width, style.hand_half_width),
        ):
            shift = (1 - nearer) * (unit[0] * camera_x + unit[1] * camera_y) - (begin + end) / 2
            place = np.float32(nearer * unit[0]) * x[box] + np.float32(nearer * unit[1]) * y[box] + np.float32(shift)
            pixels = 1 / math.hypot(*(unit @ pull_back))  # a radius
            share = np.float32((end - begin) / 2 * pixels + 0.5) - np.float32(pixels) * np.abs(place)
            cover = cover * np.clip(share, 0, 1)
        picture[box] += cover * (np.float32(brightness * style.hand_level) - picture[box])
