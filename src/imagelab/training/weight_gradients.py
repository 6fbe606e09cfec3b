"""Weight gradients of convolutions over small pictures in bfloat16, as matrix products.

TensorFlow computes them at half the speed of the layer itself, since oneDNN has no blocked matrix product for them on
processors with AVX-512. A product for each position of the kernel is faster where the pictures are small: in the
report's CNN the last two convolutions, of 7 x 7 pixels.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras

_MOST_PIXELS = 64  # of a picture; with 14 x 14 pixels TensorFlow's own kernel is faster


def use_matrix_products(model: keras.Model) -> None:
    """Let the convolutions of a network that gain by it compute their weight gradients by matrix products.

    Only these objects change, not their classes, so networks are saved with Keras's own layers.

    Args:
        model: built; before its first step is traced. The processor must be the device.
    """
    for layer in model._flatten_layers():
        if _gains(layer):
            layer.call = partial(_convolve, layer)


def _gains(layer: keras.Layer) -> bool:
    if type(layer) is not keras.layers.Conv2D or layer.compute_dtype != "bfloat16":
        return False
    height, width = layer.output.shape[1:3]
    ordinary = (layer.strides, layer.dilation_rate, layer.groups, layer.padding) == ((1, 1), (1, 1), 1, "same")
    known = layer.activation in (keras.activations.relu, keras.activations.linear) and layer.use_bias
    odd = all(size % 2 for size in layer.kernel_size)
    small = height is not None and width is not None and height * width <= _MOST_PIXELS
    return bool(ordinary and known and odd and small)


def _convolve(layer: keras.layers.Conv2D, inputs: Any) -> Any:
    """Do what the layer does, (b, h, w, channels) to (b, h, w, filters); with gradients of its own."""
    import tensorflow as tf

    rectified = layer.activation is keras.activations.relu

    def convolve(pictures: Any, kernel: Any, bias: Any) -> tuple[Any, Callable[[Any], tuple[Any, Any, Any]]]:
        outputs = tf.nn.bias_add(tf.nn.conv2d(pictures, kernel, 1, "SAME"), bias)
        if rectified:
            outputs = tf.nn.relu(outputs)

        def gradients(of_outputs: Any) -> tuple[Any, Any, Any]:
            if rectified:
                of_outputs = tf.raw_ops.ReluGrad(gradients=of_outputs, features=outputs)
            of_pictures = tf.raw_ops.Conv2DBackpropInput(
                input_sizes=tf.shape(pictures),
                filter=kernel,
                out_backprop=of_outputs,
                strides=[1, 1, 1, 1],
                padding="SAME",
            )
            of_bias = tf.raw_ops.BiasAddGrad(out_backprop=of_outputs)
            return of_pictures, _of_kernel(pictures, of_outputs, kernel.shape), of_bias

        return outputs, gradients

    arguments = (tf.cast(value, layer.compute_dtype) for value in (inputs, layer.kernel, layer.bias))
    return tf.custom_gradient(convolve)(*arguments)


def _of_kernel(pictures: Any, of_outputs: Any, shape: tuple[int, int, int, int]) -> Any:
    """Return the gradient of a kernel, (kernel height, kernel width, channels, filters).

    For each of its positions that is the product of the pictures, shifted so far, with the gradient of the outputs.
    """
    import tensorflow as tf

    down, right, channels, filters = shape
    height, width = of_outputs.shape[1:3]
    edges = [[0, 0], [down // 2, down // 2], [right // 2, right // 2], [0, 0]]
    padded = tf.pad(pictures, edges)
    flat = tf.reshape(of_outputs, (-1, filters))
    products = [
        tf.matmul(tf.reshape(padded[:, y : y + height, x : x + width], (-1, channels)), flat, transpose_a=True)
        for y in range(down)
        for x in range(right)
    ]
    return tf.reshape(tf.stack(products), shape)
