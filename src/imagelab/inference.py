"""Load trained networks and ask them."""

import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from imagelab.batches import EVALUATION_BATCH_SIZE, Batches
from imagelab.errors import InputError
from imagelab.models import normalization, polar  # noqa: F401 - registers the layers of saved models


def predict(model: keras.Model, inputs: NDArray[Any]) -> Any:
    """Return the network's outputs for pictures or latent vectors, row by row in order."""
    if model.steps_per_execution > 1:  # so many batches would be in memory at once, since none waits for another
        model = keras.Model(model.inputs, model.output)
    return model.predict(Batches(inputs, None, batch_size=EVALUATION_BATCH_SIZE), verbose=0)


def load_model(path: Path) -> keras.Model:
    """Load a ``.keras`` archive in Keras's safe mode: no code in it is run.

    Raises:
        InputError: if there is none, or it is damaged.
    """
    if path.suffix != ".keras":  # Keras would look for other formats, whose code may run when they are loaded
        raise InputError("model", where=path, expected="a .keras archive", received="another name")
    if not zipfile.is_zipfile(path):  # Keras would say that it is not there
        raise InputError("model", where=path, expected="a .keras archive", received="no archive, or not all of it")
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras checks nothing: its many readers let through whatever they stumble over
        raise InputError("model", where=path, expected="a .keras archive", received=error) from None


def load_generator(path: Path) -> keras.Model:
    """Load a network from latent vectors to pictures.

    Raises:
        InputError: as ``load_model``, and if the model is none.
    """
    model = load_model(path)
    if len(model.input_shape) != 2 or len(model.output_shape) != 4:
        expected = "a generator, from (b, latent) to (b, h, w, c)"
        received = f"{model.name}, from {model.input_shape} to {model.output_shape}"
        raise InputError("model", where=path, expected=expected, received=received)
    return model


def draw_latent(count: int, dimension: int, *, seed: int) -> NDArray[np.float32]:
    """Draw latent vectors from the standard normal distribution; shape (count, dimension)."""
    return np.random.default_rng(seed).standard_normal((count, dimension), dtype=np.float32)


def interpolate(
    first: NDArray[np.float32], second: NDArray[np.float32], *, steps: int, spherical: bool = False
) -> NDArray[np.float32]:
    """Walk from the first vectors to the second ones.

    Args:
        first: shape (n, dimension).
        second: shape (n, dimension).
        steps: vectors of a line, both ends included; 2 at least.
        spherical: on arcs around the origin instead of straight lines. Normal vectors of many dimensions lie near a
            sphere, and the middle of a straight line does not.

    Returns:
        Line after line; shape (n * steps, dimension).

    Source: the report, section 3.3; White, "Sampling Generative Networks", 2016, section 2.1.
    """
    weights = np.linspace(0, 1, steps, dtype=np.float32)[None, :, None]
    if spherical:
        cosine = (first * second).sum(axis=1) / np.linalg.norm(first, axis=1) / np.linalg.norm(second, axis=1)
        angle = np.arccos(np.clip(cosine, -1, 1))[:, None, None].clip(1e-4)  # of equal vectors the formula is 0 / 0
        before, after = np.sin((1 - weights) * angle) / np.sin(angle), np.sin(weights * angle) / np.sin(angle)
    else:
        before, after = 1 - weights, weights
    lines = before * first[:, None] + after * second[:, None]  # (n, steps, dimension)
    return np.asarray(lines, np.float32).reshape(-1, first.shape[1])


def generate(generator: keras.Model, latent: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return one picture a latent vector: (n, h, w, 3), in [0, 1]."""
    pictures: NDArray[np.float32] = generator.predict(latent, batch_size=EVALUATION_BATCH_SIZE, verbose=0)
    return pictures
