"""Count the parameters of every network at the report's sizes."""

import math
from pathlib import Path

from imagelab import network_sizes
from imagelab.storage import writing
from stages import run


def main() -> None:
    """Write total and trainable parameters by network."""
    counts = {
        name: {
            "total_parameters": network.count_params(),
            "trainable_parameters": sum(math.prod(weight.shape) for weight in network.trainable_weights),
        }
        for name, network in network_sizes.networks()
    }
    writing.write_metrics(counts, Path("metrics/models.json"))


if __name__ == "__main__":
    run(main)
