"""The two Keras examples for MNIST that the report quotes: networks, optimizers, training."""

from collections.abc import Mapping
from typing import Literal

import keras
from keras import layers

from imagelab.classification.mlp import build_mlp
from imagelab.settings.classification import KerasExample
from imagelab.storage.splits import Split
from imagelab.training import classifier, inference
from imagelab.training.fit import CheckpointLike
from imagelab.training.run import Outputs
from imagelab.training.seeding import seeds

Example = Literal["mlp", "cnn"]


def build_example_mlp(image_shape: tuple[int, int, int], *, classes: int, seed: int) -> keras.Model:
    """Build the uncompiled network of the Keras example ``mnist_mlp``, from pixels in [0, 1] to logits."""
    return build_mlp(image_shape, hidden=(512, 512), dropout=(0.2, 0.2), l1_on_first=0.0, classes=classes, seed=seed)


def build_example_cnn(image_shape: tuple[int, int, int], *, classes: int, seed: int) -> keras.Model:
    """Build the uncompiled network of the Keras example ``mnist_cnn``, from pixels in [0, 1] to logits.

    Source: the report, section 1.1.
    """
    stream = seeds(seed)

    def initializer() -> keras.initializers.Initializer:
        return keras.initializers.GlorotUniform(next(stream))

    image = keras.Input(image_shape, name="image")  # (b, h, w, c)
    x = layers.Conv2D(32, 3, activation="relu", kernel_initializer=initializer(), name="conv_1")(image)
    x = layers.Conv2D(64, 3, activation="relu", kernel_initializer=initializer(), name="conv_2")(x)  # (b, h-4, w-4, 64)
    x = layers.MaxPooling2D(name="pool")(x)
    x = layers.Dropout(0.25, seed=next(stream), name="dropout_1")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(128, activation="relu", kernel_initializer=initializer(), name="dense")(x)
    x = layers.Dropout(0.5, seed=next(stream), name="dropout_2")(x)
    logits = layers.Dense(classes, kernel_initializer=initializer(), dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name="keras_example_cnn")


def train_example(
    example: Example,
    splits: Mapping[str, Split],
    settings: KerasExample,
    *,
    classes: int,
    seed: int,
    checkpoint: CheckpointLike | None = None,
) -> Outputs:
    """Train one of the examples with its own optimizer.

    Args:
        example: which one.
        splits: ``train``, ``validation`` and ``test``; targets are classes, (n,).
        settings: epochs and batch size.
        classes: how many there are.
        seed: of weights, dropout and order.
        checkpoint: see ``fit.fit``.

    Returns:
        By name of the file: network, history, and logits of each split, (n, classes).

    Raises:
        Diverged: if the loss becomes NaN or infinite.
    """
    build = {"mlp": build_example_mlp, "cnn": build_example_cnn}[example]
    optimizer = keras.optimizers.RMSprop() if example == "mlp" else keras.optimizers.Adadelta(learning_rate=1.0)
    model = build(splits["train"].images.shape[1:], classes=classes, seed=seed)
    history = classifier.train(
        model,
        splits["train"],
        splits["validation"],
        optimizer=optimizer,
        batch_size=settings.batch_size,
        epochs=(settings.mlp if example == "mlp" else settings.cnn).epochs,
        seed=seed,
        label=f"keras example {example}",
        checkpoint=checkpoint,
    )
    logits = {f"{name}_logits.npy": inference.predict(model, split.images) for name, split in splits.items()}
    return {"model.keras": model, "history.csv": history, **logits}
