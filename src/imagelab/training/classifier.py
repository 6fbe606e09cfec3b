"""Training and measuring of classifiers."""

from collections.abc import Callable

import keras
import pandas as pd

from imagelab.batches import Batches, for_measuring
from imagelab.datasets import Split
from imagelab.training.fit import Keeper, fit


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
        The history: ``epoch`` from 1, ``loss``, ``accuracy``, and with a validation split ``validation_loss`` and
        ``validation_accuracy``.

    Raises:
        Diverged: if the loss becomes NaN or infinite.
    """
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
    return fit(
        model,
        Batches(training.images, training.targets, batch_size=batch_size, shuffle_seed=seed),
        None if validation is None else for_measuring(validation.images, validation.targets),
        epochs=epochs,
        label=label,
        seen=seen,
        after_epoch=after_epoch,
        checkpoint=checkpoint,
    )


def measure(model: keras.Model, split: Split) -> dict[str, float]:
    """Return ``loss`` and ``accuracy`` of a compiled classifier on a split, averaged over its examples."""
    measured: dict[str, float] = model.evaluate(for_measuring(split.images, split.targets), return_dict=True, verbose=0)
    return {name: float(measured[name]) for name in ("loss", "accuracy")}
