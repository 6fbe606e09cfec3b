"""Load trained networks and ask them."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from imagelab import labels
from imagelab.batches import EVALUATION_BATCH_SIZE, Batches
from imagelab.errors import InputError
from imagelab.params import Head


def predict_times(model: keras.Model, head: Head, images: NDArray[Any]) -> NDArray[np.float64]:
    """Read clocks.

    Args:
        model: trained, with the given head.
        head: how to decode what it says.
        images: (n, height, width, 1), uint8 in 0..255.

    Returns:
        Minutes past twelve, in [0, 720); shape (n,).
    """
    outputs = predict(model, images)
    match head:
        case "classification":
            return labels.from_classification(outputs)
        case "regression":
            return labels.from_regression(outputs)
        case "multi_head":
            return labels.from_multi_head(outputs["hour"], outputs["minute"])
        case "cyclic":
            return labels.from_cyclic(outputs)
        case "double_classification":
            return labels.from_double_classification(outputs["hour"], outputs["minute"])


def read_clocks(reader: keras.Model, images: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read clocks with the reader.

    Args:
        reader: trained, of ``models.reader``.
        images: (n, size, size, 1), uint8 in 0..255, of the size that the reader was built for.

    Returns:
        Minutes past twelve, whole numbers in [0, 720), and the probability that the reader gives to each; both (n,).
    """
    outputs = predict(reader, images)
    return labels.from_reader(outputs["minute"], outputs["hour_part"])


def predict(model: keras.Model, inputs: NDArray[Any]) -> Any:
    """Return the network's outputs for pictures or latent vectors, row by row in order."""
    return model.predict(Batches(inputs, None, batch_size=EVALUATION_BATCH_SIZE), verbose=0)


def load_model(path: Path) -> keras.Model:
    """Load a ``.keras`` archive in Keras's safe mode: no code in it is run.

    Raises:
        InputError: if there is none, or it is damaged.
    """
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError) as error:
        received = " ".join(str(error).split())
        raise InputError("model", where=path, expected="a .keras archive", received=received) from None


def draw_latent(count: int, dimension: int, *, seed: int) -> NDArray[np.float32]:
    """Draw latent vectors from the standard normal distribution; shape (count, dimension)."""
    return np.random.default_rng(seed).standard_normal((count, dimension), dtype=np.float32)


def interpolate(first: NDArray[np.float32], second: NDArray[np.float32], *, steps: int) -> NDArray[np.float32]:
    """Walk on straight lines from the first vectors to the second ones.

    Args:
        first: shape (n, dimension).
        second: shape (n, dimension).
        steps: vectors of a line, both ends included; 2 at least.

    Returns:
        Line after line; shape (n * steps, dimension).

    Source: the report, section 3.3.
    """
    weights = np.linspace(0, 1, steps, dtype=np.float32)[None, :, None]
    lines = (1 - weights) * first[:, None] + weights * second[:, None]  # (n, steps, dimension)
    return lines.reshape(-1, first.shape[1])


def generate(generator: keras.Model, latent: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return one picture a latent vector: (n, h, w, 3), in [0, 1]."""
    pictures: NDArray[np.float32] = generator.predict(latent, batch_size=EVALUATION_BATCH_SIZE, verbose=0)
    return pictures
