"""The convolutional classifier that the report takes from Géron's book."""

from typing import Any

import keras
from keras import layers

from imagelab.training.seeding import seeds


def build_cnn(
    image_shape: tuple[int, int, int],
    *,
    filters: tuple[int, int, int],
    dense: tuple[int, int],
    dropout: float,
    batch_normalization: bool,
    classes: int,
    seed: int,
) -> keras.Model:
    """Build an uncompiled network from pixels in [0, 1] to logits.

    Args:
        image_shape: height, width, channels; 8x8 at least.
        filters: of the 7x7 convolution, of the first and of the second pair of 3x3 convolutions.
        dense: units of the two dense layers.
        dropout: rate after each dense layer.
        batch_normalization: whether to normalise right before flattening.
        classes: how many logits.
        seed: of the weights and the dropouts.

    Source: the report, section 1.3.2, after Géron, "Hands-On Machine Learning", chapter 14. With (64, 128, 256) and
    (128, 64) on 28x28x1 it has 1,413,834 parameters. The report names no initializer, so this is Keras's default
    (Glorot uniform), as in the book's second edition; the third edition uses He normal.
    """
    stream = seeds(seed)

    def convolution(width: int, size: int, name: str) -> Any:
        initializer = keras.initializers.GlorotUniform(next(stream))
        return layers.Conv2D(width, size, padding="same", activation="relu", kernel_initializer=initializer, name=name)

    image = keras.Input(image_shape, name="image")  # (b, h, w, c)
    x = convolution(filters[0], 7, "conv_1")(image)
    x = layers.MaxPooling2D(name="pool_1")(x)  # (b, h/2, w/2, filters[0])
    for block, width in enumerate(filters[1:], start=2):
        x = convolution(width, 3, f"conv_{block}a")(x)
        x = convolution(width, 3, f"conv_{block}b")(x)
        x = layers.MaxPooling2D(name=f"pool_{block}")(x)  # half as high and wide
    if batch_normalization:
        x = layers.BatchNormalization(name="batch_normalization")(x)
    x = layers.Flatten(name="flatten")(x)  # (b, h/8 * w/8 * filters[2])
    for index, units in enumerate(dense, start=1):
        initializer = keras.initializers.GlorotUniform(next(stream))
        x = layers.Dense(units, activation="relu", kernel_initializer=initializer, name=f"dense_{index}")(x)
        x = layers.Dropout(dropout, seed=next(stream), name=f"dropout_{index}")(x)
    initializer = keras.initializers.GlorotUniform(next(stream))
    logits = layers.Dense(classes, kernel_initializer=initializer, dtype="float32", name="logits")(x)  # (b, classes)
    return keras.Model(image, logits, name="cnn_batch_norm" if batch_normalization else "cnn")
