"""The network of the best classifiers: a whitening layer, blocks of convolutions, a linear layer."""

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from imagelab.runtime.errors import InputError
from imagelab.settings.classification import BestClassifier
from imagelab.training.batches import as_pixels
from imagelab.training.normalization import BatchNormalization
from imagelab.training.seeding import seeds

_MOST_PICTURES = 5_000  # from which the whitening filters are computed
_LEAST_VARIANCE = 5e-4  # added to the patches' variances, so that no filter amplifies noise
_LOGIT_SCALE = 1 / 9  # of the last layer, so that training starts with small logits
_MOMENTUM = 0.6  # of the running statistics: few steps of large batches


def build_best_classifier(
    images: NDArray[Any], settings: BestClassifier, *, classes: int, seed: int, name: str
) -> keras.Model:
    """Build an uncompiled network from pixels in [0, 1], (b, h, w, c), to logits, (b, classes), float32.

    Each block has convolutions of 3x3 with batch normalisation and an activation. The first one is followed by
    max-pooling, which halves height and width. What the last block leaves is reduced to the largest value of each
    channel. Batch normalisation has offsets, and no scales.

    Args:
        images: to train on, (n, h, w, c), bytes or floats in [0, 1]; the first layers whiten pictures like these.
        settings: sizes of the network.
        classes: how many logits.
        seed: of the weights.
        name: of the network.

    Raises:
        InputError: if the pictures are too small for so many blocks.

    Source: Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", 2024, section 3.
    """
    height, width, channels = images.shape[1:]
    smallest = 2 ** len(settings.filters) + (settings.whitening or 1) - 1
    if min(height, width) < smallest:
        expected = f"{smallest} pixels or more on each side, for {len(settings.filters)} blocks"
        raise InputError("pictures", where=name, expected=expected, received=f"{width}x{height}")
    stream = seeds(seed)
    image = keras.Input((height, width, channels), name="image")
    sample = as_pixels(images[:: -(-len(images) // _MOST_PICTURES)]).astype(np.float64)  # evenly spaced
    mean, variance = colour_statistics(sample)
    # In float32, because whitening enlarges small differences between pixels.
    x = layers.Normalization(mean=mean.tolist(), variance=variance.tolist(), dtype="float32", name="normalisation")(
        image
    )
    if settings.whitening is not None:
        filters = whitening_filters((sample - mean) / np.sqrt(variance), settings.whitening)
        whiten = layers.Conv2D(
            filters.shape[-1], settings.whitening, use_bias=False, trainable=False, dtype="float32", name="whitening"
        )
        x = layers.Activation(settings.activation, name=f"{settings.activation}_whitening")(whiten(x))
        whiten.set_weights([filters])
    for block, filters_of_block in enumerate(settings.filters, start=1):
        for place in range(settings.convolutions):
            of_layer = f"{block}{chr(ord('a') + place)}"
            x = _convolution(x, filters_of_block, seed=next(stream), name=f"conv_{of_layer}")
            if place == 0:
                x = layers.MaxPooling2D(name=f"pool_{block}")(x)  # half as high and wide
            x = BatchNormalization(scale=False, momentum=_MOMENTUM, epsilon=1e-5, name=f"norm_{of_layer}")(x)
            x = layers.Activation(settings.activation, name=f"{settings.activation}_{of_layer}")(x)
    x = layers.GlobalMaxPooling2D(name="largest")(x)  # (b, filters of the last block)
    initializer = keras.initializers.GlorotUniform(next(stream))
    x = layers.Dense(classes, use_bias=False, kernel_initializer=initializer, dtype="float32", name="dense")(x)
    logits = layers.Rescaling(_LOGIT_SCALE, dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name=name)


def _convolution(x: Any, filters: int, *, seed: int, name: str) -> Any:
    """Add a convolution of 3x3 whose first filters pass on the channels that it receives."""
    # PyTorch's default, as in the source.
    initializer = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform", seed)
    layer = layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer=initializer, name=name)
    outputs = layer(x)
    (kernel,) = layer.get_weights()  # (3, 3, channels, filters)
    passed = min(kernel.shape[2:])
    kernel[..., :passed] = 0
    kernel[1, 1, np.arange(passed), np.arange(passed)] = 1
    layer.set_weights([kernel])
    return outputs


def colour_statistics(pictures: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and variance of each channel, (c,) each, of pictures in [0, 1], (n, h, w, c)."""
    return pictures.mean(axis=(0, 1, 2)), pictures.var(axis=(0, 1, 2)) + _LEAST_VARIANCE


def whitening_filters(normalised: NDArray[np.float64], size: int) -> NDArray[np.float32]:
    """Compute filters that whiten the patches of pictures.

    They are the eigenvectors of the patches' covariance, each divided by its standard deviation, and their negatives,
    so that a rectifier after them loses nothing.

    Args:
        normalised: pictures whose channels have mean 0 and variance 1, (n, h, w, c).
        size: side of the patches in pixels.

    Returns:
        Shape (size, size, c, 2 size² c).

    Source: Page, "How to Train Your ResNet 8: Bag of Tricks", 2019, "input patch whitening".
    """
    windows = np.lib.stride_tricks.sliding_window_view(normalised, (size, size), axis=(1, 2))  # (n, h', w', c, k, k)
    patches = windows.reshape(-1, normalised.shape[-1] * size * size)
    with threadpool_limits(limits=1, user_api="blas"):  # the number of threads would change the last digits
        values, vectors = np.linalg.eigh(patches.T @ patches / len(patches))
    filters = (vectors / np.sqrt(values + _LEAST_VARIANCE)).reshape(-1, size, size, len(vectors))  # (c, k, k, filters)
    return np.concatenate([filters, -filters], axis=-1).transpose(1, 2, 0, 3).astype(np.float32)
