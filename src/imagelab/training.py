"""Compile and fit; the only caller of ``fit``."""

import math
from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab import inference, progress
from imagelab.batches import Batches
from imagelab.datasets import Split
from imagelab.errors import InputError
from imagelab.params import Head

_CLASS_LOSS = keras.losses.SparseCategoricalCrossentropy


class _Progress(keras.callbacks.Callback):
    """One progress bar over all steps, with the loss of the last epoch; stops the run when the loss is no number."""

    def __init__(self, label: str, *, steps_of_epoch: int) -> None:
        super().__init__()
        self.label = label
        self.steps_of_epoch = steps_of_epoch

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self.bar = progress.bar(total=self.params["epochs"] * self.steps_of_epoch, label=self.label, unit="step")

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.steps_before = epoch * self.steps_of_epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.bar.update(self.steps_before + batch + 1 - self.bar.n)  # several at once with steps_per_execution

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        loss = (logs or {}).get("loss", math.nan)
        if not math.isfinite(loss):
            self.bar.close()  # so that the message has a line of its own
        check_loss(loss, where=f"{self.label}, epoch {epoch + 1}")
        self.bar.set_postfix_str(f"epoch {epoch + 1}, loss {loss:.4g}", refresh=False)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self.bar.close()


def check_loss(loss: float, *, where: str) -> None:
    """Refuse a loss that is NaN or infinite.

    Raises:
        InputError: naming the epoch; nearly always the learning rate is too large.
    """
    if not math.isfinite(loss):
        raise InputError("loss", where=where, expected="a finite number (try a smaller learning rate)", received=loss)


def make_optimizer(name: str, learning_rate: float) -> keras.optimizers.Optimizer:
    """Make a Keras optimizer by its name, with Keras's defaults but for the learning rate."""
    return keras.optimizers.get({"class_name": name, "config": {"learning_rate": learning_rate}})


def train_classifier(
    model: keras.Model,
    train: Split,
    validation: Split | None,
    *,
    optimizer: keras.optimizers.Optimizer,
    batch_size: int,
    epochs: int,
    seed: int,
    label: str,
) -> pd.DataFrame:
    """Train a network from pixels to logits.

    Args:
        model: uncompiled.
        train: targets are classes, (n,).
        validation: measured after each epoch, if given.
        optimizer: a new one.
        batch_size: rows of a batch.
        epochs: how often the split is seen.
        seed: of the order of the rows.
        label: for the progress bar.

    Returns:
        The history: ``epoch`` from 1, ``loss``, ``accuracy``, and with a validation split ``validation_loss`` and
        ``validation_accuracy``.

    Raises:
        InputError: if the loss becomes NaN or infinite.
    """
    model.compile(optimizer=optimizer, loss=_CLASS_LOSS(from_logits=True), metrics=["accuracy"])
    return _fit(
        model,
        Batches(train.images, train.targets, batch_size=batch_size, shuffle_seed=seed),
        None if validation is None else Batches(validation.images, validation.targets, batch_size=inference.BATCH_SIZE),
        epochs=epochs,
        label=label,
    )


def measure_classifier(model: keras.Model, split: Split) -> dict[str, float]:
    """Return ``loss`` and ``accuracy`` of a trained classifier on a split, averaged over its examples."""
    batches = Batches(split.images, split.targets, batch_size=inference.BATCH_SIZE)
    measured: dict[str, float] = model.evaluate(batches, return_dict=True, verbose=0)
    return {name: float(measured[name]) for name in ("loss", "accuracy")}


def train_clock(
    model: keras.Model,
    head: Head,
    train: Split,
    test: Split,
    *,
    learning_rate: float,
    batch_size: int,
    epochs: int,
    steps_per_execution: int,
    seed: int,
) -> pd.DataFrame:
    """Train a clock network with Adam.

    Args:
        model: uncompiled, with the given head.
        head: decides losses and metrics; targets are those of ``labels.to_<head>``.
        train: the training split.
        test: measured after each epoch, as the report does; nothing is chosen by it.
        learning_rate: of Adam.
        batch_size: rows of a batch.
        epochs: how often the split is seen.
        steps_per_execution: batches a call of the compiled graph.
        seed: of the order of the rows.

    Returns:
        The history: ``epoch`` from 1, the losses and metrics on the training split, and the same on the test split
        with the prefix ``test_``.

    Raises:
        InputError: if the loss becomes NaN or infinite.
    """
    losses: Any = {
        "classification": _CLASS_LOSS(from_logits=True),
        "regression": "mean_squared_error",
        "multi_head": {"hour": _CLASS_LOSS(from_logits=True), "minute": "mean_squared_error"},
    }
    metrics: Any = {
        "classification": ["accuracy"],
        "regression": ["mean_absolute_error"],
        "multi_head": {"hour": ["accuracy"], "minute": ["mean_absolute_error"]},
    }
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss=losses[head],
        metrics=metrics[head],
        steps_per_execution=steps_per_execution,
    )
    history = _fit(
        model,
        Batches(train.images, _targets(head, train), batch_size=batch_size, shuffle_seed=seed),
        Batches(test.images, _targets(head, test), batch_size=inference.BATCH_SIZE),
        epochs=epochs,
        label=f"clock {head}",
    )
    return history.rename(columns=lambda name: name.replace("validation_", "test_"))


def train_vae(
    model: keras.Model,
    train: Split,
    held_out: Split,
    *,
    learning_rate: float,
    batch_size: int,
    epochs: int,
    seed: int,
) -> pd.DataFrame:
    """Train a variational autoencoder with Adam.

    Args:
        model: uncompiled.
        train: pictures; targets are not used.
        held_out: measured after each epoch.
        learning_rate: of Adam.
        batch_size: rows of a batch.
        epochs: how often the split is seen.
        seed: of the order of the rows.

    Returns:
        The history: ``epoch`` from 1, ``loss`` and its parts ``reconstruction_loss`` and ``kl_loss``, and the same on
        the held-out pictures with the prefix ``held_out_``.

    Raises:
        InputError: if the loss becomes NaN or infinite.
    """
    model.compile(optimizer=keras.optimizers.Adam(learning_rate))
    history = _fit(
        model,
        Batches(train.images, None, batch_size=batch_size, shuffle_seed=seed),
        Batches(held_out.images, None, batch_size=inference.BATCH_SIZE),
        epochs=epochs,
        label=model.name,
    )
    return history.rename(columns=lambda name: name.replace("validation_", "held_out_"))


def _targets(head: Head, split: Split) -> NDArray[Any] | dict[str, NDArray[Any]]:
    """Give the targets the form that ``fit`` takes: by the names of the outputs where there are several."""
    if head == "multi_head":
        return {"hour": split.targets[:, 0].astype(np.int64), "minute": split.targets[:, 1]}
    return split.targets


def _fit(model: keras.Model, train: Batches, validation: Batches | None, *, epochs: int, label: str) -> pd.DataFrame:
    """Fit a compiled model; return its history with full words for names."""
    history = model.fit(
        train,
        validation_data=validation,
        epochs=epochs,
        shuffle=False,  # the batches come in their own order; Keras would shuffle them by Python's global generator
        verbose=0,
        callbacks=[_Progress(label, steps_of_epoch=train.num_batches)],
    ).history
    table = pd.DataFrame(history).rename(columns=lambda name: name.replace("val_", "validation_", 1))
    table.insert(0, "epoch", np.arange(1, epochs + 1))
    return table
