"""The results of a run as a short table, each beside what chance would give."""

from pathlib import Path
from typing import Any

import pandas as pd

from imagelab import artifacts
from imagelab.errors import InputError

_CHANCE_ACCURACY = 0.1  # ten classes, nearly balanced
_CHANCE_MINUTES = 180.0  # mean distance on the dial of a guess, constant or not, from evenly spread times


def summarise(metrics: Path) -> pd.DataFrame:
    """Collect the main number of every model.

    Args:
        metrics: the folder ``metrics`` that the pipeline writes.

    Returns:
        Columns ``model``, ``measure``, ``result`` and ``chance``; one row a model.

    Raises:
        InputError: if there are no metrics yet.
    """
    rows: list[tuple[str, str, float, float]] = []
    for name in ("mlp", "cnn"):
        found = _read(metrics / "keras_example" / f"{name}.json", "test")
        rows.append((f"MNIST, Keras example {name}", "test accuracy", found["test"]["accuracy"], _CHANCE_ACCURACY))
    for name in ("mlp", "cnn", "cnn_batch_norm"):
        found = _read(metrics / "search" / f"{name}.json", "points", "best_test_accuracy")
        label = f"Fashion-MNIST, best of {found['points']} {name}"
        rows.append((label, "test accuracy", found["best_test_accuracy"], _CHANCE_ACCURACY))
    for rank, found in _read(metrics / "transfer.json").items():
        label = f"CIFAR-10, setting of {rank.replace('_', ' ')}"
        rows.append((label, "test accuracy", found["test_accuracy"], _CHANCE_ACCURACY))
    for name in ("classification", "regression", "multi_head", "cyclic", "double_classification", "reader"):
        found = _read(metrics / "clock" / f"{name}.json", "test")["test"]
        error = found["common_sense_error_minutes"]
        rows.append((f"clock, {name}", "mean test error, minutes", error, _CHANCE_MINUTES))
    distances = ("frechet_distance", "frechet_distance_of_noise")
    for name in ("vae_small", "vae_medium", "vae_large", "gan"):
        found = _read(metrics / "generator" / f"{name}.json", "collapsed", "classifier")
        label = f"leaves, {name}" + (" (collapsed)" if found["collapsed"] else "")
        rows.append((label, "Fréchet distance", *(found["classifier"][key] for key in distances)))
    return pd.DataFrame(rows, columns=["model", "measure", "result", "chance"])


def _read(path: Path, *keys: str) -> dict[str, Any]:
    if not path.exists():
        raise InputError("metrics", where=path, expected="those of a finished run (make run)", received="none")
    return artifacts.read_json(path, keys=keys)
