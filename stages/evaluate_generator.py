"""Measure and show what a generator draws."""

from pathlib import Path
from typing import get_args

from imagelab.datasets import data_names
from imagelab.evaluation.figures import image_grid
from imagelab.leaves.data import read_leaves
from imagelab.leaves.evaluation import collapse, generator_metrics, plots
from imagelab.leaves.evaluation.samples import read_references, read_samples, read_snapshots
from imagelab.leaves.groups import read_groups
from imagelab.settings import params
from imagelab.settings.leaves import Generator
from imagelab.storage import class_names, reading, writing
from stages import run


def main(name: Generator) -> None:
    """Read what was drawn and its features; write metrics, curves, sample grids, and progress over the epochs."""
    settings = params.load()
    data = data_names.describe("leaves", settings.fetch.leaves)
    trained, drawn, out = (
        Path(folder) / name for folder in ("data/models/generator", "data/samples", "plots/generator")
    )
    train, held_out = read_leaves(Path("data/leaves"))
    groups = read_groups(Path("data/leaves"))
    names = class_names.read(Path("data/leaves"), fewest=1)
    real, samples = read_references(Path("data/samples/real")), read_samples(drawn)
    lines = reading.read_array(drawn / "interpolations.npy", dimensions=4)
    snapshots, history = read_snapshots(trained, drawn), reading.read_csv(trained / "history.csv")

    metrics = generator_metrics.generator_metrics(samples, real, train, held_out, groups, seed=settings.seed)
    if (codes := trained / "held_out_codes.npy").exists():  # of autoencoders
        metrics |= generator_metrics.code_metrics(reading.read_array(codes, dimensions=2))
    metrics |= generator_metrics.training_metrics(history)
    signs = collapse.signs_of_collapse(metrics, history)
    collapse.warn_or_stop(name, signs, settings.sample, where=trained)
    metrics = {"data": data, **metrics, "collapsed": int(bool(signs))}
    progress = generator_metrics.measure_progress(snapshots, real, held_out.images, groups, seed=settings.seed)

    writing.write_metrics(metrics, Path("metrics/generator") / f"{name}.json")
    writing.write_table(history, out / "history.csv", data=data)
    writing.write_figure(plots.samples(samples.images, samples.classes, names), out / "samples.png")
    interpolated = image_grid(lines, columns=settings.sample.interpolation_steps)
    writing.write_figure(interpolated, out / "interpolations.png")
    writing.write_table(progress, out / "progress.csv", data=data)
    writing.write_figure(plots.progress(snapshots.images, snapshots.epochs), out / "progress.png")
    writing.write_animation(plots.frames(snapshots.images), out / "progress.gif", seconds=0.8)


if __name__ == "__main__":
    run(main, get_args(Generator))
