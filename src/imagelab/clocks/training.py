"""Training of the clock networks."""

from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.clocks import labels
from imagelab.settings.clocks import Clock, ClockHead, Head
from imagelab.storage.splits import Split
from imagelab.training import inference
from imagelab.training.batches import Batches, for_measuring
from imagelab.training.fit import Keeper, fit

_CLASS_LOSS = keras.losses.SparseCategoricalCrossentropy


def epochs_of(head: Head, settings: Clock) -> int:
    """Return how many epochs the network with this head is trained."""
    own: ClockHead = getattr(settings, head)
    return own.epochs if own.epochs is not None else settings.epochs


def train_clock_network(
    model: keras.Model,
    head: Head,
    training: Split,
    test: Split,
    *,
    learning_rate: float,
    batch_size: int,
    epochs: int,
    steps_per_execution: int,
    seed: int,
    checkpoint: Keeper | None = None,
) -> pd.DataFrame:
    """Train a clock network with Adam.

    Args:
        model: uncompiled, with the given head.
        head: decides losses and metrics; targets are those of ``labels.to_<head>``.
        training: the training split.
        test: measured after each epoch, as the report does; nothing is chosen by it.
        learning_rate: of Adam.
        batch_size: rows of a batch.
        epochs: how often the split is seen.
        steps_per_execution: batches a call of the compiled graph.
        seed: of the order of the rows.
        checkpoint: see ``fit.fit``.

    Returns:
        The history: ``epoch`` from 1, the losses and metrics on the training split, and the same on the test split
        with the prefix ``test_``.

    Raises:
        Diverged: if the loss becomes NaN or infinite.
    """
    compile_network(model, head, learning_rate=learning_rate, steps_per_execution=steps_per_execution)
    history = fit(
        model,
        training_batches(head, training, batch_size=batch_size, seed=seed),
        for_measuring(test.images, _targets(head, test)),
        epochs=epochs,
        label=f"clock {head}",
        checkpoint=checkpoint,
    )
    return history.rename(columns=lambda name: name.replace("validation_", "test_"))


def compile_network(model: keras.Model, head: Head, *, learning_rate: float, steps_per_execution: int) -> None:
    """Compile a clock network with Adam and the losses and metrics of its head."""
    losses: Any = {
        "classification": _CLASS_LOSS(from_logits=True),
        "regression": "mean_squared_error",
        "multi_head": {"hour": _CLASS_LOSS(from_logits=True), "minute": "mean_squared_error"},
        "cyclic": "mean_squared_error",
        "double_classification": {"hour": _CLASS_LOSS(from_logits=True), "minute": _CLASS_LOSS(from_logits=True)},
    }
    metrics: Any = {
        "classification": ["accuracy"],
        "regression": ["mean_absolute_error"],
        "multi_head": {"hour": ["accuracy"], "minute": ["mean_absolute_error"]},
        "cyclic": ["mean_absolute_error"],
        "double_classification": {"hour": ["accuracy"], "minute": ["accuracy"]},
    }
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss=losses[head],
        metrics=metrics[head],
        steps_per_execution=steps_per_execution,
    )


def training_batches(head: Head, split: Split, *, batch_size: int, seed: int) -> Batches:
    """Return a split as ``fit`` takes it for a head, shuffled anew each epoch."""
    return Batches(split.images, _targets(head, split), batch_size=batch_size, shuffle_seed=seed)


def _targets(head: Head, split: Split) -> NDArray[Any] | dict[str, NDArray[Any]]:
    """Give the targets the form that ``fit`` takes: by the names of the outputs where there are several."""
    if head in ("multi_head", "double_classification"):
        return {"hour": split.targets[:, 0].astype(np.int64), "minute": split.targets[:, 1]}
    return split.targets


def predict_times(model: keras.Model, head: Head, images: NDArray[Any]) -> NDArray[np.float64]:
    """Read clocks.

    Args:
        model: trained, with the given head.
        head: how to decode what it says.
        images: (n, height, width, 1), uint8 in 0..255.

    Returns:
        Minutes past twelve, in [0, 720), or off the dial where the regression's number is; shape (n,).
    """
    outputs = inference.predict(model, images)
    match head:
        case "classification":
            return labels.from_classification(outputs)
        case "regression":
            return labels.from_regression(outputs)
        case "multi_head":
            return labels.from_multi_head(outputs["hour"], outputs["minute"])
        case "cyclic":
            return labels.from_cyclic(outputs)
        case "double_classification":
            return labels.from_double_classification(outputs["hour"], outputs["minute"])
