"""The network that draws leaves from latent vectors; the VAE's decoder and the GAN's generator alike."""

from collections.abc import Iterator

import keras
from keras import layers

from imagelab.models.seeding import seeds

HALVINGS = 3  # 32x32 becomes 4x4


def build_generator(latent_dimension: int, image_size: int, *, filters: int, seed: int) -> keras.Model:
    """Build an uncompiled network from latent vectors to pictures.

    Args:
        latent_dimension: length of a latent vector.
        image_size: pixels, square; a multiple of 8.
        filters: of the transposed convolutions.
        seed: of the weights.

    Returns:
        A model from (b, latent_dimension) to (b, image_size, image_size, 3) in [0, 1].

    Source: the report, section 3; it names no filters for the transposed convolutions.
    """
    stream = seeds(seed)
    start = image_size // 2**HALVINGS
    latent = keras.Input((latent_dimension,), name="latent")  # (b, latent_dimension)
    x = layers.Dense(start * start * 32, kernel_initializer=glorot(stream), name="dense")(latent)
    x = layers.Reshape((start, start, 32), name="reshape")(x)
    for block in range(1, HALVINGS + 1):
        x = layers.Conv2DTranspose(
            filters,
            3,
            strides=2,
            padding="same",
            activation="relu",
            kernel_initializer=glorot(stream),
            name=f"up_{block}",
        )(x)  # twice as high and wide
    image = layers.Conv2D(
        3,
        3,
        padding="same",
        activation="sigmoid",
        kernel_initializer=glorot(stream),
        dtype="float32",
        name="image",
    )(x)  # (b, image_size, image_size, 3)
    return keras.Model(latent, image, name="generator")


def downsample(x: keras.KerasTensor, *, filters: int, stream: Iterator[int]) -> keras.KerasTensor:
    """Halve height and width three times by convolutions; flatten to (b, h/8 * w/8 * filters)."""
    for block in range(1, HALVINGS + 1):
        x = layers.Conv2D(
            filters,
            3,
            strides=2,
            padding="same",
            activation="relu",
            kernel_initializer=glorot(stream),
            name=f"down_{block}",
        )(x)
    return layers.Flatten(name="flatten")(x)


def glorot(stream: Iterator[int]) -> keras.initializers.Initializer:
    """Keras's default initializer with a seed of its own."""
    return keras.initializers.GlorotUniform(next(stream))
