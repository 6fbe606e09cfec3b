"""Layers that several heads share. The report's classification network is their source, section 2.2."""

from collections.abc import Iterator

import keras
from keras import layers

from imagelab.training.normalization import BatchNormalization


def initializer(stream: Iterator[int]) -> keras.initializers.Initializer:
    """Return an initializer of weights with the next seed."""
    return keras.initializers.GlorotUniform(next(stream))


def flat_trunk(image: keras.KerasTensor, stream: Iterator[int]) -> keras.KerasTensor:
    """Apply three convolution blocks and flatten: (b, h, w, c) to (b, h/12 * w/12 * 32)."""
    x = image
    for block, (filters, pool) in enumerate(((16, 3), (32, 2), (32, 2)), start=1):
        x = layers.Conv2D(
            filters, 3, padding="same", kernel_initializer=initializer(stream), name=f"trunk_conv_{block}"
        )(x)
        x = layers.ReLU(name=f"trunk_relu_{block}")(x)
        x = BatchNormalization(name=f"trunk_norm_{block}")(x)
        x = layers.MaxPooling2D(pool, name=f"trunk_pool_{block}")(x)  # (b, h/pool, w/pool, filters)
        x = layers.Dropout(0.25, seed=next(stream), name=f"trunk_dropout_{block}")(x)
    return layers.Flatten(name="trunk_flatten")(x)


def dense_block(
    x: keras.KerasTensor, units: int, rate: float, stream: Iterator[int], *, name: str
) -> keras.KerasTensor:
    """Apply a dense layer with ReLU, batch normalisation and dropout: (b, n) to (b, units)."""
    x = layers.Dense(units, kernel_initializer=initializer(stream), name=name)(x)
    x = layers.ReLU(name=f"{name}_relu")(x)
    x = BatchNormalization(name=f"{name}_norm")(x)
    return layers.Dropout(rate, seed=next(stream), name=f"{name}_dropout")(x)


def features(image: keras.KerasTensor, stream: Iterator[int]) -> keras.KerasTensor:
    """Apply the classification network up to its last layer: (b, h, w, c) to (b, 60)."""
    x = flat_trunk(image, stream)
    x = dense_block(x, 144, 0.25, stream, name="dense_1")
    return dense_block(x, 60, 0.25, stream, name="dense_2")


def output(x: keras.KerasTensor, units: int, stream: Iterator[int], *, name: str) -> keras.KerasTensor:
    """Apply a last layer, without an activation: (b, n) to (b, units), float32 whatever the precision."""
    return layers.Dense(units, kernel_initializer=initializer(stream), dtype="float32", name=name)(x)
