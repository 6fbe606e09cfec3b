"""Train the CNN with the best Fashion-MNIST settings on CIFAR-10."""

import json
from pathlib import Path

from imagelab import artifacts, backend, datasets, params, search
from stages import run


def main() -> None:
    """Write one row a setting: its accuracy and loss on CIFAR-10's validation and test split."""
    settings = params.load()
    backend.configure(seed=settings.seed, precision=settings.precision)
    splits = {name: datasets.read_examples(Path("data/cifar10"), name) for name in datasets.SPLITS}
    best = json.loads(Path("data/search/best_cnn_settings.json").read_text())["best"]
    results = search.search("cnn", settings.search, best, splits, seed=settings.seed)
    artifacts.write_csv(results, Path("data/transfer/cifar10.csv"))


if __name__ == "__main__":
    run(main)
