"""Measure and show what a generator draws."""

from pathlib import Path
from typing import get_args

from imagelab import artifacts, datasets, generator_evaluation, params, plotting
from stages import run

SHOWN = 64


def main(name: params.Generator) -> None:
    """Read samples; write metrics, curves, a grid of samples and one of interpolations."""
    settings = params.load()
    train, held_out = datasets.read_leaves(Path("data/leaves"))
    samples = artifacts.read_array(Path("data/samples") / name / "samples.npy", dimensions=4)
    interpolations = artifacts.read_array(Path("data/samples") / name / "interpolations.npy", dimensions=4)
    metrics = generator_evaluation.generator_metrics(samples, train.images, held_out.images, seed=settings.seed)
    history = artifacts.read_csv(Path("data/models/generator") / name / "history.csv")
    metrics |= {f"last_{column}": value for column, value in history.iloc[-1].to_dict().items() if column != "epoch"}
    plots = Path("plots/generator") / name
    artifacts.write_json(metrics, Path("metrics/generator") / f"{name}.json")
    artifacts.write_csv(history, plots / "history.csv")
    artifacts.write_figure(plotting.image_grid(samples[:SHOWN], columns=16), plots / "samples.png")
    columns = settings.sample.interpolation_steps
    artifacts.write_figure(plotting.image_grid(interpolations, columns=columns), plots / "interpolations.png")


if __name__ == "__main__":
    run(main, get_args(params.Generator))
