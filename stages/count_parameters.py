"""Count the parameters of every network at the report's sizes, and list the layers of the clock networks."""

import math
from pathlib import Path

from imagelab import network_sizes
from imagelab.settings import params
from imagelab.storage import writing
from stages import run


def main() -> None:
    """Write total and trainable parameters by network, and the layers of those that the report draws."""
    paper, best = (params.load(Path("params") / f"{profile}.yaml") for profile in ("paper", "best"))
    networks = dict(network_sizes.networks(paper, best))
    counts = {
        name: {
            "total_parameters": network.count_params(),
            "trainable_parameters": sum(math.prod(weight.shape) for weight in network.trainable_weights),
        }
        for name, network in networks.items()
    }
    writing.write_metrics(counts, Path("metrics/models.json"))
    clocks = {name: network for name, network in networks.items() if name.startswith("clock_")}
    writing.write_csv(network_sizes.layers(clocks), Path("plots/layers.csv"))


if __name__ == "__main__":
    run(main)
