"""Our results beside the report's numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from imagelab.datasets import data_names
from imagelab.reproduction.published import ACCURACY, UNCERTAIN
from imagelab.settings.classification import SETTINGS

CHOOSERS = (("best", "rank_on_fashion_mnist", "rank"), ("published", "row_of_the_reports_table", "report"))
"""Who chose settings for CIFAR-10, we or the report: key in their file, column of table 4, prefix of metrics."""


def comparable(printed: pd.DataFrame, data: str) -> pd.DataFrame:
    """Return the report's runs, or none of them if ours are on other pictures: stand-ins, or the user's own.

    Args:
        printed: as ``published.runs`` returns it.
        data: the name of our pictures.
    """
    return printed.head(0) if data_names.are_other_pictures(data) else printed


def beside(results: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Add ``published_test_accuracy`` and ``published_uncertain`` after ``test_accuracy``, missing where not printed.

    Where the report does not count runs, only our first runs count. An accuracy that it states without its settings
    goes to the first row that fits. With the best points first, this is our best run of that network.

    Args:
        results: one row per run of ours, with the settings and ``test_accuracy``.
        printed: as ``published.runs`` returns it.
    """
    keys = [name for name in printed.columns if name not in (ACCURACY, UNCERTAIN)]
    facts = printed.to_dict("records")

    def find(row: dict[Any, Any]) -> dict[Any, Any]:
        for fact in facts:
            first = "run" in keys or row.get("run", 1) == 1  # a second run would be a second chance
            if first and all(pd.isna(fact[key]) or fact[key] == row[key] for key in keys):
                facts.remove(fact)
                return fact
        return {ACCURACY: float("nan"), UNCERTAIN: None}

    table = results.copy()
    found = [find(row) for row in results.to_dict("records")]
    for place, name in enumerate((ACCURACY, UNCERTAIN), start=list(table).index("test_accuracy") + 1):
        table.insert(place, name, [fact[name] for fact in found])
    return table


def beside_repeated(repeated: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Add to our repeated points how far the report's own runs of the same settings differ.

    Args:
        repeated: as ``ranking.run_to_run`` returns it.
        printed: as ``published.runs`` returns it.

    Returns:
        The same rows with ``published_lowest_test_accuracy``, ``published_highest_test_accuracy``,
        ``published_difference_between_runs`` and ``published_uncertain`` (for one of the runs or more); missing where
        the report prints the settings once or not at all.
    """
    keys = [name for name in ("variant", *SETTINGS) if name in printed]
    groups = printed.groupby(keys)
    lowest, highest = groups[ACCURACY].min(), groups[ACCURACY].max()
    spread = pd.DataFrame(
        {
            "published_lowest_test_accuracy": lowest,
            "published_highest_test_accuracy": highest,
            "published_difference_between_runs": highest - lowest,
            UNCERTAIN: groups[UNCERTAIN].any(),
        }
    )
    return repeated.merge(spread[groups.size() > 1].reset_index(), how="left", on=keys)


def transfer_table(results: pd.DataFrame, chosen: Mapping[str, Sequence[Mapping[str, Any]]]) -> pd.DataFrame:
    """Add columns to the runs on CIFAR-10 that tell who chose their settings.

    Args:
        results: one row per run, with the columns of ``SETTINGS``.
        chosen: lists of settings, by the keys of ``CHOOSERS``.

    Returns:
        The same rows with the columns of ``CHOOSERS`` in front: the place of the settings, from 1, in each list;
        missing where they are not in it.
    """
    table = results.copy()
    for index, (chooser, column, _) in enumerate(CHOOSERS):
        places = [_place(row, chosen[chooser]) for row in results.to_dict("records")]
        table.insert(index, column, pd.Series(places, table.index, "Int64"))  # whole numbers or missing
    return table


def transfer_metrics(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return the accuracies of ``transfer_table``'s runs by chooser and place, such as ``rank_1``; no failed runs."""
    metrics: dict[str, dict[str, float]] = {}
    for _, column, prefix in CHOOSERS:
        trained = table[table["test_accuracy"].notna() & table[column].notna()].sort_values(column)
        for row in trained.to_dict("records"):
            metrics[f"{prefix}_{row[column]}"] = {name: row[name] for name in ("validation_accuracy", "test_accuracy")}
    return metrics


def _place(row: Mapping[Any, Any], settings: Sequence[Mapping[str, Any]]) -> int | None:
    same = [all(row[name] == value for name, value in own.items()) for own in settings]
    return same.index(True) + 1 if any(same) else None
