"""Train the CNN with the best Fashion-MNIST settings on CIFAR-10."""

import json
import os
from pathlib import Path

from imagelab import artifacts, datasets, params
from imagelab.search import engines
from imagelab.search.grid import Point
from imagelab.search.run import run as search
from imagelab.search.run import warn_of_failures
from imagelab.search.store import Store
from imagelab.search.trajectory import Study
from stages import run


def main() -> None:
    """Write one row a setting: its accuracy and loss on CIFAR-10's validation and test split."""
    settings = params.load()
    splits = {name: datasets.read_examples(Path("data/cifar10"), name) for name in datasets.SPLITS}
    study = Study(splits, settings.seed, settings.precision, settings.threads)
    best = json.loads(Path("data/search/best_cnn_settings.json").read_text())["best"]
    results = search(
        "cifar10",
        [Point(variant=None, network=settings.search.cnn.network, **setting) for setting in best],
        study,
        engine=engines.choose(os.environ, threads=settings.threads),
        store=Store(study),
    )
    artifacts.write_csv(results, Path("data/transfer/cifar10.csv"))
    warn_of_failures(results)


if __name__ == "__main__":
    run(main)
