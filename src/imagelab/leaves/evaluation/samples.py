"""Drawn pictures and the features of pictures on disk: what ``sample_generators`` writes and evaluation reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagelab.storage import reading, writing

SPACES = ("classifier", "random")
"""Feature spaces: of the classifier, which was trained on labelled real leaves, and of a random network."""

Floats = NDArray[np.floating[Any]]


class References(NamedTuple):
    """Features that those of generated pictures are compared with, each (n, features)."""

    held_out: Floats  # no network is trained on these pictures
    training: Floats  # the generators are trained on these
    noise: Floats  # of pictures of uniform noise


class Samples(NamedTuple):
    """What a trained generator drew."""

    images: Floats  # (n, h, w, 3), in [0, 1]
    classes: NDArray[np.integer] | None  # (n,), the class that each was drawn for; None without class conditioning
    features: dict[str, Floats]  # (n, features), by space


class Snapshots(NamedTuple):
    """What a generator drew from the same latent vectors after some of its epochs."""

    epochs: NDArray[np.integer]  # (epochs,)
    images: NDArray[np.uint8]  # (epochs, n, h, w, 3)
    features: dict[str, Floats]  # (epochs, n, features), by space


def write_features(features: Mapping[str, Floats], folder: Path, name: str) -> None:
    """Write the features of one set of pictures, an array per space."""
    for space, found in features.items():
        writing.write_array(found, _features_path(folder, name, space))


def read_samples(folder: Path) -> Samples:
    """Read what one generator drew.

    Raises:
        InputError: if an array is missing or damaged.
    """
    classes = folder / "classes.npy"
    return Samples(
        reading.read_array(folder / "samples.npy", dimensions=4),
        reading.read_array(classes, dimensions=1) if classes.exists() else None,
        _read_features(folder, "sample", dimensions=2),
    )


def read_snapshots(trained: Path, drawn: Path) -> Snapshots:
    """Read a generator's snapshots from the folder of its training, and their features from that of its samples.

    Raises:
        InputError: if an array is missing or damaged.
    """
    return Snapshots(
        reading.read_array(trained / "snapshot_epochs.npy", dimensions=1),
        reading.read_array(trained / "snapshots.npy", dimensions=5),
        _read_features(drawn, "snapshot", dimensions=3),
    )


def read_references(folder: Path) -> dict[str, References]:
    """Read the features of real pictures and of noise, by space.

    Raises:
        InputError: if an array is missing or damaged.
    """
    by_kind = [_read_features(folder, kind, dimensions=2) for kind in References._fields]
    return {space: References(*(features[space] for features in by_kind)) for space in SPACES}


def _read_features(folder: Path, name: str, *, dimensions: int) -> dict[str, Floats]:
    return {space: reading.read_array(_features_path(folder, name, space), dimensions=dimensions) for space in SPACES}


def _features_path(folder: Path, name: str, space: str) -> Path:
    return folder / f"{name}_{space}_features.npy"
