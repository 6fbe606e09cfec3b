"""Layers for polar coordinates around a clock's pivot: angle and radius in place of rows and columns.

A turn of the clock becomes a shift along the angle. Circular convolutions are equivariant to it: what a network learns
of one direction holds for all.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from imagelab.clocks.reader.float32 import Float32Layer

_PACKAGE = "imagelab"
_LUMINANCE = (0.299, 0.587, 0.114)  # ITU-R BT.601
_COLOUR_GAIN = 4.0  # colour differences are small beside standardised luminance
_SMALLEST_DEVIATION = 0.02  # of luminance; flat pictures stay flat


@keras.saving.register_keras_serializable(_PACKAGE)
class PolarSampling(Float32Layer):
    """Sample square pictures on rays from a clock's pivot: (b, size, size, c) and (b, 5) to (b, angles, radii, c).

    The second input is the pose of each clock (see ``poses``). Ray k points k / ``angles`` turns clockwise from up, in
    the clock's plane. Samples are interpolated bilinearly. Outside the picture its edge pixels are repeated.

    Args:
        angles: number of rays.
        radii: samples on each of them.
        nearest: distance of the first sample from the pivot, in radii of the face.
        farthest: distance of the last sample, in radii of the face.
    """

    def __init__(self, angles: int, radii: int, nearest: float, farthest: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.angles = angles
        self.radii = radii
        self.nearest = nearest
        self.farthest = farthest

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """Sample a batch of pictures at the poses of their clocks."""
        pictures, poses = inputs
        size, channels = pictures.shape[1], pictures.shape[3]
        turns = 2 * np.pi * np.arange(self.angles)[:, None] / self.angles
        distances = np.linspace(self.nearest, self.farthest, self.radii)[None, :]
        right = (np.sin(turns) * distances).ravel().astype(np.float32)[None]  # (1, samples), in the clock's plane
        down = (-np.cos(turns) * distances).ravel().astype(np.float32)[None]
        x, y, xx, xy, yy = (poses[:, index : index + 1] * size for index in range(5))
        columns = ops.clip(x - 0.5 + xx * right + xy * down, 0.0, size - 1.0)
        rows = ops.clip(y - 0.5 + xy * right + yy * down, 0.0, size - 1.0)
        left, top = (ops.minimum(ops.floor(place), size - 2.0) for place in (columns, rows))
        to_right, to_bottom = (ops.expand_dims(part, -1) for part in (columns - left, rows - top))
        pixels = ops.reshape(pictures, (-1, channels))
        pictures_before = ops.expand_dims(ops.arange(ops.shape(pictures)[0], dtype="int32"), 1) * (size * size)
        first = pictures_before + ops.cast(top, "int32") * size + ops.cast(left, "int32")
        upper = ops.take(pixels, first, axis=0) * (1 - to_right) + ops.take(pixels, first + 1, axis=0) * to_right
        below = first + size
        lower = ops.take(pixels, below, axis=0) * (1 - to_right) + ops.take(pixels, below + 1, axis=0) * to_right
        samples = upper * (1 - to_bottom) + lower * to_bottom
        return ops.reshape(samples, (-1, self.angles, self.radii, channels))

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        """Return the shape of what ``call`` returns."""
        return (input_shape[0][0], self.angles, self.radii, input_shape[0][3])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that build the layer again."""
        own = {"angles": self.angles, "radii": self.radii, "nearest": self.nearest, "farthest": self.farthest}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(_PACKAGE)
class LuminanceAndColour(Float32Layer):
    """Turn red, green and blue into luminance, standardised in each picture, and two colour differences.

    (b, ..., 3) to (b, ..., 3). An inverted picture has the same channels with the opposite sign.
    """

    def call(self, pixels: keras.KerasTensor) -> keras.KerasTensor:
        """Convert a batch of pixels in [0, 1]."""
        red, green, blue = (pixels[..., channel : channel + 1] for channel in range(3))
        luminance = _LUMINANCE[0] * red + _LUMINANCE[1] * green + _LUMINANCE[2] * blue
        axes = tuple(range(1, len(pixels.shape)))
        mean = ops.mean(luminance, axis=axes, keepdims=True)
        deviation = ops.maximum(ops.std(luminance, axis=axes, keepdims=True), _SMALLEST_DEVIATION)
        differences = [_COLOUR_GAIN * (colour - luminance) for colour in (red, blue)]
        return ops.concatenate([(luminance - mean) / deviation, *differences], axis=-1)


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
