"""The numbers that the report prints, as tables that can be laid beside ours."""

from pathlib import Path
from typing import Any

import pandas as pd

from imagelab.runtime import yaml_reading
from imagelab.settings.classification import SETTINGS, Family

ACCURACY = "published_test_accuracy"
UNCERTAIN = "published_uncertain"

_FACTS = Path(__file__).with_name("published.yaml")
_METRICS_OF_OUR_HISTORY = {
    "validation_loss": "test_loss",  # the report validates on its test split
    "validation_accuracy": "test_accuracy",
    "minute_mae": "minute_mean_absolute_error",
}


def runs(family: Family) -> pd.DataFrame:
    """Return the report's runs on Fashion-MNIST: tables 2, 3 and 6, and section 1.3.1.

    Returns:
        One row a run, with the columns of ``SETTINGS``, ``run`` (2 for the second time that the report prints the same
        settings), ``published_test_accuracy`` and ``published_uncertain`` (printed garbled). For ``mlp`` a column
        ``variant`` in place of ``run``, and no settings where the report states none.
    """
    facts = _facts()["fashion_mnist"]
    if family == "mlp":
        rows = [{"variant": variant, **found} for variant, found in facts["mlp"].items()]
        return _table(rows, "variant", *SETTINGS)
    return _numbered(facts["cnn_runs" if family == "cnn" else "cnn_batch_norm_runs"])


def transfer() -> pd.DataFrame:
    """Return the report's table 4, on CIFAR-10; columns as of ``runs``."""
    return _numbered(_facts()["cifar10"])


def beside(results: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Add ``published_test_accuracy`` and ``published_uncertain`` after ``test_accuracy``, missing where not printed.

    Where the report states an accuracy without its settings, it stands beside the first row that it fits: with the best
    points first, our best of that network.
    """
    keys = [name for name in published.columns if name not in (ACCURACY, UNCERTAIN)]
    facts = published.to_dict("records")

    def find(row: dict[Any, Any]) -> dict[Any, Any]:
        for fact in facts:
            if all(pd.isna(fact[key]) or fact[key] == row[key] for key in keys):
                facts.remove(fact)
                return fact
        return {ACCURACY: float("nan"), UNCERTAIN: None}

    table = results.copy()
    printed = [find(row) for row in results.to_dict("records")]
    for place, name in enumerate((ACCURACY, UNCERTAIN), start=list(table).index("test_accuracy") + 1):
        table.insert(place, name, [fact[name] for fact in printed])
    return table


def beside_repeated(repeated: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Add to our repeated points how far the report's own runs of the same settings lie apart.

    Args:
        repeated: as ``ranking.run_to_run`` returns it.
        published: as ``runs`` returns it.

    Returns:
        The same rows with ``published_lowest_test_accuracy``, ``published_highest_test_accuracy``,
        ``published_difference_between_runs`` and ``published_uncertain`` (one of the runs is); missing where the report
        prints the settings once or not at all.
    """
    keys = [name for name in ("variant", *SETTINGS) if name in published]
    groups = published.groupby(keys)
    lowest, highest = groups[ACCURACY].min(), groups[ACCURACY].max()
    printed = pd.DataFrame(
        {
            "published_lowest_test_accuracy": lowest,
            "published_highest_test_accuracy": highest,
            "published_difference_between_runs": highest - lowest,
            UNCERTAIN: groups[UNCERTAIN].any(),
        }
    )
    return repeated.merge(printed[groups.size() > 1].reset_index(), how="left", on=keys)


def clock_images() -> tuple[int, int, int]:
    """Return the number, height and width of the report's pictures of clocks."""
    data = _facts()["clocks"]["data"]
    height, width = data["shape"]
    return data["images"], height, width


def measures() -> pd.DataFrame:
    """Return what the report prints of single networks and of its leaves.

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
    """Return part, measure and value of what the report says of a clock network's readings and training."""
    images, facts = clocks["data"]["images"], clocks[head]
    everything = facts["all_images"]
    rows = [("all", "common_sense_error_minutes", everything["common_sense_error_minutes"])]
    if head == "classification":
        rows.append(("all", "accuracy_of_720_times", everything["correct"] / images))
        for epoch in ("first", "last"):
            for name, value in facts[f"{epoch}_epoch"].items():
                rows.append((f"{epoch} epoch", _METRICS_OF_OUR_HISTORY.get(name, name), value))
    elif head == "regression":
        rows.append(("all", "mean_absolute_error_hours", everything["mean_absolute_error_hours"]))
    else:
        rows.append(("all", "hour_accuracy", everything["hours_correct"] / images))
        rows.append(("test", "hour_accuracy", facts["test"]["hours_correct"] / facts["test"]["images"]))
        rows.append(("all", "mean_absolute_error_minutes", everything["minute_mae"]))
        rows.append(("all", "share_of_minute_errors_below_10", everything["minute_errors_below_10"] / images))
        for name, (first, last) in facts["training"].items():
            measure = _METRICS_OF_OUR_HISTORY.get(name, name)
            rows += [("first epoch", measure, first), ("last epoch", measure, last)]
    return rows


def _numbered(rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = _table(rows, *SETTINGS)
    table.insert(len(SETTINGS), "run", table.groupby(list(SETTINGS)).cumcount() + 1)
    return table


def _table(rows: list[dict[str, Any]], *keys: str) -> pd.DataFrame:
    marked = [{**row, ACCURACY: row["test_accuracy"], UNCERTAIN: row.get("uncertain", False)} for row in rows]
    return pd.DataFrame(marked)[[*keys, ACCURACY, UNCERTAIN]]


def _facts() -> dict[str, Any]:
    facts: dict[str, Any] = yaml_reading.load(_FACTS)
    return facts
