"""Load trained networks and predict with them."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import tree

from imagelab.runtime.errors import InputError
from imagelab.storage import model_files
from imagelab.training.batches import EVALUATION_BATCH_SIZE, as_pixels
from imagelab.training.normalization import BatchNormalization  # which saved models need


def predict(model: keras.Model, inputs: Any) -> Any:
    """Return a network's outputs, in the order of the rows.

    Args:
        model: need not be compiled.
        inputs: pictures, (n, height, width, channels), bytes or floats in [0, 1], or other floats, (n, ...); or a list
            of such arrays, for a network with several inputs.

    Returns:
        An array (n, ...), or as the network structures several outputs.
    """
    count = len(tree.flatten(inputs)[0])
    parts = []
    for first in range(0, count, EVALUATION_BATCH_SIZE):
        # All batches have one size, so the network is traced once: the last batch is filled up with the last row.
        rows = np.arange(first, first + min(EVALUATION_BATCH_SIZE, count)).clip(max=count - 1)
        batch = tree.map_structure(lambda array, rows=rows: as_pixels(array[rows]), inputs)
        parts.append(model.predict_on_batch(batch))
    return tree.map_structure(lambda *outputs: np.concatenate(outputs)[:count], *parts)


def load_model(path: Path) -> keras.Model:
    """Load a ``.keras`` archive in Keras's safe mode, which runs no code of the archive.

    A task's own layers must be imported before; each task has a loader that imports them.

    Raises:
        InputError: if the file is missing or damaged, or holds code.
    """
    model_files.check_archive(path)
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras validates little: a damaged archive can raise any exception
        raise InputError("model", where=path, expected="a .keras archive", received=error) from None


def in_float32(model: keras.Model, *, plain: bool = False) -> keras.Model:
    """Return the same network in float32: another precision may need the processor that trained it.

    Args:
        model: any.
        plain: whether batch normalisation becomes Keras's own layer, so that Keras alone can load a file of it.
    """

    def rebuild(operation: keras.Operation) -> keras.Operation:
        kind = type(operation)
        if plain and kind is BatchNormalization:
            kind = keras.layers.BatchNormalization
        precision = {"dtype": "float32"} if isinstance(operation, keras.Layer) else {}
        return kind.from_config(operation.get_config() | precision)

    network = keras.models.clone_model(model, clone_function=rebuild, recursive=True)
    network.set_weights(model.get_weights())
    return network
