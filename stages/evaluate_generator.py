"""Measure and show what a generator draws."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from imagelab.datasets import data_names
from imagelab.datasets.leaf_layout import LEAF_CLASS_SEPARATOR
from imagelab.evaluation.figures import image_grid
from imagelab.leaves.data import read_leaves
from imagelab.leaves.evaluation import collapse, generator_metrics, plotting
from imagelab.leaves.evaluation.feature_metrics import SPACES, References
from imagelab.runtime.errors import InputError
from imagelab.settings import params
from imagelab.settings.leaves import Generator, Sample
from imagelab.storage import reading, writing
from stages import run

SHOWN, COLUMNS = 64, 16
EACH = 4  # of a class


def main(name: Generator) -> None:
    """Read what was drawn and its features; write metrics, curves, grids, and the progress."""
    settings = params.load()
    trained, drawn, plots = (
        Path(where) / name for where in ("data/models/generator", "data/samples", "plots/generator")
    )
    train, held_out = read_leaves(Path("data/leaves"))
    real = {space: _read_real(space) for space in SPACES}
    samples, classes = _read(drawn / "samples.npy", 4), _read_if_there(drawn / "classes.npy", 1)
    features = {space: _read(drawn / f"sample_{space}_features.npy", 2) for space in SPACES}
    history = reading.read_csv(trained / "history.csv")
    metrics = generator_metrics.generator_metrics(samples, features, held_out.images, real, seed=settings.seed)
    if classes is not None:
        spread = collapse.smallest_class_spread(samples, classes, train.images, train.targets)
        metrics["smallest_class_spread"] = spread
    codes = _read_if_there(trained / "held_out_codes.npy", 2)
    if codes is not None:
        metrics |= generator_metrics.code_metrics(codes)
    metrics |= {f"last_{column}": value for column, value in history.iloc[-1].to_dict().items() if column != "epoch"}
    signs = _check_collapse(name, metrics, history, settings.sample, where=trained)
    data = data_names.describe("leaves", settings.fetch.leaves)
    metrics = {"data": data, **metrics, "collapsed": int(bool(signs))}
    writing.write_metrics(metrics, Path("metrics/generator") / f"{name}.json")
    writing.write_table(history, plots / "history.csv", data=data)
    names = reading.read_json(Path("data/leaves/classes.json"))["classes"]
    writing.write_figure(_show_samples(samples, classes, names), plots / "samples.png")
    lines = image_grid(_read(drawn / "interpolations.npy", 4), columns=settings.sample.interpolation_steps)
    writing.write_figure(lines, plots / "interpolations.png")
    _show_progress(trained, drawn, plots, held_out.images, real, data=data, seed=settings.seed)


def _check_collapse(
    name: str, metrics: Mapping[str, Any], history: pd.DataFrame, settings: Sample, *, where: Path
) -> list[str]:
    """Say the signs of collapse, and stop where the settings ask for that."""
    signs = collapse.signs_of_collapse(metrics, history)
    if settings.on_collapse == "fail" and signs:
        expected = "a generator that did not collapse (or sample.on_collapse: mark)"
        raise InputError(name, where=where, expected=expected, received="; ".join(signs))
    for sign in signs:
        print(f"warning: {name} collapsed: {sign}", file=sys.stderr)
    return signs


def _show_progress(
    trained: Path,
    drawn: Path,
    plots: Path,
    held_out: NDArray[Any],
    real: Mapping[str, References],
    *,
    data: str,
    seed: int,
) -> None:
    epochs, snapshots = _read(trained / "snapshot_epochs.npy", 1), _read(trained / "snapshots.npy", 5)
    features = {space: _read(drawn / f"snapshot_{space}_features.npy", 3) for space in SPACES}
    progress = generator_metrics.measure_progress(snapshots, features, epochs, held_out, real, seed=seed)
    writing.write_table(progress, plots / "progress.csv", data=data)
    writing.write_figure(plotting.progress(snapshots[:, :COLUMNS], epochs), plots / "progress.png")
    frames = plotting.frames(snapshots[:, : 2 * COLUMNS], columns=COLUMNS // 2)
    writing.write_animation(frames, plots / "progress.gif", seconds=0.8)


def _show_samples(images: NDArray[Any], classes: NDArray[Any] | None, names: Sequence[str]) -> Figure:
    """Show the first samples; where each was drawn for a class, the first of each class, a class a column."""
    if classes is None:
        return image_grid(images[:SHOWN], columns=COLUMNS)
    drawn = np.unique(classes)
    by_class = [images[classes == label][:EACH] for label in drawn]
    rows = min(map(len, by_class))
    shown = np.stack([own[:rows] for own in by_class], axis=1)  # (rows, classes, h, w, 3)
    titles = [names[label].replace(LEAF_CLASS_SEPARATOR, ": ").replace("_", " ") for label in drawn]
    return image_grid(shown.reshape(-1, *images.shape[1:]), columns=len(drawn), titles=titles)


def _read_real(space: str) -> References:
    folder = Path("data/samples/real")
    return References(*(_read(folder / f"{kind}_{space}_features.npy", 2) for kind in References._fields))


def _read(path: Path, dimensions: int) -> NDArray[Any]:
    return reading.read_array(path, dimensions=dimensions)


def _read_if_there(path: Path, dimensions: int) -> NDArray[Any] | None:
    return _read(path, dimensions) if path.exists() else None


if __name__ == "__main__":
    run(main, get_args(Generator))
