"""Measure and show what a generator draws."""

from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from imagelab import artifacts, datasets, generator_evaluation, params, plotting
from imagelab.generator_evaluation import Pictures
from stages import run

SHOWN = 64


def main(name: params.Generator) -> None:
    """Read samples; write metrics, curves, a grid of samples and one of interpolations."""
    settings = params.load()
    drawn, classifier = Path("data/samples") / name, Path("data/models/leaf_classifier")
    train, held_out = datasets.read_leaves(Path("data/leaves"))
    samples = artifacts.read_array(drawn / "samples.npy", dimensions=4)
    interpolations = artifacts.read_array(drawn / "interpolations.npy", dimensions=4)
    seen = {part: _features(classifier / f"{part}_features.npy") for part in ("training", "held_out", "noise")}
    metrics = generator_evaluation.generator_metrics(
        Pictures(samples, _features(drawn / "features.npy")),
        Pictures(train.images, seen["training"]),
        Pictures(held_out.images, seen["held_out"]),
        seen["noise"],
        seed=settings.seed,
    )
    history = artifacts.read_csv(Path("data/models/generator") / name / "history.csv")
    metrics |= {f"last_{column}": value for column, value in history.iloc[-1].to_dict().items() if column != "epoch"}
    plots = Path("plots/generator") / name
    artifacts.write_json(metrics, Path("metrics/generator") / f"{name}.json")
    artifacts.write_csv(history, plots / "history.csv")
    artifacts.write_figure(plotting.image_grid(samples[:SHOWN], columns=16), plots / "samples.png")
    columns = settings.sample.interpolation_steps
    artifacts.write_figure(plotting.image_grid(interpolations, columns=columns), plots / "interpolations.png")


def _features(path: Path) -> NDArray[np.float32]:
    return artifacts.read_array(path, dimensions=2)


if __name__ == "__main__":
    run(main, get_args(params.Generator))
