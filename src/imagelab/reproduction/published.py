"""The numbers that the report prints, as tables."""

from collections.abc import Mapping
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
_CLOCK_COUNTS = {  # ours, by the report's
    "images": "images",
    "shape": "image_size",
    "per_minute_of_the_half_day": "images_per_time",
    "instances_per_hour": "images_per_hour",
}
_LEAF_COUNTS = ("crops", "source_classes", "max_classes_per_crop", "classes", "images_per_class", "images", "size")


def runs(family: str) -> pd.DataFrame:
    """Return the report's runs on Fashion-MNIST: tables 2, 3 and 6, and section 1.3.1.

    Args:
        family: of networks. There is no row for a family that the report does not have.

    Returns:
        One row per run, with the columns of ``SETTINGS``, ``run`` (2 where the report prints the same settings a second
        time), ``published_test_accuracy`` and ``published_uncertain`` (it may be misread). For ``mlp`` there is a
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


def search_values() -> dict[str, list[Any]]:
    """Return the values that the report's table 1 lists for each setting in ``SETTINGS``."""
    values: dict[str, list[Any]] = _facts()["fashion_mnist"]["search_values"]
    return values


def clock_images() -> tuple[int, int, int]:
    """Return how many pictures of clocks the report has, and their height and width in pixels."""
    data = _facts()["clocks"]["data"]
    height, width = data["shape"]
    return data["images"], height, width


def leaf_source_classes() -> int:
    """Return how many classes the report's leaves have, before some are chosen."""
    return int(_facts()["leaves"]["data"]["source_classes"])


def measures() -> pd.DataFrame:
    """Return the numbers that the report prints about single networks, its clocks and its leaves.

    Returns:
        Columns ``path`` (of the fact in ``published.yaml``), ``model`` (as in ``metrics/models.json``, or ``clocks`` or
        ``leaves``), ``part`` (``network``, a split, ``first epoch`` or ``last epoch``), ``measure`` (as in our metrics
        and histories) and ``published``.
    """
    facts = _facts()
    rows: list[tuple[str, str, str, str, float]] = [
        (
            f"keras_mnist_examples.{name}.test_accuracy",
            f"keras_example_{name}",
            "test",
            "accuracy",
            facts["keras_mnist_examples"][name]["test_accuracy"],
        )
        for name in ("mlp", "cnn")
    ]
    clocks = facts["clocks"]
    for name, measure in _CLOCK_COUNTS.items():
        value = clocks["data"][name]
        value = value[0] if name == "shape" else value
        rows.append((f"clocks.data.{name}", "clocks", "all", measure, value))
    for head in ("classification", "regression", "multi_head"):
        rows += [
            (f"clocks.{head}.parameters.{kind}", f"clock_{head}", "network", f"{kind}_parameters", count)
            for kind, count in clocks[head]["parameters"].items()
        ]
        rows += [
            (f"clocks.{head}.{path}", f"clock_{head}", part, measure, value)
            for path, part, measure, value in _clock_measures(head, clocks)
        ]
    leaves = facts["leaves"]["data"]
    rows += [(f"leaves.data.{name}", "leaves", "all", name, leaves[name]) for name in _LEAF_COUNTS]
    return pd.DataFrame(rows, columns=["path", "model", "part", "measure", "published"])


def claims() -> dict[str, str]:
    """Return the sentences of the report that are judged, by their path in ``published.yaml``."""
    return {f"claims.{task}.{name}": text for task, found in _facts()["claims"].items() for name, text in found.items()}


def section(path: str) -> str:
    """Return the section, table or figure of the report in which a fact stands."""
    found: str = of_longest_beginning(_facts()["sections"], path)
    return found


def of_longest_beginning(table: Mapping[str, Any], path: str) -> Any:
    """Look a path such as ``clocks.data.images`` up in a table of beginnings, such as ``clocks.data``.

    Raises:
        KeyError: if no key is a beginning.
    """
    parts = path.split(".")
    beginnings = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    found = next((beginning for beginning in beginnings if beginning in table), path)
    return table[found]


def _clock_measures(head: str, clocks: dict[str, Any]) -> list[tuple[str, str, str, float]]:
    """Return path, part, measure and value of each number that the report prints about a clock network."""
    images, facts = clocks["data"]["images"], clocks[head]
    everything = facts["all_images"]
    error = "common_sense_error_minutes"
    rows = [(f"all_images.{error}", "all", error, everything[error])]
    if head == "classification":
        rows.append(("all_images.correct", "all", "accuracy_of_720_times", everything["correct"] / images))
        for epoch in ("first", "last"):
            for name, value in facts[f"{epoch}_epoch"].items():
                rows.append((f"{epoch}_epoch.{name}", f"{epoch} epoch", _OUR_NAMES.get(name, name), value))
    elif head == "regression":
        hours = "mean_absolute_error_hours"
        rows.append((f"all_images.{hours}", "all", hours, everything[hours]))
    else:
        test, below = facts["test"], "minute_errors_below_10"
        rows.append(("all_images.hours_correct", "all", "hour_accuracy", everything["hours_correct"] / images))
        rows.append(("test.hours_correct", "test", "hour_accuracy", test["hours_correct"] / test["images"]))
        rows.append(("all_images.minute_mae", "all", "mean_absolute_error_minutes", everything["minute_mae"]))
        rows.append((f"all_images.{below}", "all", "share_of_minute_errors_below_10", everything[below] / images))
        for name, values in facts["training"].items():
            for place, value in enumerate(values):
                epoch = ("first epoch", "last epoch")[place]
                rows.append((f"training.{name}.{place}", epoch, _OUR_NAMES.get(name, name), value))
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
