"""Training and measuring of classifiers."""

import math
from collections.abc import Callable
from typing import Any

import keras
import pandas as pd

from imagelab.storage.splits import Split
from imagelab.training.batches import Batches, for_measuring
from imagelab.training.fit import CheckpointLike, Evaluation, fit

_CROSS_ENTROPY = "cross_entropy"  # a metric of networks whose ``loss`` includes a penalty


def make_optimizer(name: str, learning_rate: float) -> keras.optimizers.Optimizer:
    """Return a new Keras optimizer by its name, with Keras's defaults except for the learning rate."""
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
    on_images: Callable[[int], None] | None = None,
    after_epoch: Callable[[int, float], None] | None = None,
    checkpoint: CheckpointLike | None = None,
    label_smoothing: float = 0.0,
    augment: Callable[[Any, int], Any] | None = None,
) -> pd.DataFrame:
    """Train a network from pixels to logits.

    Args:
        model: uncompiled.
        training: targets are classes, (n,).
        validation: measured after each epoch, if given.
        optimizer: a new one.
        batch_size: rows of a batch.
        epochs: passes over the training split.
        seed: of the order of the rows.
        label: names the training on the screen and in messages.
        on_images: see ``fit.fit``.
        after_epoch: see ``fit.fit``.
        checkpoint: see ``fit.fit``.
        label_smoothing: probability, in [0, 1), that the target shares out evenly among all classes.
        augment: see ``fit.fit``.

    Returns:
        The history: ``epoch`` from 1, ``loss`` (cross-entropy in nats), ``accuracy``, and with a validation split
        ``validation_loss`` and ``validation_accuracy``; the losses are those of smoothed targets if they are smoothed.
        For a network with regularisers, ``penalty`` is what they add
        to the loss, averaged over the steps of the epoch as ``loss`` is.

    Raises:
        Diverged: if the loss, penalty included, becomes NaN or infinite.
    """
    metrics: list[str | keras.metrics.Metric] = ["accuracy"]
    if label_smoothing:
        # Keras smooths targets with a probability for each class only.
        training = _one_hot(training, model.output_shape[-1])
        validation = None if validation is None else _one_hot(validation, model.output_shape[-1])
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=label_smoothing)
        if model.losses:
            raise ValueError("label smoothing in a network with regularisers: the penalty could not be told apart")
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        if model.losses:
            metrics.append(keras.metrics.SparseCategoricalCrossentropy(from_logits=True, name=_CROSS_ENTROPY))
    model.compile(optimizer=optimizer, loss=loss, metrics=metrics)
    history = fit(
        model,
        Batches(training.images, training.targets, batch_size=batch_size, shuffle_seed=seed),
        None if validation is None else for_measuring(validation.images, validation.targets),
        epochs=epochs,
        label=label,
        on_images=on_images,
        after_epoch=after_epoch,
        checkpoint=checkpoint,
        augment=augment,
    )
    return _without_penalty(history) if model.losses else history


def _one_hot(split: Split, classes: int) -> Split:
    return split._replace(targets=keras.utils.to_categorical(split.targets, classes))


def measure(evaluate: Evaluation, split: Split) -> dict[str, float]:
    """Return ``loss`` and ``accuracy`` of a classifier on a split, averaged over its examples.

    Args:
        evaluate: of a model that ``train`` compiled.
        split: targets are classes, (n,).

    Returns:
        ``loss`` is the cross-entropy in nats, without what ``penalty`` returns.
    """
    measured = evaluate(for_measuring(split.images, split.targets))
    return {"loss": measured.get(_CROSS_ENTROPY, measured["loss"]), "accuracy": measured["accuracy"]}


def penalty(model: keras.Model) -> float:
    """Return what a network's regularisers add to its loss, whatever the data; 0 without any."""
    return math.fsum(float(keras.ops.convert_to_numpy(part)) for part in model.losses)


def _without_penalty(history: pd.DataFrame) -> pd.DataFrame:
    """Return the history with the cross-entropy in the columns of losses, and the difference in ``penalty``."""
    penalties = history["loss"] - history[_CROSS_ENTROPY]
    columns = [name for name in history.columns if not name.endswith("loss")]
    return history[columns].rename(columns=lambda name: name.replace(_CROSS_ENTROPY, "loss")).assign(penalty=penalties)
