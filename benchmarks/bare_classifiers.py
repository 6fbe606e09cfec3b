"""What one would write without this project: the report's CNN or MLP in plain Keras, without seeds or determinism.

Trains one epoch for each line on the standard input, and answers with a line. The network, the data, precision, number
of images and batch size are arguments; optimizers and networks are those of ``benchmarks.search``.
"""

import gzip
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers


def main(network: str, data: Path, precision: str, count: int, batch_size: int) -> None:
    """Build, compile, and wait for lines."""
    keras.config.set_dtype_policy(precision)
    images = np.frombuffer(gzip.decompress((data / "train-images-idx3-ubyte.gz").read_bytes()), np.uint8, offset=16)
    labels = np.frombuffer(gzip.decompress((data / "train-labels-idx1-ubyte.gz").read_bytes()), np.uint8, offset=8)
    pixels = images.reshape(-1, 28, 28, 1)[:count].astype("float32") / 255
    model, optimizer = cnn() if network == "cnn" else mlp()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
    # At the epoch's end: fit itself may return seconds later, when a thread of tf.data wakes up.
    answer = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: print("done", flush=True))
    for _ in sys.stdin:
        model.fit(pixels, labels[:count], batch_size=batch_size, epochs=1, verbose=0, callbacks=[answer])


def cnn() -> tuple[keras.Model, keras.Optimizer]:
    """The report's CNN, and the optimizer of the best of its table 2."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(64, 7, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(128, 3, padding="same", activation="relu"),
            layers.Conv2D(128, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(256, 3, padding="same", activation="relu"),
            layers.Conv2D(256, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, dtype="float32"),
        ]
    )
    return model, keras.optimizers.Adamax(0.0005)


def mlp() -> tuple[keras.Model, keras.Optimizer]:
    """The report's MLP with two hidden layers."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Flatten(),
            layers.Dense(300, activation="relu"),
            layers.Dense(100, activation="relu"),
            layers.Dense(10, dtype="float32"),
        ]
    )
    return model, keras.optimizers.Adam(0.001)


if __name__ == "__main__":
    which, folder, policy, images_to_use, rows = sys.argv[1:]
    main(which, Path(folder), policy, int(images_to_use), int(rows))
