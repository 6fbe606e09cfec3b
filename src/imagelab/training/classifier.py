"""Training and measuring of classifiers."""

import math
from collections.abc import Callable

import keras
import pandas as pd

from imagelab.storage.splits import Split
from imagelab.training.batches import Batches, for_measuring
from imagelab.training.fit import Keeper, fit

_CROSS_ENTROPY = "cross_entropy"  # Keras's name for it where its ``loss`` holds a penalty too


def make_optimizer(name: str, learning_rate: float) -> keras.optimizers.Optimizer:
    """Make a Keras optimizer by its name, with Keras's defaults but for the learning rate."""
    return keras.optimizers.get({"class_name": name, "config": {"learning_rate": learning_rate}})


def train(
    model: keras.Model,
    training: Split,
    validation: Split | None,
    *,
    optimizer: keras.optimizers.Optimizer,
    batch_size: int,
    epochs: int,
    seed: int,
    label: str,
    seen: Callable[[int], None] | None = None,
    after_epoch: Callable[[int, float], None] | None = None,
    checkpoint: Keeper | None = None,
) -> pd.DataFrame:
    """Train a network from pixels to logits.

    Args:
        model: uncompiled.
        training: targets are classes, (n,).
        validation: measured after each epoch, if given.
        optimizer: a new one.
        batch_size: rows of a batch.
        epochs: how often the split is seen.
        seed: of the order of the rows.
        label: names the training on the screen and in messages.
        seen: see ``fit.fit``.
        after_epoch: see ``fit.fit``.
        checkpoint: see ``fit.fit``.

    Returns:
        The history: ``epoch`` from 1, ``loss`` (cross-entropy in nats), ``accuracy``, and with a validation split
        ``validation_loss`` and ``validation_accuracy``. Where the network's weights are penalised, ``penalty`` is what
        that adds to the loss: its mean over the steps of the epoch, as ``loss`` is.

    Raises:
        Diverged: if the loss, penalty included, becomes NaN or infinite.
    """
    metrics: list[str | keras.metrics.Metric] = ["accuracy"]
    if model.losses:
        metrics.append(keras.metrics.SparseCategoricalCrossentropy(from_logits=True, name=_CROSS_ENTROPY))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=optimizer, loss=loss, metrics=metrics)
    history = fit(
        model,
        Batches(training.images, training.targets, batch_size=batch_size, shuffle_seed=seed),
        None if validation is None else for_measuring(validation.images, validation.targets),
        epochs=epochs,
        label=label,
        seen=seen,
        after_epoch=after_epoch,
        checkpoint=checkpoint,
    )
    return _without_penalty(history) if model.losses else history


def measure(model: keras.Model, split: Split) -> dict[str, float]:
    """Return ``loss`` and ``accuracy`` of a classifier on a split, averaged over its examples.

    Args:
        model: compiled by ``train``.
        split: targets are classes, (n,).

    Returns:
        ``loss`` is the cross-entropy in nats; ``penalty`` returns what the weights add to it.
    """
    measured: dict[str, float] = model.evaluate(for_measuring(split.images, split.targets), return_dict=True, verbose=0)
    return {"loss": float(measured.get(_CROSS_ENTROPY, measured["loss"])), "accuracy": float(measured["accuracy"])}


def penalty(model: keras.Model) -> float:
    """Return what the regularisers of a network add to its loss, on any data; 0 where there are none."""
    return math.fsum(float(keras.ops.convert_to_numpy(part)) for part in model.losses)


def _without_penalty(history: pd.DataFrame) -> pd.DataFrame:
    """Let the columns of losses hold the cross-entropy alone, and ``penalty`` the difference."""
    penalties = history["loss"] - history[_CROSS_ENTROPY]
    columns = [name for name in history.columns if not name.endswith("loss")]
    return history[columns].rename(columns=lambda name: name.replace(_CROSS_ENTROPY, "loss")).assign(penalty=penalties)
