"""The results of a run: one number a model, and how many of the report's numbers have which verdict."""

from collections.abc import Sequence
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


class Missing(InputError):  # noqa: N818 - what it is about
    """Metrics of a model, or one of them, are not there, as in evidence of a part of a run or of an earlier commit."""


def summarise(*metrics: Path) -> pd.DataFrame:
    """Collect the main number of every model.

    Args:
        metrics: the folder ``metrics`` that the pipeline writes, or several: each file comes from the first that has
            it.

    Returns:
        One row per model: ``name`` (data set and model, as in ``metrics/summary.json``), ``data`` (what the pictures
        are), ``measure``, ``result`` and ``chance``.

    Raises:
        Missing: if metrics are missing.
        InputError: if metrics are damaged.
    """
    rows: list[tuple[str, str, str, float, float]] = []
    for name in ("mlp", "cnn"):
        found = _read(metrics, f"keras_example/{name}.json", "data", "test.accuracy")
        data, accuracy = found["data"], found["test"]["accuracy"]
        rows.append((f"mnist.{name}", data, "test accuracy", accuracy, _chance(data)))
    for name in FAMILIES:
        found = _read(metrics, f"search/{name}.json", "data", "points", "selection", "best_test_accuracy")
        data, measure = found["data"], f"test accuracy of the best of {found['points']} by {found['selection']}"
        rows.append((f"fashion_mnist.{name}", data, measure, found["best_test_accuracy"], _chance(data)))
    transferred = _read(metrics, "transfer.json", "data")
    data = transferred.pop("data")
    for name, found in transferred.items():
        chooser, place = name.split("_")
        setting = f"the report's setting {place}" if chooser == "report" else f"our setting of rank {place}"
        rows.append((f"cifar10.{name}", data, f"test accuracy, {setting}", found["test_accuracy"], _chance(data)))
    for name in BEST_CLASSIFIED:
        found = _read(metrics, f"best_classifier/{name}.json", "data", "classes", "test_accuracy")
        rows.append((f"{name}.best", found["data"], "test accuracy", found["test_accuracy"], 1 / found["classes"]))
    for name in NETWORK_NAMES:
        found = _read(metrics, f"clock/{name}.json", "data", "test.common_sense_error_minutes")
        error = found["test"]["common_sense_error_minutes"]
        rows.append((f"clocks.{name}", found["data"], "mean test error, minutes", error, _CHANCE_MINUTES))
    distances = ("frechet_distance", "frechet_distance_of_noise")
    for name in get_args(Generator):
        measured = [f"classifier.{key}" for key in distances]
        found = _read(metrics, f"generator/{name}.json", "data", "images", "collapsed", *measured)
        measure = f"Fréchet distance, {found['images']} images" + (", collapsed" if found["collapsed"] else "")
        rows.append((f"leaves.{name}", found["data"], measure, *(found["classifier"][key] for key in distances)))
    return pd.DataFrame(rows, columns=["name", "data", "measure", "result", "chance"])


def score(metrics: Path) -> dict[str, int]:
    """Return how many numbers and claims of the report have which verdict.

    Raises:
        InputError: if metrics are missing.
    """
    counts: dict[str, int] = _read([metrics], "reproduction.json", "counts")["counts"]
    return counts


def headlines(metrics: Path) -> dict[str, dict[str, float]]:
    """Return the results of ``summarise`` by data set and model, and the score under ``report``.

    Raises:
        InputError: if metrics are missing.
    """
    content: dict[str, dict[str, float]] = {}
    table = summarise(metrics)
    for name, result in zip(table["name"], table["result"], strict=True):
        data, model = name.split(".")
        content.setdefault(data, {})[model] = result
    return content | {"report": dict(score(metrics))}


def _chance(data: str) -> float:
    """Return the accuracy of guessing, where classes are about equally frequent."""
    return 1 / data_names.class_count(data)


def _read(folders: Sequence[Path], name: str, *keys: str) -> dict[str, Any]:
    """Read metrics that must have some keys; ``test.accuracy`` is a key of ``test``."""
    path = next((folder / name for folder in folders if (folder / name).exists()), folders[0] / name)
    if not path.exists():
        raise Missing("metrics", where=path, expected="those of a finished run (make run)", received="none")
    content: dict[str, Any] = reading.read_json(path, keys=[])
    for key in keys:
        found: Any = content
        for part in key.split("."):
            if not isinstance(found, dict) or part not in found:
                received = ", ".join(found) if isinstance(found, dict) else str(found)
                raise Missing("metrics", where=path, expected=f"the key {key}", received=received)
            found = found[part]
    return content
