"""Latent vectors, and the pictures that a trained generator draws from them."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from imagelab.leaves.generators import prior  # noqa: F401 - registers the layers of saved models
from imagelab.runtime.errors import InputError
from imagelab.training.inference import load_model, predict


def load_generator(path: Path) -> keras.Model:
    """Load a network from latent vectors, and for a conditioned one classes, to pictures.

    Raises:
        InputError: as ``load_model``, and if the model is no generator.
    """
    model = load_model(path)
    vectors = all(len(given.shape) == 2 for given in model.inputs)
    if len(model.inputs) > 2 or not vectors or len(model.output_shape) != 4:
        expected = "a generator, from (b, latent) to (b, h, w, c)"
        received = f"{model.name}, from {model.input_shape} to {model.output_shape}"
        raise InputError("model", where=path, expected=expected, received=received)
    return model


def latent_dimension_of(generator: keras.Model) -> int:
    """Return the length of a generator's latent vectors."""
    return int(generator.inputs[0].shape[1])


def classes_of(generator: keras.Model) -> int:
    """Return the number of classes that a generator is conditioned on; 0 for one that takes latent vectors only."""
    return int(generator.inputs[1].shape[1]) if len(generator.inputs) == 2 else 0


def one_hot(labels: NDArray[np.integer], classes: int) -> NDArray[np.float32]:
    """Encode class numbers, (n,), as (n, classes)."""
    return np.asarray(np.eye(classes)[labels], np.float32)


def draw_latent(count: int, dimension: int, *, seed: int) -> NDArray[np.float32]:
    """Draw latent vectors from the standard normal distribution; shape (count, dimension)."""
    return np.random.default_rng(seed).standard_normal((count, dimension), dtype=np.float32)


def draw_classes(classes: NDArray[np.integer], count: int, *, seed: int) -> NDArray[np.int64]:
    """Draw classes with the frequencies that they have among real pictures, (n,); shape (count,)."""
    return np.random.default_rng([seed, 1]).choice(classes, count)  # another stream than the latent vectors'


def interpolate(
    first: NDArray[np.float32], second: NDArray[np.float32], *, steps: int, spherical: bool = False
) -> NDArray[np.float32]:
    """Interpolate from the first vectors to the second ones.

    Args:
        first: shape (n, dimension).
        second: shape (n, dimension).
        steps: vectors of a line, both ends included; at least 2.
        spherical: on arcs around the origin instead of straight lines. Normal vectors of many dimensions lie near a
            sphere, and the middle of a straight line does not.

    Returns:
        Line after line; shape (n * steps, dimension).

    Source: the report, section 3.3; White, "Sampling Generative Networks", 2016, section 2.1.
    """
    weights = np.linspace(0, 1, steps, dtype=np.float32)[None, :, None]
    if spherical:
        cosine = (first * second).sum(axis=1) / np.linalg.norm(first, axis=1) / np.linalg.norm(second, axis=1)
        angle = np.arccos(np.clip(cosine, -1, 1))[:, None, None].clip(1e-4)  # for equal vectors the formula is 0 / 0
        before, after = np.sin((1 - weights) * angle) / np.sin(angle), np.sin(weights * angle) / np.sin(angle)
    else:
        before, after = 1 - weights, weights
    lines = before * first[:, None] + after * second[:, None]  # (n, steps, dimension)
    return np.asarray(lines, np.float32).reshape(-1, first.shape[1])


def generate(
    generator: keras.Model, latent: NDArray[np.float32], classes: NDArray[np.integer] | None = None
) -> NDArray[np.float32]:
    """Draw one picture for each latent vector.

    Args:
        generator: from latent vectors, and for a conditioned one classes, to pictures in [0, 1].
        latent: (n, latent_dimension).
        classes: of the pictures, (n,), for a conditioned generator; None draws every class in turn.

    Returns:
        Shape (n, h, w, 3), in [0, 1].
    """
    inputs: Any = latent
    if count := classes_of(generator):
        conditions = np.arange(len(latent)) % count if classes is None else classes
        inputs = [latent, one_hot(conditions, count)]
    pictures: NDArray[np.float32] = predict(generator, inputs)
    return pictures
