"""Arrays or tables in, ``Figure`` out; no disk."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

COLOURS = {"train": "tab:blue", "test": "tab:orange"}
_TILE_INCHES = 0.9  # 99 dots: three for each pixel of a leaf, 32 and the gap
_GAP = 1  # pixels of the pictures, between them
_DPI = 110
_LETTER_INCHES = 0.07  # of a title that stands upright
_WIDE = 30  # largest over smallest value, from which on a scale is logarithmic
_ENLARGED = 3  # pixels a pixel, in animations
_UNITS = {
    ("regression", "mean_absolute_error"): "(hours)",
    ("multi_head", "minute_mean_absolute_error"): "(minutes)",
}


def image_grid(images: NDArray[Any], *, columns: int, titles: Sequence[str] = ()) -> Figure:
    """Show pictures row by row, side by side on white.

    Args:
        images: (n, h, w, 1) or (n, h, w, 3); uint8 in 0..255 or floats in [0, 1].
        columns: pictures a row.
        titles: of the columns; none are shown by default.
    """
    height = math.ceil(len(images) / columns) * _TILE_INCHES
    above = max(map(len, titles), default=0) * _LETTER_INCHES
    figure = Figure(figsize=(columns * _TILE_INCHES, height + above), dpi=_DPI)
    axis = figure.add_axes((0, 0, 1, height / (height + above)))
    _show(axis, mosaic(images, columns=columns))
    axis.set_axis_off()
    for column, title in enumerate(titles):
        place = (column + 0.5) / columns
        axis.text(place, 1.01, title, transform=axis.transAxes, rotation=90, fontsize=9, ha="center", va="bottom")
    return figure


def mosaic(images: NDArray[Any], *, columns: int) -> NDArray[Any]:
    """Join pictures row by row, side by side on white: (n, h, w, c) to (rows * (h + 1), columns * (w + 1), c)."""
    count, height, width, channels = images.shape
    rows = math.ceil(count / columns)
    joined = np.full((rows * (height + _GAP), columns * (width + _GAP), channels), _brightest(images), images.dtype)
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + _GAP), (index % columns) * (width + _GAP)
        joined[top : top + height, left : left + width] = image
    return joined


def progress(snapshots: NDArray[Any], epochs: NDArray[np.integer]) -> Figure:
    """Show what a generator draws from the same latent vectors after some of its epochs, a row an epoch.

    Args:
        snapshots: (epochs, n, h, w, 3).
        epochs: which they are, (epochs,).
    """
    rows, columns, height = snapshots.shape[:3]
    figure = Figure(figsize=(columns * _TILE_INCHES + 0.8, rows * _TILE_INCHES), dpi=_DPI, layout="constrained")
    axis = figure.subplots()
    _show(axis, mosaic(snapshots.reshape(-1, *snapshots.shape[2:]), columns=columns))
    axis.set_yticks((height + _GAP) * (np.arange(rows) + 0.5) - 1, [f"epoch {epoch}" for epoch in epochs])
    axis.tick_params(left=False, bottom=False, labelbottom=False)
    axis.spines[:].set_visible(False)
    return figure


def frames(snapshots: NDArray[np.uint8], *, columns: int) -> list[NDArray[np.uint8]]:
    """Join the pictures of each epoch, (epochs, n, h, w, 3), to a frame of an animation, enlarged."""
    return [mosaic(shown, columns=columns).repeat(_ENLARGED, 0).repeat(_ENLARGED, 1) for shown in snapshots]


def titled_images(images: NDArray[Any], titles: Sequence[str], *, columns: int, inches: float = _TILE_INCHES) -> Figure:
    """Show pictures row by row, each under its title.

    Args:
        images: as for ``image_grid``.
        titles: one a picture.
        columns: pictures a row.
        inches: width of a picture.
    """
    rows = math.ceil(len(images) / columns)
    layout = ConstrainedLayoutEngine(w_pad=0.01, h_pad=0.01, wspace=0.0, hspace=0.0)
    figure = Figure(figsize=(columns * inches, rows * (inches + 0.25 * _TILE_INCHES)), dpi=_DPI, layout=layout)
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis in axes:
        axis.set_axis_off()
    for axis, image, title in zip(axes, images, titles, strict=False):
        axis.imshow(image.squeeze(), cmap="gray", vmin=0, vmax=_brightest(images))  # fixed, so that pictures compare
        axis.set_title(title, fontsize=8, pad=2)
    return figure


def clock_labels(times: pd.DataFrame, hours: pd.DataFrame, *, data: str) -> Figure:
    """Show the report's figures 3 and 8: how often each part of the dial and each hour occur.

    Args:
        times: of ``evaluation.counts``, over minutes past twelve.
        hours: the same over hours.
        data: name of the clocks, for the title.
    """
    figure = Figure(figsize=(9, 3), dpi=_DPI, layout="constrained")
    left, right = figure.subplots(1, 2)
    _stairs(left, times, 720)
    left.set(xlabel="time (minutes past twelve)", ylabel="images", title="times", xticks=range(0, 721, 120))
    _stairs(right, hours, 12)
    right.set(xlabel="hour", ylabel="images", title="hours", xticks=range(0, 13, 2))
    figure.legend(*right.get_legend_handles_labels(), loc="outside right center")
    figure.suptitle(data)
    return figure


def clock_training(history: pd.DataFrame, *, network: str, data: str) -> Figure:
    """Show a clock network's losses and metrics over epochs; the report's figures 6, 10, 13 and 14.

    Args:
        history: ``epoch``, metrics on the training split, and the same on the test split with the prefix ``test_``.
        network: for the title and the units.
        data: name of the clocks, for the title.
    """
    metrics = [name for name in history.columns if name != "epoch" and not name.startswith("test_")]
    figure, axes = _panels(len(metrics))
    marker = "o" if len(history) == 1 else None  # a line of one point is invisible
    for axis, metric in zip(axes, metrics, strict=True):
        for split, column in (("train", metric), ("test", f"test_{metric}")):
            axis.plot(history["epoch"], history[column], color=COLOURS[split], label=split, marker=marker)
        axis.set(xlabel="epoch", title=" ".join([*metric.split("_"), _UNITS.get((network, metric), "")]).rstrip())
        values = history[[metric, f"test_{metric}"]].to_numpy()
        if 0 < values.min() < values.max() / _WIDE and not metric.endswith("accuracy"):
            axis.set_yscale("log")  # the first epochs would flatten all others
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].legend()
    figure.suptitle(f"{data}: {network.replace('_', ' ')}")
    return figure


def clock_errors(
    distributions: Mapping[str, pd.DataFrame], by_condition: pd.DataFrame, *, network: str, data: str
) -> Figure:
    """Show the distributions of a clock network's errors (the report's figures 7, 11, 12, 15, 16) and their conditions.

    Args:
        distributions: ``errors``, ``absolute_hours`` and ``absolute_minutes`` of ``evaluation.shares``.
        by_condition: of ``evaluation.errors_by_condition``.
        network: for the title.
        data: name of the clocks, for the title.
    """
    conditions = list(dict.fromkeys(by_condition["condition"]))
    figure, axes = _panels(3 + len(conditions))
    for axis, (name, end, step, label) in zip(
        axes,
        (
            ("errors", 360, 60, "common-sense error (minutes)"),
            ("absolute_hours", 12, 2, "absolute error (hours)"),
            ("absolute_minutes", 60, 10, "absolute error of the minute"),
        ),
        strict=False,
    ):
        _stairs(axis, distributions[name], end)
        ticks = range(0, end + 1, step)
        axis.set(xlabel=label, ylabel="share of the images", yscale="log", xticks=ticks)  # most lie in the first bin
    axes[0].legend()
    for axis, condition in zip(axes[3:], conditions, strict=True):
        table = by_condition[by_condition["condition"] == condition]
        axis.bar(table["value"], table["mean_error_minutes"], color=COLOURS["test"])
        axis.set(xlabel=condition, ylabel="mean test error (minutes)")
        axis.tick_params(axis="x", rotation=60 if len(table) > 4 else 0, labelsize=8)
    figure.suptitle(f"{data}: {network.replace('_', ' ')}, errors after the last epoch")
    return figure


def reliability(table: pd.DataFrame, *, width: float) -> Figure:
    """Show how often readings are right against the probability that is stated, and how many readings there are.

    Args:
        table: rows of ``reliability.reliability`` with the columns ``set`` and ``data``, its name; a column of panels a
            set.
        width: of a bin.
    """
    sets = list(dict.fromkeys(table["set"]))
    figure = Figure(figsize=(3.6 * len(sets), 4.6), dpi=_DPI, layout="constrained")
    above, below = figure.subplots(2, len(sets), sharex=True, sharey="row", squeeze=False, height_ratios=(3, 1))
    for axis, counted, name in zip(above, below, sets, strict=True):
        own = table[table["set"] == name]
        share = own["share_exact"].to_numpy()
        reach = np.abs(own[["share_exact_low", "share_exact_high"]].to_numpy().T - share)
        axis.plot([0, 1], [0, 1], color="grey", linestyle=":", label="right as often as stated")
        place = own["mean_stated_probability"]
        axis.errorbar(
            place, share, yerr=reach, marker="o", linestyle="none", capsize=3, label="readings, 95 % interval"
        )
        axis.set_title(f"{own['data'].iloc[0]} ({name})", fontsize=10)
        counted.bar(own["from"], own["readings"], width=width, align="edge", edgecolor="white")
        counted.set(xlabel="stated probability", yscale="log", ylim=(0.5, None))  # one reading is a bar too
    above[0].set_ylabel("share exact")
    below[0].set_ylabel("readings")
    figure.legend(*above[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8)
    return figure


def _show(axis: Any, picture: NDArray[Any]) -> None:
    brightest = _brightest(picture)
    axis.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=brightest, interpolation="nearest", aspect="auto")


def _panels(count: int) -> tuple[Figure, list[Any]]:
    """Lay out so many axes in rows of up to four."""
    columns = min(4, math.ceil(math.sqrt(count)) if count > 4 else count)
    rows = math.ceil(count / columns)
    figure = Figure(figsize=(3.3 * columns, 2.8 * rows), dpi=_DPI, layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis in axes[count:]:
        axis.set_axis_off()
    return figure, axes[:count]


def _stairs(axis: Any, table: pd.DataFrame, end: float) -> None:
    """Draw a binned table, a colour a part: the first filled, the others as outlines."""
    for name in table.columns.drop("from"):
        filled = name == table.columns[1]
        axis.stairs(
            table[name], [*table["from"], end], color=COLOURS[name], label=name, fill=filled, alpha=0.5 if filled else 1
        )


def grid_accuracy(by_epochs: pd.DataFrame, by_batch_size: pd.DataFrame, *, data: str) -> Figure:
    """Show the report's figure 1: test accuracy over epochs and over batch size, one line an optimizer.

    Args:
        by_epochs: as ``ranking.accuracy_by`` returns it for ``epochs``.
        by_batch_size: the same for ``batch_size``.
        data: name of the pictures, for the title.
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
    figure.suptitle(data)
    return figure


def _brightest(images: NDArray[Any]) -> int:
    return 255 if images.dtype.kind == "u" else 1
