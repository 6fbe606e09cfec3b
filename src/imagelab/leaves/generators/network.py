"""The network from latent vectors to leaves: the VAE's decoder and the GAN's generator."""

from collections.abc import Iterator

import keras
from keras import layers

from imagelab.training.normalization import BatchNormalization
from imagelab.training.seeding import seeds

HALVINGS = 3  # 32x32 becomes 4x4


def build_generator(
    latent_dimension: int,
    image_size: int,
    *,
    filters: int,
    seed: int,
    classes: int = 0,
    batch_normalization: bool = False,
) -> keras.Model:
    """Build an uncompiled network from latent vectors to pictures.

    Args:
        latent_dimension: length of a latent vector.
        image_size: pixels, square; a multiple of 8.
        filters: of the transposed convolutions.
        seed: of the weights.
        classes: number of classes that it is conditioned on; 0: it is not conditioned.
        batch_normalization: after each transposed convolution, as in DCGAN (Radford et al. 2015); the report has none.

    Returns:
        A model from (b, latent_dimension) to (b, image_size, image_size, 3) in [0, 1]. With classes it takes a second
        input, the class one-hot, (b, classes).

    Source: the report, section 3; it names no filters for the transposed convolutions.
    """
    stream = seeds(seed)
    start = image_size // 2**HALVINGS
    latent = keras.Input((latent_dimension,), name="latent")  # (b, latent_dimension)
    inputs, x = [latent], latent
    if classes:
        condition = keras.Input((classes,), name="class")
        inputs, x = [latent, condition], layers.Concatenate(name="latent_and_class")([latent, condition])
    x = layers.Dense(start * start * 32, kernel_initializer=glorot(stream), name="dense")(x)
    x = layers.Reshape((start, start, 32), name="reshape")(x)
    for block in range(1, HALVINGS + 1):
        x = layers.Conv2DTranspose(
            filters,
            3,
            strides=2,
            padding="same",
            activation=None if batch_normalization else "relu",
            kernel_initializer=glorot(stream),
            name=f"up_{block}",
        )(x)  # twice as high and wide
        if batch_normalization:
            # A momentum below the default: with few steps an epoch the averages would lag behind.
            x = BatchNormalization(momentum=0.9, name=f"norm_{block}")(x)
            x = layers.ReLU(name=f"relu_{block}")(x)
    image = layers.Conv2D(
        3,
        3,
        padding="same",
        activation="sigmoid",
        kernel_initializer=glorot(stream),
        dtype="float32",
        name="image",
    )(x)  # (b, image_size, image_size, 3)
    return keras.Model(inputs if classes else latent, image, name="generator")


def downsample(x: keras.KerasTensor, *, filters: int, stream: Iterator[int]) -> keras.KerasTensor:
    """Halve height and width three times with strided convolutions; flatten to (b, h/8 * w/8 * filters)."""
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
    """Return Keras's default initializer with the next seed."""
    return keras.initializers.GlorotUniform(next(stream))
