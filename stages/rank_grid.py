"""Order the points of the grid search, and choose the best settings."""

from pathlib import Path
from typing import get_args

from imagelab import artifacts, params, ranking
from stages import run

TABLES = {"mlp": "mlp.csv", "cnn": "table_6.csv", "cnn_batch_norm": "table_3.csv"}
ROWS_OF_TABLE_2 = 10  # the report's main text shows the best points, its appendix all of them


def main() -> None:
    """Write the report's tables 2, 3 and 6, metrics of each family, and the best CNN settings."""
    settings = params.load().rank
    tables = Path("plots/search")
    for family in get_args(params.Family):
        results = artifacts.read_csv(Path("data/search") / f"{family}.csv")
        ranked = ranking.rank(results, selection=settings.selection)
        artifacts.write_json(
            ranking.summary(ranked, selection=settings.selection), Path("metrics/search") / f"{family}.json"
        )
        artifacts.write_csv(ranked, tables / TABLES[family])
        if family == "cnn":
            artifacts.write_csv(ranked.head(ROWS_OF_TABLE_2), tables / "table_2.csv")
            best = ranking.best_settings(ranked, settings.best)
            artifacts.write_json({"best": best}, Path("data/search/best_cnn_settings.json"))


if __name__ == "__main__":
    run(main)
