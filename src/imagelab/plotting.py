"""Arrays or tables in, ``Figure`` out; no disk."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

COLOURS = {"train": "tab:blue", "test": "tab:orange"}
_TILE_INCHES = 0.85
_GAP = 1  # pixels of the pictures, between them
_DPI = 110


def image_grid(images: NDArray[Any], *, columns: int) -> Figure:
    """Show pictures row by row, side by side on white.

    Args:
        images: (n, h, w, 1) or (n, h, w, 3); uint8 in 0..255 or floats in [0, 1].
        columns: pictures a row.
    """
    count, height, width, channels = images.shape
    rows = math.ceil(count / columns)
    brightest = _brightest(images)
    mosaic = np.full((rows * (height + _GAP), columns * (width + _GAP), channels), brightest, images.dtype)
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + _GAP), (index % columns) * (width + _GAP)
        mosaic[top : top + height, left : left + width] = image
    size = (columns * _TILE_INCHES, rows * _TILE_INCHES)
    figure = Figure(figsize=size, dpi=_DPI)
    axis = figure.add_axes((0, 0, 1, 1))
    axis.imshow(mosaic.squeeze(), cmap="gray", vmin=0, vmax=brightest, interpolation="nearest", aspect="auto")
    axis.set_axis_off()
    return figure


def titled_images(images: NDArray[Any], titles: Sequence[str], *, columns: int) -> Figure:
    """Show pictures row by row, each under its title.

    Args:
        images: as for ``image_grid``.
        titles: one a picture.
        columns: pictures a row.
    """
    rows = math.ceil(len(images) / columns)
    layout = ConstrainedLayoutEngine(w_pad=0.01, h_pad=0.01, wspace=0.0, hspace=0.0)
    figure = Figure(figsize=(columns * _TILE_INCHES, rows * 1.25 * _TILE_INCHES), dpi=_DPI, layout=layout)
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis in axes:
        axis.set_axis_off()
    for axis, image, title in zip(axes, images, titles, strict=False):
        axis.imshow(image.squeeze(), cmap="gray", vmin=0, vmax=_brightest(images))  # fixed, so that pictures compare
        axis.set_title(title, fontsize=8, pad=2)
    return figure


def clock_training(history: pd.DataFrame, errors: Mapping[str, pd.DataFrame], *, head: str) -> Figure:
    """Show a clock network's curves over epochs beside the distribution of its errors.

    Args:
        history: ``epoch``, metrics on the training split, and the same on the test split with the prefix ``test_``.
        errors: by split, the columns ``error_minutes`` and ``share`` of ``evaluation.error_histogram``.
        head: for the title.
    """
    metrics = [name for name in history.columns if name != "epoch" and not name.startswith("test_")]
    figure = Figure(figsize=(3.3 * (len(metrics) + 1), 3), dpi=_DPI, layout="constrained")
    *curves, distribution = figure.subplots(1, len(metrics) + 1)
    for axis, metric in zip(curves, metrics, strict=True):
        for split, column in (("train", metric), ("test", f"test_{metric}")):
            axis.plot(history["epoch"], history[column], color=COLOURS[split], label=split)
        axis.set(xlabel="epoch", title=metric.replace("_", " "))
        axis.legend()
    for split, table in errors.items():
        edges = [*table["error_minutes"], 360]
        distribution.stairs(table["share"], edges, color=COLOURS[split], label=split, fill=split == "train", alpha=0.7)
    distribution.set(
        xlabel="common-sense error (minutes)", ylabel="share of the images", title="errors after the last epoch"
    )
    distribution.legend()
    figure.suptitle(f"clock, {head.replace('_', ' ')}")
    return figure


def grid_accuracy(by_epochs: pd.DataFrame, by_batch_size: pd.DataFrame) -> Figure:
    """Show the report's figure 1: test accuracy over epochs and over batch size, one line an optimizer.

    Args:
        by_epochs: as ``ranking.accuracy_by`` returns it for ``epochs``.
        by_batch_size: the same for ``batch_size``.
    """
    figure = Figure(figsize=(9, 4), dpi=_DPI, layout="constrained")
    optimizers = sorted(set(by_epochs["optimizer"]))
    for axis, table, setting in zip(
        figure.subplots(1, 2, sharey=True), (by_epochs, by_batch_size), ("epochs", "batch_size"), strict=True
    ):
        values = sorted(set(table[setting]))
        for number, optimizer in enumerate(optimizers):
            own = table[table["optimizer"] == optimizer]
            mean = own["mean_test_accuracy"]
            reach = np.abs(own[["lowest_test_accuracy", "highest_test_accuracy"]].to_numpy().T - mean.to_numpy())
            places = [values.index(value) + 0.05 * (number - (len(optimizers) - 1) / 2) for value in own[setting]]
            axis.errorbar(places, mean, yerr=reach, marker="o", markersize=4, elinewidth=0.8, label=optimizer)
        axis.set_xticks(range(len(values)), [str(value) for value in values])
        axis.grid(axis="y", alpha=0.3)
        axis.set(xlabel=setting.replace("_", " "), title=f"over {setting.replace('_', ' ')}")
    figure.axes[0].set_ylabel("test accuracy: mean, lowest and highest")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside right center", title="optimizer")
    return figure


def _brightest(images: NDArray[Any]) -> int:
    return 255 if images.dtype.kind == "u" else 1
