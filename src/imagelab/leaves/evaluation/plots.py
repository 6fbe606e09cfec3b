"""Figures about generators: their samples, and how these change over the epochs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from imagelab.datasets.leaf_layout import LEAF_CLASS_SEPARATOR
from imagelab.evaluation.figures import DPI, GAP, TILE_INCHES, image_grid, mosaic, show

COLUMNS = 16
_SHOWN = 64
_SHOWN_PER_CLASS = 4
_ENLARGEMENT = 3  # in animations


def samples(images: NDArray[Any], classes: NDArray[np.integer] | None, names: Sequence[str]) -> Figure:
    """Show the first samples, or, where each was drawn for a class, the first of each class, a class per column.

    Args:
        images: (n, h, w, 3), in [0, 1].
        classes: the class that each was drawn for, (n,); None if the generator is not conditioned on the class.
        names: of the classes, ``<Crop>___<Condition>``; the columns' titles.
    """
    if classes is None:
        return image_grid(images[:_SHOWN], columns=COLUMNS)
    drawn = np.unique(classes)
    by_class = [images[classes == label][:_SHOWN_PER_CLASS] for label in drawn]
    rows = min(map(len, by_class))
    shown = np.stack([own[:rows] for own in by_class], axis=1)  # (rows, classes, h, w, 3)
    titles = [names[label].replace(LEAF_CLASS_SEPARATOR, ":\n").replace("_", " ") for label in drawn]
    return image_grid(shown.reshape(-1, *images.shape[1:]), columns=len(drawn), titles=titles)


def progress(snapshots: NDArray[Any], epochs: NDArray[np.integer]) -> Figure:
    """Show what a generator draws from the same latent vectors after some of its epochs, a row per epoch.

    Args:
        snapshots: (epochs, n, h, w, 3), of which the first ``COLUMNS`` of each epoch are shown.
        epochs: which ones, (epochs,).
    """
    snapshots = snapshots[:, :COLUMNS]
    rows, columns, height = snapshots.shape[:3]
    figure = Figure(figsize=(columns * TILE_INCHES + 0.8, rows * TILE_INCHES), dpi=DPI, layout="constrained")
    axis = figure.subplots()
    show(axis, mosaic(snapshots.reshape(-1, *snapshots.shape[2:]), columns=columns))
    axis.set_yticks((height + GAP) * (np.arange(rows) + 0.5) - 1, [f"epoch {epoch}" for epoch in epochs])
    axis.tick_params(left=False, bottom=False, labelbottom=False)
    axis.spines[:].set_visible(False)
    return figure


def frames(snapshots: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Join the first pictures of each epoch, (epochs, n, h, w, 3), to a frame of an animation, enlarged."""
    joined = [mosaic(shown, columns=COLUMNS // 2) for shown in snapshots[:, : 2 * COLUMNS]]
    return [frame.repeat(_ENLARGEMENT, 0).repeat(_ENLARGEMENT, 1) for frame in joined]
