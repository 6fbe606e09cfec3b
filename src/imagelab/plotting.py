"""Arrays or tables in, ``Figure`` out; no disk."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

COLOURS = {"train": "tab:blue", "test": "tab:orange"}
_TILE_INCHES = 0.85
_DPI = 110


def image_grid(images: NDArray[Any], *, columns: int, titles: Sequence[str] = ()) -> Figure:
    """Show pictures row by row.

    Args:
        images: (n, h, w, 1) or (n, h, w, 3); uint8 in 0..255 or floats in [0, 1].
        columns: pictures a row.
        titles: one a picture, or none at all.
    """
    rows = math.ceil(len(images) / columns)
    height = _TILE_INCHES * (1.25 if titles else 1.0)
    layout = ConstrainedLayoutEngine(w_pad=0.01, h_pad=0.01, wspace=0.0, hspace=0.0)
    figure = Figure(figsize=(columns * _TILE_INCHES, rows * height), dpi=_DPI, layout=layout)
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis in axes:
        axis.set_axis_off()
    brightest = 255 if images.dtype.kind == "u" else 1
    for index, (axis, image) in enumerate(zip(axes, images, strict=False)):
        axis.imshow(image.squeeze(), cmap="gray", vmin=0, vmax=brightest)  # a fixed scale: pictures stay comparable
        if titles:
            axis.set_title(titles[index], fontsize=8, pad=2)
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
