"""Read clocks with a trained reader."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from imagelab.clocks.reader.network import READINGS  # this import also registers the layers of a saved reader
from imagelab.clocks.reader.targets import from_readings
from imagelab.runtime.errors import InputError
from imagelab.training import inference


def read_clocks(reader: keras.Model, images: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read clocks with the reader.

    Args:
        reader: trained, without auxiliary outputs or with them.
        images: (n, size, size, 1), uint8 in 0..255, of the size that the reader was built for.

    Returns:
        Minutes past twelve, whole numbers in [0, 720), and the probability that the reader states for each; both (n,).
    """
    outputs = inference.predict(reader, images)
    return from_readings(outputs["minute"], outputs["hour_part"])


def load_reader(path: Path) -> keras.Model:
    """Load a clock reader.

    Raises:
        InputError: as ``inference.load_model``, and if the model is not a reader.
    """
    model = inference.load_model(path)
    outputs = sorted(model.output) if isinstance(model.output, dict) else []
    if outputs != sorted(READINGS):
        expected = f"a clock reader, with the outputs {' and '.join(READINGS)}"
        raise InputError("model", where=path, expected=expected, received=f"{model.name}, with other outputs")
    return model
