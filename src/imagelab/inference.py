"""Load trained networks and ask them."""

import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from imagelab.batches import EVALUATION_BATCH_SIZE, Batches
from imagelab.errors import InputError
from imagelab.models import augmentation, normalization, polar, prior  # noqa: F401 - registers the layers of saved models


def predict(model: keras.Model, inputs: NDArray[Any]) -> Any:
    """Return the network's outputs for pictures or latent vectors, row by row in order."""
    if model.steps_per_execution > 1:  # so many batches would be in memory at once, since none waits for another
        model = keras.Model(model.inputs, model.output)
    return model.predict(Batches(inputs, None, batch_size=EVALUATION_BATCH_SIZE), verbose=0)


def load_model(path: Path) -> keras.Model:
    """Load a ``.keras`` archive in Keras's safe mode: no code in it is run.

    Raises:
        InputError: if there is none, it is damaged, or it holds code.
    """
    if path.suffix != ".keras" or not path.is_file():  # Keras would also take HDF5 files, folders and checkpoints
        file = f"a {path.suffix or 'nameless'} file"
        received = file if path.is_file() else "a folder" if path.is_dir() else "no such file"
        raise InputError("model", where=path, expected="a .keras archive", received=received)
    if not zipfile.is_zipfile(path):  # Keras would say that it is not there
        raise InputError("model", where=path, expected="a .keras archive", received="no archive, or not all of it")
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras checks nothing: its many readers let through whatever they stumble over
        raise InputError("model", where=path, expected="a .keras archive", received=error) from None


def in_float32(model: keras.Model) -> keras.Model:
    """Return the same network in float32: one of another precision may run on the processor that trained it only."""

    def rebuild(operation: keras.Operation) -> keras.Operation:
        precision = {"dtype": "float32"} if isinstance(operation, keras.Layer) else {}
        return operation.from_config(operation.get_config() | precision)

    network = keras.models.clone_model(model, clone_function=rebuild, recursive=True)
    network.set_weights(model.get_weights())
    return network


def load_generator(path: Path) -> keras.Model:
    """Load a network from latent vectors, and perhaps the class wanted, to pictures.

    Raises:
        InputError: as ``load_model``, and if the model is none.
    """
    model = load_model(path)
    vectors = all(len(given.shape) == 2 for given in model.inputs)
    if len(model.inputs) > 2 or not vectors or len(model.output_shape) != 4:
        expected = "a generator, from (b, latent) to (b, h, w, c)"
        received = f"{model.name}, from {model.input_shape} to {model.output_shape}"
        raise InputError("model", where=path, expected=expected, received=received)
    return model


def latent_dimension_of(generator: keras.Model) -> int:
    """Return the length of its latent vectors."""
    return int(generator.inputs[0].shape[1])


def classes_of(generator: keras.Model) -> int:
    """Return how many classes a generator can be asked for; 0 for one that takes latent vectors only."""
    return int(generator.inputs[1].shape[1]) if len(generator.inputs) == 2 else 0


def one_hot(labels: NDArray[np.integer], classes: int) -> NDArray[np.float32]:
    """Write class numbers, (n,), as (n, classes)."""
    return np.asarray(np.eye(classes)[labels], np.float32)


def draw_latent(count: int, dimension: int, *, seed: int) -> NDArray[np.float32]:
    """Draw latent vectors from the standard normal distribution; shape (count, dimension)."""
    return np.random.default_rng(seed).standard_normal((count, dimension), dtype=np.float32)


def draw_classes(classes: NDArray[np.integer], count: int, *, seed: int) -> NDArray[np.int64]:
    """Draw classes, each as often as it occurs among those of real pictures, (n,); shape (count,)."""
    return np.random.default_rng([seed, 1]).choice(classes, count)  # a stream of its own beside the latent vectors'


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


def generate(
    generator: keras.Model, latent: NDArray[np.float32], classes: NDArray[np.integer] | None = None
) -> NDArray[np.float32]:
    """Draw one picture a latent vector.

    Args:
        generator: from latent vectors, and perhaps the class wanted, to pictures in [0, 1].
        latent: (n, latent_dimension).
        classes: which one to draw, (n,); without it every class in turn, by a generator that takes one.

    Returns:
        Shape (n, h, w, 3), in [0, 1].
    """
    inputs: Any = latent
    if count := classes_of(generator):
        wanted = np.arange(len(latent)) % count if classes is None else classes
        inputs = [latent, one_hot(wanted, count)]
    pictures: NDArray[np.float32] = generator.predict(inputs, batch_size=EVALUATION_BATCH_SIZE, verbose=0)
    return pictures
