"""Train every point of a family's grid on Fashion-MNIST."""

import os
from pathlib import Path
from typing import get_args

from imagelab import artifacts, datasets, params
from imagelab.search import engines, grid
from imagelab.search.run import run as search
from imagelab.search.run import warn_of_failures
from imagelab.search.store import Store
from imagelab.search.trajectory import Study
from stages import run


def main(family: params.Family) -> None:
    """Write one row a point: its settings, its accuracy and loss on the validation and the test split."""
    settings = params.load()
    splits = {name: datasets.read_examples(Path("data/fashion_mnist"), name) for name in datasets.SPLITS}
    study = Study(splits, settings.seed, settings.precision, settings.threads)
    results = search(
        family,
        grid.points(getattr(settings.search, family)),
        study,
        engine=engines.choose(os.environ, threads=settings.threads),
        store=Store(study),
    )
    artifacts.write_csv(results, Path("data/search") / f"{family}.csv")
    warn_of_failures(results)


if __name__ == "__main__":
    run(main, get_args(params.Family))
