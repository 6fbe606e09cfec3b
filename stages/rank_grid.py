"""Order the points of the grid search, and choose the best settings."""

from pathlib import Path
from typing import get_args

import pandas as pd

from imagelab import artifacts, params, plotting, published, ranking
from stages import run

TABLES = {"mlp": "mlp.csv", "cnn": "table_6.csv", "cnn_batch_norm": "table_3.csv"}
ROWS_OF_TABLE_2 = 10  # the report's main text shows the best points, its appendix all of them


def main() -> None:
    """Write the report's tables 2, 3 and 6 and its figure 1, metrics of each family, and the best CNN settings."""
    everything = params.load()
    settings = everything.rank
    stand_in = everything.fetch.fashion_mnist == "demo"  # other pictures: nothing of the report compares with them
    plots = Path("plots/search")
    spreads = []
    searched = {
        family: artifacts.read_csv(Path("data/search") / f"{family}.csv", columns=ranking.COLUMNS)
        for family in get_args(params.Family)
    }
    for family, results in searched.items():
        runs = published.runs(family)
        ranked = ranking.rank(results, selection=settings.selection)
        ranked = published.beside(ranked, runs.head(0) if stand_in else runs)
        metrics = ranking.summary(ranked, selection=settings.selection)
        artifacts.write_metrics(metrics, Path("metrics/search") / f"{family}.json")
        artifacts.write_table(ranked, plots / TABLES[family])
        spread = ranking.explained_spread(results, selection=settings.selection)
        spread.insert(0, "family", family)
        spreads.append(spread)
        if family == "cnn":
            artifacts.write_table(ranked.head(ROWS_OF_TABLE_2), plots / "table_2.csv")
            best = ranking.best_settings(ranked, settings.best)
            artifacts.write_json({"best": best}, Path("data/search/best_cnn_settings.json"))
            by_epochs, by_batch_size = (ranking.accuracy_by(results, name) for name in ("epochs", "batch_size"))
            artifacts.write_table(by_epochs, plots / "figure_1_epochs.csv")
            artifacts.write_table(by_batch_size, plots / "figure_1_batch_size.csv")
            artifacts.write_figure(plotting.grid_accuracy(by_epochs, by_batch_size), plots / "figure_1.png")
    artifacts.write_table(pd.concat(spreads), plots / "explained_spread.csv")


if __name__ == "__main__":
    run(main)
