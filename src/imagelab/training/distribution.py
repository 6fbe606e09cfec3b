"""Trained networks as they are handed on: in float32, and small."""

from typing import Any

import keras
import numpy as np
from keras import ops, tree
from numpy.typing import NDArray

from imagelab.training import inference


def for_distribution(model: keras.Model, *, rounded: bool) -> keras.Model:
    """Return the same network in float32, which any processor can use, and with Keras's own batch normalisation.

    Args:
        model: trained.
        rounded: whether kernels, which are all weights of two or more dimensions, are rounded to bfloat16. Their last
            16 bits are then 0, so a compressed file needs about half as much room. A network that was trained in
            ``mixed_bfloat16`` computed with rounded kernels all the time.
    """
    network = inference.in_float32(model, plain=True)
    if rounded:
        network.set_weights([_rounded(weight) if weight.ndim >= 2 else weight for weight in network.get_weights()])
    return network


def _rounded(weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round to the nearest number that bfloat16 has, as Keras does when a layer computes in it."""
    return np.asarray(ops.convert_to_numpy(ops.cast(ops.cast(weight, "bfloat16"), "float32")))


def change_of_outputs(before: keras.Model, after: keras.Model, *, count: int = 16) -> float:
    """Return by how much the outputs of two networks differ on the same random inputs.

    Args:
        before: takes one array or several.
        after: takes the same.
        count: how many inputs; each number is drawn uniformly from [0, 1].

    Returns:
        The root of the mean squared difference, over the standard deviation of the output; of several outputs the
        largest one. Random inputs show whether two networks compute the same, not how well they do.
    """
    random = np.random.default_rng(0)
    inputs = [random.random((count, *given.shape[1:]), dtype=np.float32) for given in before.inputs]
    given: Any = inputs if len(inputs) > 1 else inputs[0]
    outputs = zip(*(tree.flatten(inference.predict(model, given)) for model in (before, after)), strict=True)
    return max(float(np.sqrt(np.square(one - other).mean()) / one.std()) for one, other in outputs)
