"""What glass and ring mirror: glare and glints."""

import math

import numpy as np
from numpy.typing import NDArray

from imagelab.clocks.rendering.design import LIGHT, Array, Style, direction
from imagelab.clocks.rendering.views import View, project


def add_glints(picture: Array, to_picture: NDArray[np.float64], rng: np.random.Generator, style: Style) -> None:
    """Add small white reflections in place, where the ring meets the face or the wall.

    Args:
        picture: shape (size, size).
        to_picture: the homography of the face's plane.
        rng: for their number, places and sizes.
        style: of the clock.
    """
    size = len(picture)
    for turn in rng.random(rng.integers(LIGHT.glints[0], LIGHT.glints[1] + 1)):
        edge = style.face_radius if rng.random() < LIGHT.inner_glints else 1
        x, y = project(to_picture, edge * direction(turn))
        deviation = size * rng.uniform(*LIGHT.glint_radius)
        picture += np.float32(LIGHT.glint_level) * _bell(x, y, deviation, size)


def add_glare(picture: Array, view: View, glass: NDArray[np.bool_]) -> None:
    """Add the lamp's image in the glass, in place, and its halo, which lifts dark hands and ink more than the face.

    Args:
        picture: shape (size, size).
        view: with glare.
        glass: the pixels that show the face; the same shape.
    """
    size = len(picture)
    radius = size * view.diameter_fraction / 2
    veil = np.float32(LIGHT.veil_strength) * _bell(view.glare_x, view.glare_y, LIGHT.veil_radius * radius, size)
    veil *= np.where(glass, np.float32(1), np.float32(LIGHT.veil_outside))
    picture += veil * np.maximum(np.float32(LIGHT.veil_level) - picture, 0)
    picture += np.float32(LIGHT.bloom) * _bell(view.glare_x, view.glare_y, LIGHT.bloom_radius * radius, size)
    deviation = view.glare_diameter / 2 / math.sqrt(2 * math.log(LIGHT.core / LIGHT.core_edge))
    picture += np.float32(LIGHT.core) * _bell(view.glare_x, view.glare_y, deviation, size) * glass


def _bell(x: float, y: float, deviation: float, size: int) -> Array:
    """Bell of height 1 around a place in the picture, both in pixels; shape (size, size)."""
    axis = np.arange(size, dtype=np.float32) + np.float32(0.5)
    factor = np.float32(-0.5 / deviation**2)
    across, down = (np.exp(factor * np.square(axis - np.float32(at))) for at in (x, y))
    return np.asarray(down[:, None] * across[None, :])
