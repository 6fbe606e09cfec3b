"""A small classifier of real leaves, in whose features generated ones are measured."""

import keras
from keras import layers

from imagelab.settings.leaves import LeafClassifier
from imagelab.training.normalization import BatchNormalization
from imagelab.training.seeding import seeds

_FEATURES = "features"  # name of the layer


def build_leaf_classifier(image_size: int, settings: LeafClassifier, *, classes: int, seed: int) -> keras.Model:
    """Build an uncompiled network from pixels in [0, 1], (b, image_size, image_size, 3), to logits, (b, classes).

    Args:
        image_size: pixels, square; a multiple of 8.
        settings: its sizes.
        classes: how many logits.
        seed: of the weights.

    Source: the project's own.
    """
    stream = seeds(seed)
    image = keras.Input((image_size, image_size, 3), name="image")
    x = image
    for block, filters in enumerate(settings.filters, start=1):
        initializer = keras.initializers.HeNormal(next(stream))
        x = layers.Conv2D(
            filters, 3, padding="same", use_bias=False, kernel_initializer=initializer, name=f"conv_{block}"
        )(x)
        x = BatchNormalization(momentum=0.9, name=f"norm_{block}")(x)  # the default lags: few steps an epoch
        x = layers.ReLU(name=f"relu_{block}")(x)
        x = layers.MaxPooling2D(name=f"pool_{block}")(x)  # half as high and wide
    x = layers.GlobalAveragePooling2D(name="average")(x)  # (b, filters of the last block)
    initializer = keras.initializers.HeNormal(next(stream))
    x = layers.Dense(
        settings.features, activation="relu", kernel_initializer=initializer, dtype="float32", name=_FEATURES
    )(x)
    initializer = keras.initializers.GlorotUniform(next(stream))
    logits = layers.Dense(classes, kernel_initializer=initializer, dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name="leaf_classifier")


def feature_network(classifier: keras.Model) -> keras.Model:
    """Return the classifier up to its features, (b, features); weights are shared."""
    return keras.Model(classifier.inputs, classifier.get_layer(_FEATURES).output, name=_FEATURES)
