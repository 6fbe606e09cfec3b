"""Measure and show what a generator draws."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from imagelab import artifacts, datasets, generator_evaluation, params, plotting
from imagelab.errors import InputError
from imagelab.generator_evaluation import Pictures
from imagelab.raw_formats import LEAF_CLASS_SEPARATOR
from stages import run

CLASSIFIER = Path("data/models/leaf_classifier")
SHOWN, COLUMNS = 64, 16
EACH = 4  # of a class


def main(name: params.Generator) -> None:
    """Read what was drawn and what the classifier saw in it; write metrics, curves, grids, and the progress."""
    settings = params.load()
    trained, drawn, plots = (
        Path(where) / name for where in ("data/models/generator", "data/samples", "plots/generator")
    )
    train, held_out = datasets.read_leaves(Path("data/leaves"))
    training = Pictures(train.images, _read(CLASSIFIER / "training_features.npy", 2))
    generated = Pictures(_read(drawn / "samples.npy", 4), _read(drawn / "features.npy", 2))
    unseen = Pictures(held_out.images, _read(CLASSIFIER / "held_out_features.npy", 2))
    noise = _read(Path("data/samples/noise_features.npy"), 2)
    metrics = generator_evaluation.generator_metrics(generated, training, unseen, noise, seed=settings.seed)
    classes = _read(drawn / "classes.npy", 1) if (drawn / "classes.npy").exists() else None
    if classes is not None:
        spread = generator_evaluation.smallest_class_spread(generated.images, classes, train.images, train.targets)
        metrics["smallest_class_spread"] = spread
    history = artifacts.read_csv(trained / "history.csv")
    interpolations = _read(drawn / "interpolations.npy", 4)
    epochs, snapshots = _read(trained / "snapshot_epochs.npy", 1), _read(trained / "snapshots.npy", 5)
    features = _read(drawn / "snapshot_features.npy", 3)
    metrics |= {f"last_{column}": value for column, value in history.iloc[-1].to_dict().items() if column != "epoch"}
    signs = generator_evaluation.signs_of_collapse(metrics, history)
    if settings.sample.on_collapse == "fail" and signs:
        expected = "a generator that did not collapse (or sample.on_collapse: mark)"
        raise InputError(name, where=trained, expected=expected, received="; ".join(signs))
    for sign in signs:
        print(f"warning: {name} collapsed: {sign}", file=sys.stderr)
    artifacts.write_metrics(metrics | {"collapsed": int(bool(signs))}, Path("metrics/generator") / f"{name}.json")
    artifacts.write_table(history, plots / "history.csv")
    names = artifacts.read_json(Path("data/leaves/classes.json"))["classes"]
    artifacts.write_figure(_samples(generated.images, classes, names), plots / "samples.png")
    columns = settings.sample.interpolation_steps
    lines = plotting.image_grid(interpolations, columns=columns)
    artifacts.write_figure(lines, plots / "interpolations.png")
    progress = generator_evaluation.measure_progress(snapshots, features, epochs, training, seed=settings.seed)
    artifacts.write_table(progress, plots / "progress.csv")
    artifacts.write_figure(plotting.progress(snapshots[:, :COLUMNS], epochs), plots / "progress.png")
    frames = plotting.frames(snapshots[:, : 2 * COLUMNS], columns=COLUMNS // 2)
    artifacts.write_animation(frames, plots / "progress.gif", seconds=0.8)


def _samples(images: NDArray[Any], classes: NDArray[Any] | None, names: Sequence[str]) -> Figure:
    """Show the first samples; where each was drawn for a class, the first of each class, a class a column."""
    if classes is None:
        return plotting.image_grid(images[:SHOWN], columns=COLUMNS)
    drawn = np.unique(classes)
    by_class = [images[classes == label][:EACH] for label in drawn]
    rows = min(map(len, by_class))
    shown = np.stack([own[:rows] for own in by_class], axis=1)  # (rows, classes, h, w, 3)
    titles = [names[label].replace(LEAF_CLASS_SEPARATOR, ": ").replace("_", " ") for label in drawn]
    return plotting.image_grid(shown.reshape(-1, *images.shape[1:]), columns=len(drawn), titles=titles)


def _read(path: Path, dimensions: int) -> NDArray[Any]:
    return artifacts.read_array(path, dimensions=dimensions)


if __name__ == "__main__":
    run(main, get_args(params.Generator))
