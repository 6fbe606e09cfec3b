"""Fully connected classifiers: the report's six variants, and the Keras example for MNIST."""

from collections.abc import Sequence

import keras
from keras import layers

from imagelab.training.seeding import seeds


def build_mlp(
    image_shape: tuple[int, int, int],
    *,
    hidden: Sequence[int],
    dropout: Sequence[float],
    l1_on_first: float,
    classes: int,
    seed: int,
) -> keras.Model:
    """Build an uncompiled network from pixels in [0, 1] to logits.

    Args:
        image_shape: height, width, channels.
        hidden: units of each hidden layer, ReLU.
        dropout: rate after each hidden layer, 0 for none.
        l1_on_first: factor of the L1 penalty on the first hidden layer's weights, 0 for none.
        classes: how many logits.
        seed: of the weights and the dropouts.

    Raises:
        ValueError: if there is not one dropout rate for each hidden layer.

    Source: the report, section 1.3.1; with (512, 512), (0.2, 0.2) the Keras example ``mnist_mlp``.
    """
    if len(dropout) != len(hidden):
        raise ValueError(f"one dropout rate for each of {len(hidden)} hidden layers; received {list(dropout)}")
    stream = seeds(seed)
    image = keras.Input(image_shape, name="image")  # (b, h, w, c)
    x = layers.Flatten(name="flatten")(image)  # (b, h*w*c)
    for index, (units, rate) in enumerate(zip(hidden, dropout, strict=True), start=1):
        x = layers.Dense(
            units,
            activation="relu",
            kernel_initializer=keras.initializers.GlorotUniform(next(stream)),
            kernel_regularizer=keras.regularizers.L1(l1_on_first) if index == 1 and l1_on_first else None,
            name=f"dense_{index}",
        )(x)  # (b, units)
        if rate:
            x = layers.Dropout(rate, seed=next(stream), name=f"dropout_{index}")(x)
    initializer = keras.initializers.GlorotUniform(next(stream))
    logits = layers.Dense(classes, kernel_initializer=initializer, dtype="float32", name="logits")(x)  # (b, classes)
    return keras.Model(image, logits, name="mlp")
