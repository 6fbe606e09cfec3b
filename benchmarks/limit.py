"""The machine's limit for a CNN: a large matrix product, and the convolutions of the network alone."""

import time
from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

SIZE = 2048  # of the square matrices
REPEATS = 10


class Limit:
    """Contestants for ``contest.take_turns`` that do nothing but the arithmetic of a training step.

    Args:
        model: built; its convolutions have stride 1 and padding "same".
        batch_size: rows of a step.
        precision: of the arithmetic, ``float32`` or ``mixed_bfloat16``.
    """

    def __init__(self, model: keras.Model, *, batch_size: int, precision: str) -> None:
        self.batch_size = batch_size
        self.dtype = tf.bfloat16 if precision == "mixed_bfloat16" else tf.float32
        self.convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
        self.dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]

    def operations_per_image(self) -> int:
        """Return the multiplications and additions of a training step, by its number of images.

        A layer takes as many for its outputs as for the gradient of its weights, and as for that of its inputs, which
        the first layer does not need.
        """
        forward = [2 * layer.kernel.shape.num_elements() * _positions(layer) for layer in self.convolutions]
        forward += [2 * layer.kernel.shape.num_elements() for layer in self.dense]
        return int(3 * sum(forward) - forward[0])

    def matrix_product(self) -> Callable[[], float]:
        """Return a function that returns the seconds for one image's operations, at the rate of a large product."""
        factor = tf.cast(tf.random.stateless_normal((SIZE, SIZE), (1, 2)), self.dtype)
        multiply = tf.function(lambda: tf.matmul(factor, factor), autograph=False)
        return lambda: _seconds(multiply) * self.operations_per_image() / (2 * SIZE**3)

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
            name: tf.cast(tf.random.stateless_normal(shape, (1, 2)), self.dtype) for name, shape in shapes.items()
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


def _positions(layer: keras.layers.Conv2D) -> int:
    height, width = layer.output.shape[1:3]
    return int(height * width)


def _seconds(call: Callable[[], object]) -> float:
    """Return the seconds of the fastest of several calls: the one that was least disturbed."""
    call()
    found = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        call()
        found.append(time.perf_counter() - started)
    return min(found)
