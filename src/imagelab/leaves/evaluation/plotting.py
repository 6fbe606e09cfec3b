"""Figures about generators: their samples over the epochs."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from imagelab.evaluation.figures import DPI, GAP, TILE_INCHES, mosaic, show

_ENLARGED = 3  # pixels a pixel, in animations


def progress(snapshots: NDArray[Any], epochs: NDArray[np.integer]) -> Figure:
    """Show what a generator draws from the same latent vectors after some of its epochs, a row an epoch.

    Args:
        snapshots: (epochs, n, h, w, 3).
        epochs: which they are, (epochs,).
    """
    rows, columns, height = snapshots.shape[:3]
    figure = Figure(figsize=(columns * TILE_INCHES + 0.8, rows * TILE_INCHES), dpi=DPI, layout="constrained")
    axis = figure.subplots()
    show(axis, mosaic(snapshots.reshape(-1, *snapshots.shape[2:]), columns=columns))
    axis.set_yticks((height + GAP) * (np.arange(rows) + 0.5) - 1, [f"epoch {epoch}" for epoch in epochs])
    axis.tick_params(left=False, bottom=False, labelbottom=False)
    axis.spines[:].set_visible(False)
    return figure


def frames(snapshots: NDArray[np.uint8], *, columns: int) -> list[NDArray[np.uint8]]:
    """Join the pictures of each epoch, (epochs, n, h, w, 3), to a frame of an animation, enlarged."""
    return [mosaic(shown, columns=columns).repeat(_ENLARGED, 0).repeat(_ENLARGED, 1) for shown in snapshots]
