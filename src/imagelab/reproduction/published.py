"""The numbers that the report prints, as tables."""

from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from imagelab.runtime import yaml_reading
from imagelab.settings.classification import SETTINGS

ACCURACY = "published_test_accuracy"
UNCERTAIN = "published_uncertain"

_FACTS = Path(__file__).with_name("published.yaml")
_OUR_NAMES = {
    "validation_loss": "test_loss",  # the report's validation split is its test split
    "validation_accuracy": "test_accuracy",
    "minute_mae": "minute_mean_absolute_error",
}


def runs(family: str) -> pd.DataFrame:
    """Return the report's runs on Fashion-MNIST: tables 2, 3 and 6, and section 1.3.1.

    Args:
        family: of networks. There is no row for a family that the report does not have.

    Returns:
        One row per run, with the columns of ``SETTINGS``, ``run`` (2 where the report prints the same settings a second
        time), ``published_test_accuracy`` and ``published_uncertain`` (the print is garbled). For ``mlp`` there is a
        column ``variant`` instead of ``run``, and the settings are missing where the report states none.
    """
    facts = _facts()["fashion_mnist"]
    if family == "mlp":
        rows = [{"variant": variant, **found} for variant, found in facts["mlp"].items()]
        return _table(rows, "variant", *SETTINGS)
    name = f"{family}_runs"
    return _numbered(facts[name]) if name in facts else _numbered(facts["cnn_runs"]).head(0)


def transfer() -> pd.DataFrame:
    """Return the report's table 4, on CIFAR-10, with the columns of ``runs``."""
    return _numbered(_facts()["cifar10"])


def transfer_settings() -> list[dict[str, Any]]:
    """Return the settings of ``transfer``: the report's own best three on Fashion-MNIST."""
    return [{str(name): value for name, value in row.items()} for row in transfer()[list(SETTINGS)].to_dict("records")]


def clock_images() -> tuple[int, int, int]:
    """Return how many pictures of clocks the report has, and their height and width in pixels."""
    data = _facts()["clocks"]["data"]
    height, width = data["shape"]
    return data["images"], height, width


def measures() -> pd.DataFrame:
    """Return the numbers that the report prints about single networks and about its leaves.

    Returns:
        Columns ``model`` (as in ``metrics/models.json``, or ``leaves``), ``part`` (``network``, a split, ``first
        epoch`` or ``last epoch``), ``measure`` (as in our metrics and histories) and ``published``.
    """
    facts = _facts()
    rows = [
        (f"keras_example_{name}", "test", "accuracy", facts["keras_mnist_examples"][name]["test_accuracy"])
        for name in ("mlp", "cnn")
    ]
    for head in ("classification", "regression", "multi_head"):
        clock = facts["clocks"][head]
        rows += [
            (f"clock_{head}", "network", f"{kind}_parameters", count) for kind, count in clock["parameters"].items()
        ]
        rows += [(f"clock_{head}", *row) for row in _clock_measures(head, facts["clocks"])]
    rows += [("leaves", "all", name, facts["leaves"]["data"][name]) for name in ("classes", "images")]
    return pd.DataFrame(rows, columns=["model", "part", "measure", "published"])


def _clock_measures(head: str, clocks: dict[str, Any]) -> list[tuple[str, str, float]]:
    """Return part, measure and value of each number that the report prints about a clock network."""
    images, facts = clocks["data"]["images"], clocks[head]
    everything = facts["all_images"]
    rows = [("all", "common_sense_error_minutes", everything["common_sense_error_minutes"])]
    if head == "classification":
        rows.append(("all", "accuracy_of_720_times", everything["correct"] / images))
        for epoch in ("first", "last"):
            for name, value in facts[f"{epoch}_epoch"].items():
                rows.append((f"{epoch} epoch", _OUR_NAMES.get(name, name), value))
    elif head == "regression":
        rows.append(("all", "mean_absolute_error_hours", everything["mean_absolute_error_hours"]))
    else:
        rows.append(("all", "hour_accuracy", everything["hours_correct"] / images))
        rows.append(("test", "hour_accuracy", facts["test"]["hours_correct"] / facts["test"]["images"]))
        rows.append(("all", "mean_absolute_error_minutes", everything["minute_mae"]))
        rows.append(("all", "share_of_minute_errors_below_10", everything["minute_errors_below_10"] / images))
        for name, (first, last) in facts["training"].items():
            measure = _OUR_NAMES.get(name, name)
            rows += [("first epoch", measure, first), ("last epoch", measure, last)]
    return rows


def _numbered(rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = _table(rows, *SETTINGS)
    table.insert(len(SETTINGS), "run", table.groupby(list(SETTINGS)).cumcount() + 1)
    return table


def _table(rows: list[dict[str, Any]], *keys: str) -> pd.DataFrame:
    marked = [{**row, ACCURACY: row["test_accuracy"], UNCERTAIN: row.get("uncertain", False)} for row in rows]
    return pd.DataFrame(marked)[[*keys, ACCURACY, UNCERTAIN]]


@cache
def _facts() -> dict[str, Any]:
    """Read the file, once per process."""
    facts: dict[str, Any] = yaml_reading.load(_FACTS)
    return facts
