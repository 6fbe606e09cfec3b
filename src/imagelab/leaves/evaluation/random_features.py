"""A fixed convolutional network with random weights: features that depend on no labels and no training."""

import keras
import numpy as np
from keras import layers

_SEED = 0  # the same features in every run, whatever its seed, so that distances compare
_FILTERS = (32, 64, 128)
_FEATURES = 32  # a Fréchet distance needs about three times as many pictures; the default profile holds out 91


def build_random_features(image_size: int) -> keras.Model:
    """Build the network from pixels in [0, 1], (b, image_size, image_size, 3), to features, (b, 32), in float32.

    The weights are drawn by NumPy, so that every backend of Keras has the same.

    Args:
        image_size: pixels, square; a multiple of 8.

    Source: Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models", 2020, section 5, measures in
    a random VGG16 (with 64 or 4,096 features); this is a smaller network of the same kind. Like that one it has max
    pooling, which keeps features sensitive to blur.
    """
    rng = np.random.default_rng(_SEED)
    image = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(2.0, -1.0, dtype="float32", name="centre")(image)  # to [-1, 1]
    for block, filters in enumerate(_FILTERS, start=1):
        x = layers.Conv2D(
            filters, 3, padding="same", activation="relu", use_bias=False, dtype="float32", name=f"conv_{block}"
        )(x)
        x = layers.MaxPooling2D(2, dtype="float32", name=f"pool_{block}")(x)  # half as high and wide
    x = layers.Flatten(dtype="float32", name="flatten")(x)
    features = layers.Dense(_FEATURES, use_bias=False, dtype="float32", name="random_features")(x)
    network = keras.Model(image, features, name="random_features")
    network.set_weights([_he_normal(weight.shape, rng) for weight in network.weights])
    return network


def _he_normal(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    inputs = int(np.prod(shape[:-1]))
    return rng.normal(0, np.sqrt(2 / inputs), shape).astype(np.float32)
