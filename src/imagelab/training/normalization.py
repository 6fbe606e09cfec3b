"""Batch normalisation as one operation of the backend."""

import math
from typing import Any

import keras
from keras import ops

from imagelab.training import backend


@keras.saving.register_keras_serializable("imagelab")
class BatchNormalization(keras.layers.BatchNormalization):
    """Keras's layer, computed by the backend's fused operation.

    Keras composes the layer of a dozen elementary operations, each a pass over memory, in float32 whatever the
    precision. In the clock networks they took two thirds of a training step. Weights, their names and the outputs are
    those of Keras's layer, except for the last digits. On a backend without a fused operation, and with arguments that
    it does not support, Keras's own code runs.
    """

    def call(self, inputs: keras.KerasTensor, training: bool | None = None, mask: Any = None) -> keras.KerasTensor:
        """Normalise a batch, (b, ..., c), with its own statistics in training, else with the moving averages."""
        plain = self.axis in (-1, len(inputs.shape) - 1) and self.center
        if mask is not None or not plain or self.renorm or self.synchronized or not backend.fuses_batch_normalization():
            return super().call(inputs, training=training, mask=mask)
        by_batch = bool(training) and self.trainable
        inner = inputs.shape[1:-1]  # the operation expects (b, h, w, c)
        pictures = ops.reshape(inputs, (-1, math.prod(inner), 1, inputs.shape[-1]))
        outputs, mean, variance = backend.fused_batch_normalization(
            pictures,
            scale=self.gamma if self.scale else ops.ones(inputs.shape[-1:]),
            offset=self.beta,
            statistics=None if by_batch else (self.moving_mean, self.moving_variance),
            epsilon=self.epsilon,
        )
        if by_batch:
            for average, current in ((self.moving_mean, mean), (self.moving_variance, variance)):
                average.assign(average * self.momentum + current * (1.0 - self.momentum))
        return ops.reshape(outputs, (-1, *inputs.shape[1:]))
