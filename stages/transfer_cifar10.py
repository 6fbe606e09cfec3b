"""Train the CNN with the best Fashion-MNIST settings on CIFAR-10."""

from pathlib import Path

from imagelab import artifacts, params
from imagelab.search.grid import Point
from imagelab.search.run import search_data_set
from stages import run


def main() -> None:
    """Write one row a setting: its accuracy and loss on CIFAR-10's validation and test split, its penalty."""
    settings = params.load()
    best = artifacts.read_json(Path("data/search/best_cnn_settings.json"), keys=["best"])["best"]
    points = [Point(variant=None, network=settings.search.cnn.network, **setting) for setting in best]
    results = search_data_set("transfer_cifar10", points, Path("data/cifar10"), settings)
    artifacts.write_csv(results, Path("data/transfer/cifar10.csv"))


if __name__ == "__main__":
    run(main)
