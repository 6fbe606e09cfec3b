"""The ring around the face: a raised, rounded body, so it hides what is behind it and mirrors the lamp."""

import math

import numpy as np
from numpy.typing import NDArray

from imagelab.clocks.rendering.design import LIGHT, Array, Style

_SLICES = 6  # heights at which a line of sight is compared with the ring


def draw_ring(
    picture: Array,
    x: Array,
    y: Array,
    radius: Array,
    camera: NDArray[np.float64],
    lamp: NDArray[np.float32],
    style: Style,
) -> NDArray[np.intp]:
    """Draw the ring into a picture, in place.

    Args:
        picture: shape (size, size).
        x: where on the wall each pixel's centre lies, in radii, to the right; the same shape.
        y: the same, down.
        radius: the distance of that point from the origin.
        camera: its position, as ``views.camera_position``; shape (3,).
        lamp: unit vector on the wall towards the lamp; shape (2,).
        style: of the clock.

    Returns:
        The pixels that show the ring, as indices into the flat picture.
    """
    top = style.ring_height
    # A line of sight moves by at most this much between the wall and the ring's top.
    reach = top / camera[2] * (np.hypot(*camera[:2]) + 1)
    near = np.flatnonzero((radius > style.face_radius - reach) & (radius < 1 + reach))
    x, y = x.ravel()[near], y.ravel()[near]
    step_x, step_y = ((np.float32(at) - wall) / np.float32(camera[2]) for at, wall in zip(camera, (x, y), strict=False))
    middle, half = np.float32((1 + style.face_radius) / 2), np.float32((1 - style.face_radius) / 2)
    hit = np.zeros(len(near), bool)
    for height in np.linspace(0, 1, _SLICES, endpoint=False):  # of an upright semicircle of radius 1
        z = np.float32(top * height)
        offset = np.sqrt(np.square(x + z * step_x) + np.square(y + z * step_y)) - middle
        hit |= np.abs(offset) <= half * np.float32(math.sqrt(1 - height**2))
    # The shade is that of the point at half the height: it has no steps from slice to slice.
    z = np.float32(top / 2)
    x, y = x[hit] + z * step_x[hit], y[hit] + z * step_y[hit]
    radius = np.sqrt(np.square(x) + np.square(y))
    offset = np.clip((radius - middle) / half, -1, 1)  # -1 towards the face, 1 towards the wall
    towards = (lamp[0] * x + lamp[1] * y) / radius  # 1 on the lamp's side, -1 on the other
    upright = np.sqrt(1 - np.square(offset))
    facing = np.float32(math.sqrt(1 - LIGHT.height**2)) * offset * towards + np.float32(LIGHT.height) * upright
    inner = np.clip(-2 * offset - np.float32(0.5), 0, 1) * np.clip(np.float32(0.4) - towards, 0, 1)
    level = style.ring_level + inner * np.float32(style.ring_inner_level - style.ring_level)
    level *= np.float32(LIGHT.ring_ambient) + np.float32(1 - LIGHT.ring_ambient) * np.maximum(facing, 0)
    from_highlight = (offset - np.float32(LIGHT.ring_highlight_place)) / np.float32(LIGHT.ring_highlight_width)
    level += np.float32(LIGHT.ring_highlight / 2) * np.exp(-0.5 * np.square(from_highlight)) * (1 - towards)
    picture.ravel()[near[hit]] = level
    return near[hit]
