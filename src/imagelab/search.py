"""The grid search: points of a family, trained one after the other, and the same settings on another data set."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras
import pandas as pd
from sklearn.model_selection import ParameterGrid

from imagelab import training
from imagelab.datasets import Split
from imagelab.errors import InputError
from imagelab.models.cnn import build_cnn
from imagelab.models.mlp import build_mlp
from imagelab.params import CnnNetwork, Family, Search, SubGrid
from imagelab.raw_formats import CLASSES

Point = Mapping[str, Any]  # optimizer, learning_rate, batch_size, epochs; for the MLP family also variant


def points(family: Family, settings: Search) -> list[Point]:
    """List the points of a family's grid, each once: sub-grid by sub-grid, as ``ParameterGrid`` orders them.

    Raises:
        InputError: if the MLP grid names a variant that is not defined.
    """
    sub_grids: Sequence[SubGrid] = getattr(settings, family).grid
    found = ParameterGrid([{name: list(values) for name, values in grid} for grid in sub_grids])
    unique = {tuple(sorted(point.items())): point for point in found}
    for point in unique.values():
        variant = point.get("variant")
        if variant is not None and variant not in settings.mlp.variants:
            known = ", ".join(settings.mlp.variants)
            raise InputError(
                "search.mlp.grid.variant", where="params.yaml", expected=f"one of {known}", received=variant
            )
    return list(unique.values())


def build_network(
    family: Family, settings: Search, point: Point, image_shape: tuple[int, int, int], *, seed: int
) -> keras.Model:
    """Build a family's uncompiled network for one point."""
    if family == "mlp":
        variant = settings.mlp.variants[point["variant"]]
        return build_mlp(
            image_shape,
            hidden=variant.hidden,
            dropout=variant.dropout,
            l1_on_first=variant.l1_on_first,
            classes=CLASSES,
            seed=seed,
        )
    network: CnnNetwork = settings.cnn_network
    return build_cnn(
        image_shape,
        filters=network.filters,
        dense=network.dense,
        dropout=network.dropout,
        batch_normalization=family == "cnn_batch_norm",
        classes=CLASSES,
        seed=seed,
    )


def search(
    family: Family, settings: Search, to_try: Iterable[Point], splits: Mapping[str, Split], *, seed: int
) -> pd.DataFrame:
    """Train each point and measure it.

    Args:
        family: which network.
        settings: its widths and variants.
        to_try: the points.
        splits: ``train``, ``validation`` and ``test``.
        seed: of weights, dropout and order; the same for every point.

    Returns:
        One row a point, in order: its settings, then ``validation_loss``, ``validation_accuracy``, ``test_loss`` and
        ``test_accuracy`` after its last epoch.

    Raises:
        InputError: if a loss becomes NaN or infinite.
    """
    to_try = list(to_try)
    rows = []
    for number, point in enumerate(to_try, start=1):
        keras.backend.clear_session()  # else graphs of earlier points stay in memory
        model = build_network(family, settings, point, splits["train"].images.shape[1:], seed=seed)
        described = " ".join(str(value) for value in point.values())
        training.train_classifier(
            model,
            splits["train"],
            None,
            optimizer=training.make_optimizer(point["optimizer"], point["learning_rate"]),
            batch_size=point["batch_size"],
            epochs=point["epochs"],
            seed=seed,
            label=f"{family} {number}/{len(to_try)} ({described})",
        )
        measured = {
            f"{name}_{metric}": value
            for name in ("validation", "test")
            for metric, value in training.measure_classifier(model, splits[name]).items()
        }
        rows.append({**point, **measured})
    return pd.DataFrame(rows)
