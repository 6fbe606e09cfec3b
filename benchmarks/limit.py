"""The machine's limit for a CNN: a large matrix product, a large convolution, the network's convolutions alone."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import keras
import tensorflow as tf

from benchmarks.operations import count_multiply_adds

SIZE = 2048  # of the square matrices
REPEATS = 10
_PICTURES, _PIXELS = 64, 32  # of the large convolution: so many pictures, as high and as wide
_KERNEL = 3


class Work(NamedTuple):
    """Arithmetic that one call does."""

    operations: int  # multiplications and additions
    seconds: Callable[[], float]  # of the fastest of several calls


def matrix_product(precision: str, *, size: int = SIZE) -> Work:
    """Return the product of two square matrices.

    Args:
        precision: ``float32`` or ``mixed_bfloat16``.
        size: rows and columns.
    """
    factor = tf.cast(tf.random.stateless_normal((size, size), (1, 2)), _dtype(precision))
    multiply = tf.function(lambda: tf.matmul(factor, factor), autograph=False)
    return Work(2 * size**3, lambda: _seconds(multiply))


def convolution(precision: str, *, filters: int = 256) -> Work:
    """Return a convolution of 64 pictures of 32x32 pixels with kernels of 3x3.

    Args:
        precision: ``float32`` or ``mixed_bfloat16``.
        filters: channels of inputs and outputs.
    """
    pictures = tf.random.stateless_normal((_PICTURES, _PIXELS, _PIXELS, filters), (1, 2))
    kernel = tf.random.stateless_normal((_KERNEL, _KERNEL, filters, filters), (3, 4))
    pictures, kernel = (tf.cast(array, _dtype(precision)) for array in (pictures, kernel))
    convolve = tf.function(lambda: tf.nn.conv2d(pictures, kernel, strides=1, padding="SAME"), autograph=False)
    return Work(2 * _PICTURES * (_PIXELS * _KERNEL * filters) ** 2, lambda: _seconds(convolve))


class Limit:
    """Contestants for ``contest.take_turns`` that do nothing but the arithmetic of a training step.

    Args:
        model: built; its convolutions have stride 1 and padding "same".
        batch_size: rows of a step.
        precision: of the arithmetic, ``float32`` or ``mixed_bfloat16``.
    """

    def __init__(self, model: keras.Model, *, batch_size: int, precision: str) -> None:
        self.batch_size = batch_size
        self.precision = precision
        self.convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
        self.operations_per_image = 2 * count_multiply_adds(model).training

    def matrix_product(self) -> Callable[[], float]:
        """Return a function that returns the seconds for one image's operations, at the rate of a large product."""
        product = matrix_product(self.precision)
        return lambda: product.seconds() * self.operations_per_image / product.operations

    def convolutions_alone(self) -> Callable[[], float]:
        """Return a function that returns the seconds per image of the convolutions and their gradients."""
        calls = [
            call for number, layer in enumerate(self.convolutions) for call in self._calls(layer, first=number == 0)
        ]
        return lambda: sum(map(_seconds, calls)) / self.batch_size

    def _calls(self, layer: keras.layers.Conv2D, *, first: bool) -> list[Callable[[], object]]:
        height, width, filters = layer.output.shape[1:]
        channels = layer.input.shape[-1]
        shapes = {
            "pictures": (self.batch_size, height, width, channels),
            "kernel": tuple(layer.kernel.shape),
            "outputs": (self.batch_size, height, width, filters),
        }
        given: Mapping[str, tf.Tensor] = {
            name: tf.cast(tf.random.stateless_normal(shape, (1, 2)), _dtype(self.precision))
            for name, shape in shapes.items()
        }
        common = {"strides": [1, 1, 1, 1], "padding": "SAME"}

        def forward() -> tf.Tensor:
            return tf.nn.conv2d(given["pictures"], given["kernel"], **common)

        def of_kernel() -> tf.Tensor:
            return tf.raw_ops.Conv2DBackpropFilter(
                input=given["pictures"], filter_sizes=shapes["kernel"], out_backprop=given["outputs"], **common
            )

        def of_pictures() -> tf.Tensor:
            return tf.raw_ops.Conv2DBackpropInput(
                input_sizes=shapes["pictures"], filter=given["kernel"], out_backprop=given["outputs"], **common
            )

        wanted = [forward, of_kernel] if first else [forward, of_kernel, of_pictures]
        return [tf.function(call, autograph=False) for call in wanted]


def _dtype(precision: str) -> tf.DType:
    return tf.bfloat16 if precision == "mixed_bfloat16" else tf.float32


def _seconds(call: Callable[[], object]) -> float:
    """Return the seconds of the fastest of several calls: the one that was least disturbed."""
    call()
    found = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        call()
        found.append(time.perf_counter() - started)
    return min(found)
