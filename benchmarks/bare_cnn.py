"""What one would write without this project: the report's CNN in plain Keras, without seeds or determinism.

Trains one epoch for each line on the standard input, and answers with a line. Data, precision, number of images and
batch size are arguments; optimizer and network are those of ``benchmarks.search``.
"""

import gzip
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers


def main(data: Path, precision: str, count: int, batch_size: int) -> None:
    """Build, compile, and wait for lines."""
    keras.config.set_dtype_policy(precision)
    images = np.frombuffer(gzip.decompress((data / "train-images-idx3-ubyte.gz").read_bytes()), np.uint8, offset=16)
    labels = np.frombuffer(gzip.decompress((data / "train-labels-idx1-ubyte.gz").read_bytes()), np.uint8, offset=8)
    pixels = images.reshape(-1, 28, 28, 1)[:count].astype("float32") / 255
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
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adamax(0.0005), loss=loss, metrics=["accuracy"])
    for _ in sys.stdin:
        model.fit(pixels, labels[:count], batch_size=batch_size, epochs=1, verbose=0)
        print("done", flush=True)


if __name__ == "__main__":
    folder, policy, images_to_use, rows = sys.argv[1:]
    main(Path(folder), policy, int(images_to_use), int(rows))
