"""The arithmetic that a network needs, counted from its layers."""

import math
from typing import NamedTuple

import keras


class MultiplyAdds(NamedTuple):
    """Multiplications, each with an addition, for one picture."""

    forward: int
    training: int  # of a training step, by the number of its pictures


def count_multiply_adds(model: keras.Model) -> MultiplyAdds:
    """Count the multiply-adds of convolutions and dense layers; all else needs few operations beside them.

    A convolution uses each number of its kernel, height x width x channels x filters, once for each position of its
    output, a dense layer once. A training step takes as many again for the gradient of a layer's kernel, if the layer
    is trained, and as many again for the gradient of its inputs, if a layer before it is trained.

    Args:
        model: built; its layers form a chain.

    Raises:
        ValueError: if another kind of layer has a kernel.
    """
    forward, training, trained_before = 0, 0, False
    for layer in model.layers:
        if all(len(weight.shape) < 2 for weight in layer.weights):
            continue  # batch normalisation, pooling
        if not isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
            raise ValueError(f"layer {layer.name}: expected a convolution or a dense layer, received {type(layer)}")
        own = math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:-1])
        forward += own
        training += own * (1 + layer.trainable + trained_before)
        trained_before = trained_before or layer.trainable
    return MultiplyAdds(forward, training)
