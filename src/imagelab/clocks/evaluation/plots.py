"""Figures of clocks: frequencies of times, training curves, errors, reliability."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from imagelab.clocks.times import as_text
from imagelab.evaluation.figures import DPI, panels, titled_images

COLOURS = {"train": "tab:blue", "test": "tab:orange", "all": "tab:blue"}
_READING_INCHES = 1.5  # width of a picture; its title has to fit
_WIDE = 30  # largest over smallest value; above it the scale is logarithmic


def clock_labels(times: pd.DataFrame, hours: pd.DataFrame, *, data: str) -> Figure:
    """Show the report's figures 3 and 8: how often each part of the dial and each hour occur.

    Args:
        times: of ``metrics.counts``, over minutes past twelve.
        hours: the same over hours.
        data: name of the clocks, for the title.
    """
    figure = Figure(figsize=(9, 3), dpi=DPI, layout="constrained")
    left, right = figure.subplots(1, 2)
    _stairs(left, times, 720)
    left.set(xlabel="time (minutes past twelve)", ylabel="images", title="times", xticks=range(0, 721, 120))
    _stairs(right, hours, 12)
    right.set(xlabel="hour", ylabel="images", title="hours", xticks=range(0, 13, 2))
    figure.legend(*right.get_legend_handles_labels(), loc="outside right center")
    figure.suptitle(data)
    return figure


def readings(
    images: NDArray[Any],
    true: NDArray[np.integer],
    read: NDArray[np.number],
    rows: NDArray[np.integer],
    *,
    columns: int,
) -> Figure:
    """Show some pictures, each below its true time and the time that was read.

    Args:
        images: of all clocks, as for ``image_grid``.
        true: their minutes past twelve, (n,).
        read: minutes past twelve, (n,).
        rows: of the pictures that are shown, in their order.
        columns: pictures per row.
    """
    titles = [f"{as_text(true[row])}, read {as_text(read[row])}" for row in rows]
    return titled_images(images[rows], titles, columns=columns, inches=_READING_INCHES)


def clock_training(history: pd.DataFrame, *, network: str, units: Mapping[str, str], data: str) -> Figure:
    """Show a clock network's losses and metrics over epochs; the report's figures 6, 10, 13 and 14.

    Args:
        history: ``epoch``, metrics on the training split, and the same on the test split with the prefix ``test_``.
        network: for the title.
        units: of those metrics that have one, by name.
        data: name of the clocks, for the title.
    """
    metrics = [name for name in history.columns if name != "epoch" and not name.startswith("test_")]
    figure, axes = panels(len(metrics))
    marker = "o" if len(history) == 1 else None  # a line of one point is invisible
    for axis, metric in zip(axes, metrics, strict=True):
        unit = [f"({units[metric]})"] if metric in units else []
        for split, column in (("train", metric), ("test", f"test_{metric}")):
            axis.plot(history["epoch"], history[column], color=COLOURS[split], label=split, marker=marker)
        axis.set(xlabel="epoch", title=" ".join([*metric.split("_"), *unit]))
        values = history[[metric, f"test_{metric}"]].to_numpy()
        if 0 < values.min() < values.max() / _WIDE and not metric.endswith("accuracy"):
            axis.set_yscale("log")  # otherwise the first epochs would flatten the rest
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].legend()
    figure.suptitle(f"{data}: {network.replace('_', ' ')}")
    return figure


def clock_errors(
    distributions: Mapping[str, pd.DataFrame], by_condition: pd.DataFrame, *, network: str, data: str
) -> Figure:
    """Show how errors are distributed (the report's figures 7, 11, 12, 15, 16), and their means by condition.

    Args:
        distributions: ``errors``, ``absolute_hours`` and ``absolute_minutes``, each of ``metrics.shares``.
        by_condition: of ``conditions.errors_by_condition``.
        network: for the title.
        data: name of the clocks, for the title.
    """
    conditions = list(dict.fromkeys(by_condition["condition"]))
    figure, axes = panels(3 + len(conditions))
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
        _mean_errors(axis, by_condition[by_condition["condition"] == condition])
        axis.set(xlabel=condition, ylabel="mean test error (minutes)")
    figure.suptitle(f"{data}: {network.replace('_', ' ')}, errors after the last epoch")
    return figure


def errors_by_property(by_property: pd.DataFrame, *, data: str) -> Figure:
    """Show the mean error for each value of each property, and the number of its pictures.

    Args:
        by_property: of ``conditions.errors_by_condition``.
        data: name of the clocks, for the title.
    """
    properties = list(dict.fromkeys(by_property["condition"]))
    figure, axes = panels(len(properties))
    for axis, name in zip(axes, properties, strict=True):
        table = by_property[by_property["condition"] == name]
        bars = _mean_errors(axis, table)
        axis.bar_label(bars, labels=[str(count) for count in table["images"]], fontsize=7)
        axis.margins(y=0.15)  # room for the numbers
        axis.set(xlabel=name, ylabel="mean error (minutes)")
    figure.suptitle(f"{data}: errors by property; numbers of pictures above the bars")
    return figure


def _mean_errors(axis: Axes, table: pd.DataFrame) -> BarContainer:
    """Draw one bar a value of a condition; many names are turned, so that they do not overlap."""
    bars = axis.bar(table["value"], table["mean_error_minutes"], color=COLOURS["test"])
    axis.tick_params(axis="x", rotation=60 if len(table) > 4 else 0, labelsize=8)
    return bars


def reliability(table: pd.DataFrame, *, width: float) -> Figure:
    """Show a reliability diagram for each set: the share of right readings by stated probability, and their number.

    Args:
        table: rows of ``reliability.reliability``, with ``set`` and the name of its ``data`` as further columns.
        width: of a bin.
    """
    sets = list(dict.fromkeys(table["set"]))
    figure = Figure(figsize=(3.6 * len(sets), 4.6), dpi=DPI, layout="constrained")
    above, below = figure.subplots(2, len(sets), sharex=True, sharey="row", squeeze=False, height_ratios=(3, 1))
    for axis, counted, name in zip(above, below, sets, strict=True):
        own = table[table["set"] == name]
        share = own["share_right"].to_numpy()
        reach = np.abs(own[["share_right_low", "share_right_high"]].to_numpy().T - share)
        axis.plot([0, 1], [0, 1], color="grey", linestyle=":", label="right as often as stated")
        place = own["mean_stated_probability"]
        axis.errorbar(
            place, share, yerr=reach, marker="o", linestyle="none", capsize=3, label="readings, 95 % interval"
        )
        axis.set_title(f"{own['data'].iloc[0]}\n({name.replace('_', ' ')})", fontsize=10, parse_math=False)
        counted.bar(own["from"], own["readings"], width=width, align="edge", edgecolor="white")
        counted.set(xlabel="stated probability", yscale="log", ylim=(0.5, None))  # one reading is a bar too
    above[0].set_ylabel("share right")
    below[0].set_ylabel("readings")
    figure.legend(*above[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8)
    return figure


def _stairs(axis: Any, table: pd.DataFrame, end: float) -> None:
    """Draw a binned table, one colour for each part: the first is filled, the others are outlines."""
    for name in table.columns.drop("from"):
        filled = name == table.columns[1]
        axis.stairs(
            table[name], [*table["from"], end], color=COLOURS[name], label=name, fill=filled, alpha=0.5 if filled else 1
        )
