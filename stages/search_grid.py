"""Train every point of a family's grid on Fashion-MNIST."""

from pathlib import Path

from imagelab.classification.search import grid
from imagelab.classification.search.run import search_data_set
from imagelab.settings import params
from imagelab.settings.classification import FAMILIES
from stages import run


def main(family: str) -> None:
    """Write one row per point: settings, accuracy and loss on the validation and the test split, penalty."""
    settings = params.load()
    points = grid.points(getattr(settings.search, family))
    out = Path("data/search") / f"{family}.csv"
    search_data_set(f"search_grid@{family}", points, Path("data/fashion_mnist"), settings, out=out)


if __name__ == "__main__":
    run(main, FAMILIES)
