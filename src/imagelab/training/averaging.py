"""The moving average of a network's weights, which generalises better than the weights of the last step."""

import keras
import numpy as np

from imagelab.training.batches import Batches
from imagelab.training.steps import Steps

_BATCHES = 100  # after which a moving average with momentum 0.9 holds nothing of its start


def use_average(model: keras.Model, batches: Batches) -> None:
    """Replace the weights by their moving average, and estimate the statistics of batch normalisation again.

    The statistics belong to the weights of the last steps. So some batches pass through the network in training mode,
    with the averaged weights: as training steps with the learning rate 0, which change nothing else.

    Args:
        model: compiled, and trained, with an optimizer that has ``use_ema``.
        batches: of the training split.

    Source: Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization", section 3.2.
    """
    model.optimizer.finalize_variable_values(model.trainable_variables)
    model.optimizer = keras.optimizers.SGD(0.0)
    model.optimizer.build(model.trainable_variables)
    rows = np.resize(batches.order(0), _BATCHES * batches.batch_size)  # again from the first one if there are fewer
    Steps(model, training=True).over(batches)(rows)
