"""Order the points of the grid search, and choose the best settings."""

from pathlib import Path
from typing import get_args

import pandas as pd

from imagelab.classification import plotting, ranking
from imagelab.datasets import data_names
from imagelab.reproduction import published
from imagelab.settings import params
from imagelab.settings.classification import SETTINGS, Family, Rank
from imagelab.storage import reading, writing
from stages import run

PLOTS = Path("plots/search")
TABLES: dict[Family, str] = {"mlp": "mlp.csv", "cnn": "table_6.csv", "cnn_batch_norm": "table_3.csv"}
ROWS_OF_TABLE_2 = 10  # the report's main text shows the best points, its appendix all of them


def main() -> None:
    """Write the report's tables 2, 3 and 6 and its figure 1, metrics of each family, and what goes on to CIFAR-10."""
    settings = params.load()
    data = data_names.describe("fashion_mnist", settings.fetch.fashion_mnist)
    selection = settings.rank.selection
    searched = {
        family: reading.read_csv(Path("data/search") / f"{family}.csv", columns=ranking.COLUMNS)
        for family in get_args(Family)
    }
    spreads = {name: ranking.explained_spread(results, selection=selection) for name, results in searched.items()}
    repeated = {}
    for family, results in searched.items():
        runs = published.runs(family)
        if data_names.is_stand_in(settings.fetch.fashion_mnist):  # nothing of the report compares with other pictures
            runs = runs.head(0)
        ranked = ranking.rank(results, selection=selection)
        repeated[family] = published.beside_repeated(ranking.run_to_run(results), runs)
        metrics = {"data": data, **ranking.summary(ranked, selection=selection), **_between_runs(repeated[family])}
        writing.write_metrics(metrics, Path("metrics/search") / f"{family}.json")
        table = published.beside(ranked, runs)
        _write(table, TABLES[family], data)
        if family == "cnn":
            _write(table.head(ROWS_OF_TABLE_2), "table_2.csv", data)
            _choose(ranked, settings.rank)
            _draw_figure_1(results, data)
    _write(_by_family(spreads), "explained_spread.csv", data)
    _write(_by_family(repeated), "run_to_run.csv", data)


def _between_runs(repeated: pd.DataFrame) -> dict[str, float]:
    """Return how many points were run more than once, and how far their runs lie apart: ours, and the report's own."""
    ours, report = (
        ranking.mean_and_largest(repeated[f"{whose}difference_between_runs"]) for whose in ("", "published_")
    )
    return {"repeated_points": len(repeated), **ours, **{f"published_{name}": value for name, value in report.items()}}


def _choose(ranked: pd.DataFrame, settings: Rank) -> None:
    """Write the settings that go on to CIFAR-10: our best, and on request the report's own best three."""
    report = published.transfer()[list(SETTINGS)].to_dict("records") if settings.published_best else []
    chosen = {"best": ranking.best_settings(ranked, settings.best), "published": report}
    writing.write_json(chosen, Path("data/search/best_cnn_settings.json"))


def _draw_figure_1(results: pd.DataFrame, data: str) -> None:
    by_epochs, by_batch_size = (ranking.accuracy_by(results, name) for name in ("epochs", "batch_size"))
    _write(by_epochs, "figure_1_epochs.csv", data)
    _write(by_batch_size, "figure_1_batch_size.csv", data)
    writing.write_figure(plotting.grid_accuracy(by_epochs, by_batch_size, data=data), PLOTS / "figure_1.png")


def _by_family(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(tables, names=["family"]).reset_index("family")


def _write(table: pd.DataFrame, name: str, data: str) -> None:
    writing.write_table(table, PLOTS / name, data=data)


if __name__ == "__main__":
    run(main)
