"""Ask trained clock networks for the time."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from imagelab import inference, labels
from imagelab.errors import InputError
from imagelab.models.reader import READINGS  # and with it the layers that a saved reader is made of
from imagelab.params import Head


def predict_times(model: keras.Model, head: Head, images: NDArray[Any]) -> NDArray[np.float64]:
    """Read clocks.

    Args:
        model: trained, with the given head.
        head: how to decode what it says.
        images: (n, height, width, 1), uint8 in 0..255.

    Returns:
        Minutes past twelve, in [0, 720), or off the dial where the regression's number is; shape (n,).
    """
    outputs = inference.predict(model, images)
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
    outputs = inference.predict(reader, images)
    return labels.from_reader(outputs["minute"], outputs["hour_part"])


def load_reader(path: Path) -> keras.Model:
    """Load a clock reader.

    Raises:
        InputError: as ``inference.load_model``, and if the model is none.
    """
    model = inference.load_model(path)
    outputs = sorted(model.output) if isinstance(model.output, dict) else []
    if outputs != sorted(READINGS):
        expected = f"a clock reader, with the outputs {' and '.join(READINGS)}"
        raise InputError("model", where=path, expected=expected, received=f"{model.name}, with other outputs")
    return model
