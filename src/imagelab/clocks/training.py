"""Training of the clock networks."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.clocks.arrays import UNITS
from imagelab.clocks.heads.head import Head, build_clock_network
from imagelab.settings.clocks import Clock, ClockHead
from imagelab.storage.splits import Split
from imagelab.training import inference
from imagelab.training.batches import Batches, for_measuring
from imagelab.training.fit import CheckpointLike, fit
from imagelab.training.run import Outputs


def train_on_clocks(
    head: Head,
    clocks: Split,
    rows: Mapping[str, NDArray[np.int64]],
    settings: Clock,
    *,
    seed: int,
    checkpoint: CheckpointLike | None = None,
) -> Outputs:
    """Train a new clock network.

    Args:
        head: decides the network's last layers, targets, losses and metrics.
        clocks: all pictures, (n, size, size, 1), uint8, and their times, minutes past twelve in [0, 720), (n,).
        rows: of the splits ``train`` and ``test``.
        settings: network and training.
        seed: of weights, dropout and order.
        checkpoint: see ``fit.fit``.

    Returns:
        By name of the file: network, history, units of its metrics, and the time read in every picture, (n,).

    Raises:
        Diverged: if the loss becomes NaN or infinite.
    """
    own: ClockHead = getattr(settings, head.name)
    images, minutes = clocks
    model = build_clock_network(head, images.shape[1:], own, seed=seed)
    history = train_clock_network(
        model,
        head,
        *(Split(images[rows[name]], minutes[rows[name]]) for name in ("train", "test")),
        learning_rate=own.learning_rate,
        batch_size=settings.batch_size,
        epochs=epochs_of(head.name, settings),
        seed=seed,
        checkpoint=checkpoint,
    )
    times = predict_times(model, head, images)
    return {"model.keras": model, "history.csv": history, UNITS: head.units, "read_minutes.npy": times}


def epochs_of(head: str, settings: Clock) -> int:
    """Return for how many epochs the network with the head of this name is trained."""
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
    seed: int,
    checkpoint: CheckpointLike | None = None,
) -> pd.DataFrame:
    """Train a clock network with Adam.

    Args:
        model: uncompiled, with the given head.
        head: decides targets, losses and metrics.
        training: the training split; its targets are the times, minutes past twelve in [0, 720), (n,).
        test: likewise; measured after each epoch, as the report does. Nothing is chosen by it.
        learning_rate: of Adam.
        batch_size: rows of a batch.
        epochs: passes over the training split.
        seed: of the order of the rows.
        checkpoint: see ``fit.fit``.

    Returns:
        The history: ``epoch`` from 1, the losses and metrics on the training split, and the same on the test split
        with the prefix ``test_``.

    Raises:
        Diverged: if the loss becomes NaN or infinite.
        ValueError: if a time lies outside the dial.
    """
    compile_network(model, head, learning_rate=learning_rate)
    history = fit(
        model,
        training_batches(head, training, batch_size=batch_size, seed=seed),
        for_measuring(test.images, head.to_targets(test.targets)),
        epochs=epochs,
        label=f"clock {head.name}",
        checkpoint=checkpoint,
    )
    return history.rename(columns=lambda name: name.replace("validation_", "test_"))


def compile_network(model: keras.Model, head: Head, *, learning_rate: float) -> None:
    """Compile a clock network with Adam and the losses and metrics of its head."""
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss=head.loss,
        metrics=head.metrics,
    )


def training_batches(head: Head, split: Split, *, batch_size: int, seed: int) -> Batches:
    """Return a split of pictures and times as ``fit`` takes it for a head, shuffled anew in each epoch."""
    return Batches(split.images, head.to_targets(split.targets), batch_size=batch_size, shuffle_seed=seed)


def predict_times(model: keras.Model, head: Head, images: NDArray[Any]) -> NDArray[np.float64]:
    """Read clocks.

    Args:
        model: trained, with the given head.
        head: decodes the outputs.
        images: (n, height, width, 1), uint8 in 0..255.

    Returns:
        Minutes past twelve, (n,); in [0, 720), except that a regression may leave the dial.
    """
    return head.from_outputs(inference.predict(model, images))
