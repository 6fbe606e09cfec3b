"""Layers for polar coordinates around a picture's centre: angle and radius in place of rows and columns.

A turn of the picture becomes a shift along the angle. Circular convolutions are equivariant to it: what a network
learns of one direction holds for all.
"""

import functools
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

_PACKAGE = "imagelab"


@keras.saving.register_keras_serializable(_PACKAGE)
class PolarSampling(keras.layers.Layer):
    """Sample square pictures on rays from the centre, bilinearly: (b, size, size, 1) to (b, angles, radii, 1).

    Ray k points k / ``angles`` turns clockwise from the upper edge. Outside the picture its edge pixels are repeated.

    Args:
        angles: number of rays.
        radii: samples on each of them.
        nearest: distance of the first sample, over the picture's width.
        farthest: distance of the last sample, over the picture's width.
    """

    def __init__(self, angles: int, radii: int, nearest: float, farthest: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.angles = angles
        self.radii = radii
        self.nearest = nearest
        self.farthest = farthest

    def call(self, images: keras.KerasTensor) -> keras.KerasTensor:
        """Sample a batch of pictures."""
        size = images.shape[1]
        indices, weights = _bilinear(size, self.angles, self.radii, self.nearest, self.farthest)
        pixels = ops.reshape(images, (-1, size * size))
        samples = [
            ops.take(pixels, corner, axis=1) * ops.cast(weight, images.dtype)
            for corner, weight in zip(indices, weights, strict=True)
        ]
        return ops.reshape(sum(samples[1:], start=samples[0]), (-1, self.angles, self.radii, 1))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of what ``call`` returns."""
        return (input_shape[0], self.angles, self.radii, 1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that build the layer again."""
        own = {"angles": self.angles, "radii": self.radii, "nearest": self.nearest, "farthest": self.farthest}
        return {**super().get_config(), **own}


@functools.lru_cache(maxsize=4)
def _bilinear(
    size: int, angles: int, radii: int, nearest: float, farthest: float
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Indices into the flat picture of the four neighbours of every sample, and their weights; both (4, samples)."""
    turn = 2 * np.pi * np.arange(angles)[:, None] / angles
    distance = size * np.linspace(nearest, farthest, radii)
    last = size - 1
    x = np.clip((size - 1) / 2 + np.sin(turn) * distance, 0, last).ravel()
    y = np.clip((size - 1) / 2 - np.cos(turn) * distance, 0, last).ravel()
    left, top = (np.minimum(np.floor(place), last - 1).astype(np.int32) for place in (x, y))
    right_part, lower_part = x - left, y - top
    first = top * size + left
    indices = np.stack([first, first + 1, first + size, first + size + 1]).astype(np.int32)
    weights = np.stack(
        [
            (1 - right_part) * (1 - lower_part),
            right_part * (1 - lower_part),
            (1 - right_part) * lower_part,
            right_part * lower_part,
        ]
    )
    return indices, weights.astype(np.float32)


@keras.saving.register_keras_serializable(_PACKAGE)
class CircularPadding(keras.layers.Layer):
    """Pad the angle, axis 1, periodically on both sides: (b, n, ...) to (b, n + 2 * width, ...).

    Args:
        width: of the padding on each side; at most n.
    """

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Pad a batch."""
        return ops.concatenate([x[:, -self.width :], x, x[:, : self.width]], axis=1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of what ``call`` returns."""
        return (input_shape[0], input_shape[1] + 2 * self.width, *input_shape[2:])  # type: ignore[operator]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that build the layer again."""
        return {**super().get_config(), "width": self.width}


@keras.saving.register_keras_serializable(_PACKAGE)
class DirectionOnPicture(keras.layers.Layer):
    """Append sine and cosine of each direction, clockwise from the picture's upper edge: (b, n, c) to (b, n, c + 2)."""

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Append the two features to a batch."""
        turn = 2 * np.pi * np.arange(x.shape[1]) / x.shape[1]
        constant = ops.cast(np.stack([np.sin(turn), np.cos(turn)], axis=1)[None], x.dtype)
        return ops.concatenate([x, ops.broadcast_to(constant, (ops.shape(x)[0], x.shape[1], 2))], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of what ``call`` returns."""
        return (*input_shape[:-1], input_shape[-1] + 2)  # type: ignore[operator]
