"""The shared loop: progress, history, checkpoint, divergence check."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.runtime import progress
from imagelab.runtime.errors import InputError
from imagelab.training.batches import Batches
from imagelab.training.steps import Run, Steps

_SECONDS_BETWEEN_REPORTS = 0.1  # Ctrl-C and the progress bar wait as long


class Diverged(InputError):  # noqa: N818 - the term of the literature
    """A training whose loss is no longer a finite number; nearly always the learning rate is too large."""


class CheckpointLike(Protocol):
    """What ``fit`` needs of a ``checkpoint.Checkpoint``."""

    def save(self, variables: Sequence[keras.Variable], history: Mapping[str, Sequence[float]], *, images: int) -> None:
        """Save the state after an epoch of so many images."""

    def restore(self, variables: Sequence[keras.Variable]) -> dict[str, list[float]]:
        """Set the variables to the saved state, if there is one, and return the history so far."""


def check_loss(loss: float, *, where: str) -> None:
    """Refuse a loss that is NaN or infinite.

    Raises:
        Diverged: naming the epoch.
    """
    if not math.isfinite(loss):
        raise Diverged("loss", where=where, expected="a finite number (try a smaller learning rate)", received=loss)


def fit(
    model: keras.Model,
    train: Batches,
    validation: Batches | None,
    *,
    epochs: int,
    label: str,
    on_images: Callable[[int], None] | None = None,
    after_epoch: Callable[[int, float], None] | None = None,
    checkpoint: CheckpointLike | None = None,
    augment: Callable[[Any, int], Any] | None = None,
) -> pd.DataFrame:
    """Fit a compiled model.

    Args:
        model: compiled.
        train: the training split.
        validation: measured after each epoch, if given.
        epochs: passes over the training split, including those of the checkpoint.
        label: names the training on the screen and in messages.
        on_images: called after some batches with the number of images in them; without it a progress bar is shown.
        after_epoch: called after each epoch with the number of finished epochs and the epoch's loss.
        checkpoint: saves the state after each epoch; training continues from the state that it holds.
        augment: from the training pictures, a single array, and the epoch, from 0, to the pictures of that epoch.

    Returns:
        The history: ``epoch`` from 1, ``loss`` and the compiled metrics, and with a validation split the same with the
        prefix ``validation_``.

    Raises:
        Diverged: if the loss becomes NaN or infinite.
    """
    state = _state(model)
    history = {} if checkpoint is None else checkpoint.restore(state)
    finished = len(history.get("loss", ()))
    steps = Steps(model, training=True)
    run = steps.over(train)
    evaluate = Evaluation(model)
    images = train.rows
    with _reports(on_images, total=epochs * images, done=finished * images, label=label) as (report, show):
        for epoch in range(finished, epochs):
            if augment is not None:
                run = steps.over(train._replace(images=augment(train.images, epoch)))
            logs = train_epoch(model, run, train, epoch, report)
            if validation is not None:
                logs |= {f"validation_{name}": value for name, value in evaluate(validation).items()}
            check_losses(logs, where=f"{label}, epoch {epoch + 1}")
            show(f"epoch {epoch + 1}, loss {logs['loss']:.4g}")
            if after_epoch is not None:
                after_epoch(epoch + 1, logs["loss"])
            for name, value in logs.items():
                history.setdefault(name, []).append(value)
            if checkpoint is not None:
                checkpoint.save(state, history, images=images)
    return as_table(history)


def train_epoch(
    model: keras.Model, run: Run, train: Batches, epoch: int, report: Callable[[int], object]
) -> dict[str, float]:
    """Train one epoch.

    Args:
        model: compiled.
        run: its training steps over the split.
        train: the training split.
        epoch: from 0.
        report: called about ten times a second with the number of images since the last call.

    Returns:
        Loss and metrics by name, averaged over the epoch.
    """
    model.reset_metrics()
    for rows in _run_in_parts(run, train.order(epoch), batch_size=train.batch_size):
        report(rows)
    return _results(model)


def check_losses(logs: Mapping[str, float], *, where: str) -> None:
    """Refuse an epoch in which the loss of a split, or a part of one, is NaN or infinite.

    Raises:
        Diverged: naming the epoch.
    """
    for name, value in logs.items():
        if name.endswith("loss"):
            check_loss(value, where=where)


def as_table(history: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Return a history, values by name for each epoch, as a table with the column ``epoch``, from 1, in front."""
    table = pd.DataFrame(history)
    table.insert(0, "epoch", np.arange(1, len(table) + 1))
    return table


class Evaluation:
    """Measures a compiled model on any split: its loss and its metrics, averaged over the split."""

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self._steps = Steps(model, training=False)

    def __call__(self, batches: Batches) -> dict[str, float]:
        """Return the loss and the metrics by name."""
        run = self._steps.over(batches)
        self.model.reset_metrics()
        run(batches.order(0))
        return _results(self.model)


def _results(model: keras.Model) -> dict[str, float]:
    """Return the loss and the metrics since they were reset, sorted by name."""
    return {name: float(value) for name, value in sorted(model.get_metrics_result().items())}


def _state(model: keras.Model) -> list[keras.Variable]:
    """All that a training step changes: weights, moving averages, random generators, and the optimizer's variables."""
    model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


def _run_in_parts(run: Run, order: NDArray[np.int32], *, batch_size: int) -> Iterator[int]:
    """Run an epoch; yield the number of rows after each part of it. The parts change no result."""
    first, batches = 0, 1  # the first part also traces
    while first < len(order):
        began = time.perf_counter()
        part = order[first : first + batches * batch_size]
        run(part)
        yield len(part)
        first += len(part)
        wanted = batches * _SECONDS_BETWEEN_REPORTS / (time.perf_counter() - began)
        batches = max(1, min(2 * batches, int(wanted)))


@contextmanager
def _reports(
    on_images: Callable[[int], None] | None, *, total: int, done: int, label: str
) -> Iterator[tuple[Callable[[int], object], Callable[[str], None]]]:
    """Yield what counts images and what shows a text: those of a progress bar, or the caller's, which shows none."""
    if on_images is not None:
        yield on_images, lambda text: None
        return
    with progress.bar(total=total, label=label, unit="img", scale=True, done=done) as bar:
        yield bar.update, lambda text: bar.set_postfix_str(text, refresh=False)
