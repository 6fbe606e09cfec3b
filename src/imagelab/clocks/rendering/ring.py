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
) -> None:
    """Draw the ring into a picture, in place.

    Args:
        picture: shape (size, size).
        x: where on the wall each pixel's centre lies, in radii, to the right; the same shape.
        y: the same, down.
        radius: the distance of that point from the origin.
        camera: its position, as ``views.camera_position``; shape (3,).
        lamp: unit vector on the wall towards the lamp; shape (2,).
        style: of the clock.
    """
    top = style.ring_height
    # A line of sight moves by at most this much between the wall and the ring's top.
    reach = top / camera[2] * (np.hypot(*camera[:2]) + 1)
    near = np.flatnonzero((radius > style.face_radius - reach) & (radius < 1 + reach))
    x, y = x.ravel()[near], y.ravel()[near]
    step_x, step_y = ((np.float32(at) - wall) / np.float32(camera[2]) for at, wall in zip(camera, (x, y), strict=False))
    middle, half = np.float32((1 + style.face_radius) / 2), np.float32((1 - style.face_radius) / 2)
    height = np.full(len(near), -1, np.float32)  # of the visible point; stays negative beside the ring
    for slice_height in np.linspace(0, 1, _SLICES, endpoint=False):  # of an upright semicircle of radius 1
        z = np.float32(top * slice_height)
        offset = (np.sqrt(np.square(x + z * step_x) + np.square(y + z * step_y)) - middle) / half
        np.copyto(height, z, where=np.square(offset) <= np.float32(1 - slice_height**2))
    hit = height >= 0
    x, y, height = x[hit] + height[hit] * step_x[hit], y[hit] + height[hit] * step_y[hit], height[hit]
    radius = np.sqrt(np.square(x) + np.square(y))
    offset = np.clip((radius - middle) / half, -1, 1)  # of the normal from the vertical: -1 towards the face
    out_x, out_y = x / radius, y / radius
    up = np.sqrt(1 - np.square(offset))
    towards = lamp[0] * out_x + lamp[1] * out_y  # 1 on the lamp's side, -1 on the other
    facing = offset * towards * np.float32(math.sqrt(1 - LIGHT.height**2)) + np.float32(LIGHT.height) * up
    inner = np.clip(-2 * offset - np.float32(0.5), 0, 1) * np.clip(np.float32(0.3) - towards, 0, 1)
    level = style.ring_level + inner * np.float32(style.ring_inner_level - style.ring_level)
    level *= np.float32(LIGHT.ring_ambient) + np.float32(1 - LIGHT.ring_ambient) * np.maximum(facing, 0)
    eye = (camera / np.linalg.norm(camera)).astype(np.float32)
    halfway = eye + np.array([*(lamp * math.sqrt(1 - LIGHT.height**2)), LIGHT.height], np.float32)
    halfway /= np.linalg.norm(halfway)
    mirrored = offset * (halfway[0] * out_x + halfway[1] * out_y) + halfway[2] * up
    level += np.float32(LIGHT.ring_highlight) * np.maximum(mirrored, 0) ** np.float32(LIGHT.ring_highlight_exponent)
    picture.ravel()[near[hit]] = level
