"""Table 4: settings that are best on Fashion-MNIST, ours and the report's, on CIFAR-10."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from imagelab.datasets import data_names
from imagelab.reproduction import published
from imagelab.settings import params
from imagelab.settings.classification import SETTINGS
from imagelab.storage import reading, writing
from stages import run

CHOOSERS = (("best", "rank_on_fashion_mnist", "rank"), ("published", "row_of_the_reports_table", "report"))
"""Of the settings: key of the list of what was chosen, column of the table, beginning of the metrics' names."""


def main() -> None:
    """Write the table, which says who chose each setting, and the accuracies as metrics."""
    source = params.load().fetch.cifar10
    data = data_names.describe("cifar10", source)
    chosen = reading.read_json(Path("data/search/best_cnn_settings.json"), keys=["best", "published"])
    runs = published.transfer()
    results = reading.read_csv(Path("data/transfer/cifar10.csv"), columns=[*SETTINGS, "test_accuracy"])
    results = published.beside(results, runs.head(0) if data_names.is_stand_in(source) else runs)
    metrics: dict[str, Any] = {"data": data}
    rows = results.to_dict("records")
    for index, (chooser, column, name) in enumerate(CHOOSERS):
        places = pd.Series([_place(row, chosen[chooser]) for row in rows], dtype="Int64")  # whole numbers or nothing
        results.insert(index, column, places)
        trained = results[results["test_accuracy"].notna() & results[column].notna()].sort_values(column)
        accuracies = trained.set_index(column)[["validation_accuracy", "test_accuracy"]].to_dict("index")
        metrics |= {f"{name}_{place}": row for place, row in accuracies.items()}
    writing.write_metrics(metrics, Path("metrics/transfer.json"))
    writing.write_table(results, Path("plots/transfer/table_4.csv"), data=data)


def _place(row: Mapping[Any, Any], settings: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the place, from 1, of a row's settings in a list of settings; None where they are not in it."""
    same = [all(row[name] == value for name, value in found.items()) for found in settings]
    return same.index(True) + 1 if any(same) else None


if __name__ == "__main__":
    run(main)
