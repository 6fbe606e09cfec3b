"""Train the CNN on CIFAR-10 with the best settings on Fashion-MNIST: ours and, if asked for, the report's."""

from pathlib import Path

from imagelab.classification.search.grid import Point
from imagelab.classification.search.run import search_data_set
from imagelab.settings import params
from imagelab.storage import reading
from stages import run


def main() -> None:
    """Write one row per setting, ours first, each once: accuracies and losses on CIFAR-10."""
    settings = params.load()
    chosen = reading.read_json(Path("data/search/best_cnn_settings.json"), keys=["best", "published"])
    points = [
        Point(variant=None, network=settings.search.cnn.network, **setting)
        for setting in [*chosen["best"], *chosen["published"]]
    ]
    out = Path("data/transfer/cifar10.csv")
    search_data_set("transfer_cifar10", list(dict.fromkeys(points)), Path("data/cifar10"), settings, out=out)


if __name__ == "__main__":
    run(main)
