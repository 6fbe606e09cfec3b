"""Rank the points of the grid search, and choose the best settings."""

from pathlib import Path

import pandas as pd

from imagelab.classification import plots, ranking
from imagelab.datasets import data_names
from imagelab.reproduction import published, search_tables
from imagelab.settings import params
from imagelab.settings.classification import FAMILIES
from imagelab.storage import reading, writing
from stages import run

FOLDER = Path("plots/search")
TABLES = {"cnn": "table_6", "cnn_batch_norm": "table_3"}  # the report's numbers; other tables are named by the family
ROWS_OF_TABLE_2 = 10  # the report's main text shows the best points, its appendix all of them


def main() -> None:
    """Write the report's tables 2, 3 and 6 and its figure 1, metrics of each family, and the settings for CIFAR-10."""
    settings = params.load()
    selection = settings.rank.selection
    data = data_names.describe_classified("fashion_mnist", settings.fetch.fashion_mnist, Path("data/fashion_mnist"))
    searched = {
        family: reading.read_csv(Path("data/search") / f"{family}.csv", columns=ranking.COLUMNS) for family in FAMILIES
    }
    spreads, repeated = {}, {}
    for family, results in searched.items():
        printed = search_tables.comparable(published.runs(family), data)
        ranked = ranking.rank(results, selection=selection)
        spreads[family] = ranking.explained_spread(results, selection=selection)
        repeated[family] = search_tables.beside_repeated(ranking.run_to_run(results), printed)
        summary = ranking.summary(ranked, selection=selection)
        metrics = {
            "data": data,
            **summary,
            **ranking.gain_of_choosing_on_test(results, seed=settings.seed),
            **ranking.differences_between_runs(repeated[family]),
        }
        writing.write_metrics(metrics, Path("metrics/search") / f"{family}.json")
        table = search_tables.beside(ranked, printed)
        _write(table, f"{TABLES.get(family, family)}.csv", data)
        if family == "cnn":
            _write(table.head(ROWS_OF_TABLE_2), "table_2.csv", data)
            report = published.transfer_settings() if settings.rank.published_best else []
            chosen = {"best": ranking.best_settings(ranked, settings.rank.best), "published": report}
            writing.write_json(chosen, Path("data/search/best_cnn_settings.json"))
            _write_figure_1(results, data)
    _write(ranking.join_families(spreads), "explained_spread.csv", data)
    _write(ranking.join_families(repeated), "run_to_run.csv", data)


def _write_figure_1(results: pd.DataFrame, data: str) -> None:
    by_epochs, by_batch_size = (ranking.accuracy_by(results, name) for name in ("epochs", "batch_size"))
    _write(by_epochs, "figure_1_epochs.csv", data)
    _write(by_batch_size, "figure_1_batch_size.csv", data)
    writing.write_figure(plots.grid_accuracy(by_epochs, by_batch_size, data=data), FOLDER / "figure_1.png")


def _write(table: pd.DataFrame, name: str, data: str) -> None:
    writing.write_table(table, FOLDER / name, data=data)


if __name__ == "__main__":
    run(main)
