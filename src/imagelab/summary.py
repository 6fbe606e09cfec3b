"""The results of a run as a short table, each beside the result of guessing."""

from pathlib import Path
from typing import Any, get_args

import pandas as pd

from imagelab.datasets import data_names
from imagelab.runtime.errors import InputError
from imagelab.settings.classification import BEST_CLASSIFIED, FAMILIES
from imagelab.settings.clocks import NETWORK_NAMES
from imagelab.settings.leaves import Generator
from imagelab.storage import reading

_CHANCE_MINUTES = 180.0  # mean error of any guess, where times are spread evenly over the dial


def summarise(metrics: Path) -> pd.DataFrame:
    """Collect the main number of every model.

    Args:
        metrics: the folder ``metrics`` that the pipeline writes.

    Returns:
        One row per model: ``model`` (with the name of its data), ``measure``, ``result`` and ``chance``.

    Raises:
        InputError: if metrics are missing.
    """
    rows: list[tuple[str, str, float, float]] = []
    for name in ("mlp", "cnn"):
        found = _read(metrics / "keras_example" / f"{name}.json", "data", "test")
        label = f"{found['data']}: Keras example {name}"
        rows.append((label, "test accuracy", found["test"]["accuracy"], _chance(found["data"])))
    for name in FAMILIES:
        found = _read(metrics / "search" / f"{name}.json", "data", "points", "best_test_accuracy")
        label = f"{found['data']}: best of {found['points']} {name}"
        rows.append((label, "test accuracy", found["best_test_accuracy"], _chance(found["data"])))
    transferred = _read(metrics / "transfer.json", "data")
    data = transferred.pop("data")
    for name, found in transferred.items():
        chooser, place = name.split("_")
        setting = f"the report's setting {place}" if chooser == "report" else f"our setting of rank {place}"
        rows.append((f"{data}: {setting}", "test accuracy", found["test_accuracy"], _chance(data)))
    for name in BEST_CLASSIFIED:
        found = _read(metrics / "best_classifier" / f"{name}.json", "data", "classes", "test_accuracy")
        chance = 1 / found["classes"]
        rows.append((f"{found['data']}: best classifier", "test accuracy", found["test_accuracy"], chance))
    for name in NETWORK_NAMES:
        found = _read(metrics / "clock" / f"{name}.json", "data", "test")
        error = found["test"]["common_sense_error_minutes"]
        rows.append((f"{found['data']}: {name}", "mean test error, minutes", error, _CHANCE_MINUTES))
    distances = ("frechet_distance", "frechet_distance_of_noise")
    for name in get_args(Generator):
        found = _read(metrics / "generator" / f"{name}.json", "data", "images", "collapsed", "classifier")
        label = f"{found['data']}: {name}" + (" (collapsed)" if found["collapsed"] else "")
        measure = f"Fréchet distance, {found['images']} images"
        rows.append((label, measure, *(found["classifier"][key] for key in distances)))
    return pd.DataFrame(rows, columns=["model", "measure", "result", "chance"])


def _chance(data: str) -> float:
    """Return the accuracy of guessing, where classes are about equally frequent."""
    return 1 / data_names.class_count(data)


def _read(path: Path, *keys: str) -> dict[str, Any]:
    if not path.exists():
        raise InputError("metrics", where=path, expected="those of a finished run (make run)", received="none")
    return reading.read_json(path, keys=keys)
