"""Train every point of a family's grid on Fashion-MNIST."""

from pathlib import Path
from typing import get_args

from imagelab import artifacts, backend, datasets, params, search
from stages import run


def main(family: params.Family) -> None:
    """Write one row a point: its settings, its accuracy and loss on the validation and the test split."""
    settings = params.load()
    backend.configure(seed=settings.seed, precision=settings.precision)
    splits = {name: datasets.read_examples(Path("data/fashion_mnist"), name) for name in datasets.SPLITS}
    points = search.points(family, settings.search)
    results = search.search(family, settings.search, points, splits, seed=settings.seed)
    artifacts.write_csv(results, Path("data/search") / f"{family}.csv")


if __name__ == "__main__":
    run(main, get_args(params.Family))
