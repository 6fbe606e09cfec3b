"""Train every point of a family's grid on Fashion-MNIST."""

from pathlib import Path
from typing import get_args

from imagelab import artifacts, params
from imagelab.search import grid
from imagelab.search.run import search_data_set
from stages import run


def main(family: params.Family) -> None:
    """Write one row a point: its settings, its accuracy and loss on the validation and the test split, its penalty."""
    settings = params.load()
    points = grid.points(getattr(settings.search, family))
    results = search_data_set(f"search_grid@{family}", points, Path("data/fashion_mnist"), settings)
    artifacts.write_csv(results, Path("data/search") / f"{family}.csv")


if __name__ == "__main__":
    run(main, get_args(params.Family))
