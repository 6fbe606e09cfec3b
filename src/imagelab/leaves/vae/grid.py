"""Encoder and decoder whose latent vector is a grid of positions in the picture."""

from collections.abc import Iterator

import keras
from keras import layers

from imagelab.leaves.generators.network import glorot
from imagelab.runtime.errors import InputError
from imagelab.training.normalization import BatchNormalization
from imagelab.training.seeding import seeds

_PATCH = 4  # pixels between two positions of the grid
_BLOCKS = 2  # residual blocks in each network


def build_grid_encoder(image_size: int, latent_dimension: int, *, filters: int, seed: int) -> keras.Model:
    """Build an uncompiled encoder whose latent vector has a part for each position of a grid on the picture.

    A convolution with overlapping patches gives one position for every fourth pixel of every fourth row. No dense layer
    is needed, and a few epochs suffice.

    Returns:
        A model from (b, image_size, image_size, 3) in [0, 1] to (b, 2 * latent_dimension): means, then log-variances.

    Raises:
        InputError: as ``build_vae``.
    """
    stream = seeds(seed)
    channels = _channels(latent_dimension, image_size)
    image = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Conv2D(
        filters, 2 * _PATCH, strides=_PATCH, padding="same", kernel_initializer=glorot(stream), name="patches"
    )(image)  # (b, image_size/4, image_size/4, filters)
    x = layers.LeakyReLU(0.2, name="patches_relu")(x)
    for block in range(1, _BLOCKS + 1):
        x = _residual(x, filters, stream, name=f"residual_{block}")
    statistics = [
        layers.Flatten(name=f"{name}_flatten", dtype="float32")(
            layers.Conv2D(channels, 1, kernel_initializer=glorot(stream), dtype="float32", name=name)(x)
        )
        for name in ("mean", "log_variance")
    ]
    return keras.Model(image, layers.Concatenate(dtype="float32", name="statistics")(statistics), name="encoder")


def build_grid_decoder(latent_dimension: int, image_size: int, *, filters: int, seed: int) -> keras.Model:
    """Build the uncompiled decoder for the latent vectors of ``build_grid_encoder``.

    Returns:
        A model from (b, latent_dimension) to (b, image_size, image_size, 3) in [0, 1].

    Raises:
        InputError: as ``build_vae``.
    """
    stream = seeds(seed)
    side = image_size // _PATCH
    latent = keras.Input((latent_dimension,), name="latent")
    x = layers.Reshape((side, side, _channels(latent_dimension, image_size)), name="grid")(latent)
    x = layers.Conv2D(filters, 3, padding="same", kernel_initializer=glorot(stream), name="conv")(x)
    x = layers.LeakyReLU(0.2, name="relu")(x)
    for block in range(1, _BLOCKS + 1):
        x = _residual(x, filters, stream, name=f"residual_{block}")
    x = layers.Conv2DTranspose(
        24, 2 * _PATCH, strides=_PATCH, padding="same", kernel_initializer=glorot(stream), name="patches"
    )(x)  # (b, image_size, image_size, 24)
    x = layers.LeakyReLU(0.2, name="patches_relu")(x)
    initializer = glorot(stream)
    image = layers.Conv2D(
        3, 3, padding="same", activation="sigmoid", kernel_initializer=initializer, dtype="float32", name="image"
    )(x)
    return keras.Model(latent, image, name="generator")


def _channels(latent_dimension: int, image_size: int) -> int:
    """Return how many numbers of the latent vector belong to each position."""
    positions = (image_size // _PATCH) ** 2
    if latent_dimension % positions:
        expected = f"a multiple of {positions}, the positions of a grid on {image_size} pixels (or vae.code: vector)"
        raise InputError("latent dimension", where="vae", expected=expected, received=latent_dimension)
    return latent_dimension // positions


def _residual(x: keras.KerasTensor, filters: int, stream: Iterator[int], *, name: str) -> keras.KerasTensor:
    """Residual block: two convolutions with batch normalisation and a shortcut (He et al. 2016); (b, h, w, filters)."""
    y = x
    for index in (1, 2):
        y = layers.Conv2D(
            filters, 3, padding="same", use_bias=False, kernel_initializer=glorot(stream), name=f"{name}_conv_{index}"
        )(y)
        # A momentum below the default: with few steps an epoch the averages would lag behind.
        y = BatchNormalization(momentum=0.9, name=f"{name}_norm_{index}")(y)
        if index == 1:
            y = layers.LeakyReLU(0.2, name=f"{name}_relu_1")(y)
    return layers.LeakyReLU(0.2, name=f"{name}_relu_2")(layers.Add(name=f"{name}_add")([x, y]))
