"""What one would write without this project: a clock network in plain Keras, without seeds or determinism.

Trains one epoch for each line on the standard input, and answers with a line. The folder of pictures and targets
(``images.npy``, float32 in [0, 1], and an array for each output), head, precision, batch size and steps a call are
arguments.
"""

import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers

CLASSES = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
HEADS = {  # by output: units, loss, metric
    "classification": {"time": (720, CLASSES, "accuracy")},
    "regression": {"time": (1, "mean_squared_error", "mean_absolute_error")},
    "multi_head": {"hour": (12, CLASSES, "accuracy"), "minute": (1, "mean_squared_error", "mean_absolute_error")},
    "cyclic": {"time": (4, "mean_squared_error", "mean_absolute_error")},
    "double_classification": {"hour": (12, CLASSES, "accuracy"), "minute": (60, CLASSES, "accuracy")},
}


def main(folder: Path, head: str, precision: str, batch_size: int, steps_per_execution: int) -> None:
    """Build, compile, and wait for lines."""
    keras.config.set_dtype_policy(precision)
    images = np.load(folder / "images.npy")
    targets = {output: np.load(folder / f"{output}.npy") for output in HEADS[head]}
    image = keras.Input(images.shape[1:])
    features = regression_features(image) if head == "regression" else classification_features(image)
    outputs = {}
    for output, (units, _, _) in HEADS[head].items():
        x = minute_features(image) if (head, output) == ("multi_head", "minute") else features
        outputs[output] = layers.Dense(units, dtype="float32", name=output)(x)
    model = keras.Model(image, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(),
        loss={output: loss for output, (_, loss, _) in HEADS[head].items()},
        metrics={output: [metric] for output, (_, _, metric) in HEADS[head].items()},
        steps_per_execution=steps_per_execution,
    )
    # At the epoch's end: fit itself may return seconds later, when a thread of tf.data wakes up.
    answer = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: print("done", flush=True))
    for _ in sys.stdin:
        model.fit(images, targets, batch_size=batch_size, epochs=1, verbose=0, callbacks=[answer])


def trunk(x: keras.KerasTensor) -> keras.KerasTensor:
    """Three blocks: convolution, normalisation, pooling, dropout."""
    for filters, pool in ((16, 3), (32, 2), (32, 2)):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(pool)(x)
        x = layers.Dropout(0.25)(x)
    return layers.Flatten()(x)


def classification_features(image: keras.KerasTensor) -> keras.KerasTensor:
    """The trunk and two dense layers; also those of the heads that are ours."""
    x = trunk(image)
    for units in (144, 60):
        x = layers.Dense(units, activation="relu")(x)
        x = layers.BatchNormalization()(x)
        x = layers.Dropout(0.25)(x)
    return x


def regression_features(image: keras.KerasTensor) -> keras.KerasTensor:
    """The trunk and one dense layer."""
    x = layers.Dense(128, activation="relu")(trunk(image))
    x = layers.BatchNormalization()(x)
    return layers.Dropout(0.5)(x)


def minute_features(x: keras.KerasTensor) -> keras.KerasTensor:
    """The second branch of the multi-head network."""
    for size in (10, 5, 5, 5):
        x = layers.Conv2D(64, size, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
        x = layers.BatchNormalization()(x)
    x = layers.Flatten()(x)
    for units in (128, 64):
        x = layers.Dense(units, activation="relu")(x)
        x = layers.Dropout(0.5)(x)
    return x


if __name__ == "__main__":
    where, which, policy, rows, steps = sys.argv[1:]
    main(Path(where), which, policy, int(rows), int(steps))
