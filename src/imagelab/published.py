"""The numbers that the report prints, as tables that can be laid beside ours."""

from pathlib import Path
from typing import Any

import pandas as pd

from imagelab import yaml_reading
from imagelab.params import SETTINGS, Family

ACCURACY = "published_test_accuracy"

_FACTS = Path(__file__).with_name("published.yaml")


def runs(family: Family) -> pd.DataFrame:
    """Return the report's runs on Fashion-MNIST: tables 2, 3 and 6, and section 1.3.1.

    Returns:
        One row a run, with the columns of ``SETTINGS``, ``run`` (2 for the second time that the report prints the same
        settings) and ``published_test_accuracy``. For ``mlp`` a column ``variant`` in place of ``run``, and no settings
        where the report states none.
    """
    facts = _facts()["fashion_mnist"]
    if family == "mlp":
        rows = [{"variant": variant, **found} for variant, found in facts["mlp"].items()]
        return pd.DataFrame(rows).rename(columns={"test_accuracy": ACCURACY})[["variant", *SETTINGS, ACCURACY]]
    return _numbered(facts["cnn_runs" if family == "cnn" else "cnn_batch_norm_runs"])


def transfer() -> pd.DataFrame:
    """Return the report's table 4, on CIFAR-10; columns as of ``runs``."""
    return _numbered(_facts()["cifar10"])


def beside(results: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Add the column ``published_test_accuracy`` after ``test_accuracy``, missing where the report has no such run.

    Where the report states an accuracy without its settings, it stands beside the first row that it fits: with the best
    points first, our best of that network.
    """
    keys = [name for name in published.columns if name != ACCURACY]
    facts = published.to_dict("records")

    def find(row: dict[Any, Any]) -> float:
        for fact in facts:
            if all(pd.isna(fact[key]) or fact[key] == row[key] for key in keys):
                facts.remove(fact)
                return float(fact[ACCURACY])
        return float("nan")

    table = results.copy()
    table.insert(list(table).index("test_accuracy") + 1, ACCURACY, [find(row) for row in results.to_dict("records")])
    return table


def _numbered(rows: list[list[Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=[*SETTINGS, ACCURACY])
    table.insert(len(SETTINGS), "run", table.groupby(list(SETTINGS)).cumcount() + 1)
    return table


def _facts() -> dict[str, Any]:
    facts: dict[str, Any] = yaml_reading.load(_FACTS)
    return facts
