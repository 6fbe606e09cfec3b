"""A small classifier of real leaves; generated leaves are compared with real ones in the space of its features."""

import keras
from keras import layers

from imagelab.leaves.data import count_classes
from imagelab.settings.leaves import LeafClassifier
from imagelab.storage.splits import Split
from imagelab.training import classifier, inference
from imagelab.training.fit import CheckpointLike
from imagelab.training.normalization import BatchNormalization
from imagelab.training.run import Outputs
from imagelab.training.seeding import seeds

_FEATURES = "features"  # name of the layer


def build_leaf_classifier(image_size: int, settings: LeafClassifier, *, classes: int, seed: int) -> keras.Model:
    """Build an uncompiled network from pixels in [0, 1], (b, image_size, image_size, 3), to logits, (b, classes).

    Args:
        image_size: pixels, square; a multiple of 8.
        settings: filters and units.
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
        # A momentum below the default: with few steps an epoch the averages would lag behind.
        x = BatchNormalization(momentum=0.9, name=f"norm_{block}")(x)
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


def train_on_leaves(
    training: Split, held_out: Split, settings: LeafClassifier, *, seed: int, checkpoint: CheckpointLike | None = None
) -> Outputs:
    """Train a new classifier with Adam.

    Args:
        training: real leaves; targets are classes, (n,).
        held_out: measured after each epoch.
        settings: network and training.
        seed: of weights and order.
        checkpoint: see ``fit.fit``.

    Returns:
        By name of the file: network, history, and logits of the held-out leaves, (n, classes).

    Raises:
        Diverged: if the loss becomes NaN or infinite.
    """
    classes = count_classes(training.targets)
    model = build_leaf_classifier(training.images.shape[1], settings, classes=classes, seed=seed)
    history = classifier.train(
        model,
        training,
        held_out,
        optimizer=classifier.make_optimizer("adam", settings.learning_rate),
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        seed=seed,
        label="leaf classifier",
        checkpoint=checkpoint,
    )
    return {
        "model.keras": model,
        "history.csv": history,
        "held_out_logits.npy": inference.predict(model, held_out.images),
    }


def feature_network(model: keras.Model) -> keras.Model:
    """Return the classifier up to its features, (b, features); weights are shared."""
    return keras.Model(model.inputs, model.get_layer(_FEATURES).output, name=_FEATURES)
