"""What every training shares: ``fit`` with a progress bar, a history in full words, and an eye on the loss."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Protocol

import keras
import numpy as np
import pandas as pd
from tqdm import tqdm

from imagelab.runtime import progress
from imagelab.runtime.errors import InputError
from imagelab.training.batches import Batches


class Diverged(InputError):  # noqa: N818 - said of a training, as in the literature
    """A training whose loss is no longer a finite number; nearly always the learning rate is too large."""


class Keeper(Protocol):
    """What ``fit`` needs of a ``checkpoint.Checkpoint``: to keep the state of each epoch, and to give it back."""

    def save(self, variables: Sequence[keras.Variable], history: Mapping[str, Sequence[float]]) -> None:
        """Keep the state after an epoch."""

    def restore(self, variables: Sequence[keras.Variable]) -> dict[str, list[float]]:
        """Set the variables to what was kept, and return the history so far."""


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
    seen: Callable[[int], None] | None = None,
    after_epoch: Callable[[int, float], None] | None = None,
    checkpoint: Keeper | None = None,
) -> pd.DataFrame:
    """Fit a compiled model.

    Args:
        model: compiled.
        train: what it learns from.
        validation: measured after each epoch, if given.
        epochs: how often the training split is seen.
        label: names the training on the screen and in messages.
        seen: told after each batch how many pictures it held; without it the training shows a bar of its own.
        after_epoch: told after each epoch how many are finished, and the epoch's loss.
        checkpoint: keeps the state of each epoch; the training goes on from what it holds.

    Returns:
        The history: ``epoch`` from 1, ``loss`` and the compiled metrics, and with a validation split the same with the
        prefix ``validation_``.

    Raises:
        Diverged: if the loss becomes NaN or infinite.
    """
    state = _state(model)
    history = {} if checkpoint is None else checkpoint.restore(state)
    finished = len(history.get("loss", ()))
    train.epoch = finished
    with ExitStack() as stack:
        callbacks: list[keras.callbacks.Callback] = []
        if validation is not None and model.steps_per_execution > 1:
            callbacks.append(_Validation(model, validation))
            validation = None
        callbacks.append(_LossCheck(label))
        if seen is None:
            images = len(train.images)
            bar = stack.enter_context(
                progress.bar(total=epochs * images, label=label, unit="img", scale=True, done=finished * images)
            )
            callbacks.append(_Watch(train, bar.update, lambda epoch, loss: _show(bar, epoch, loss)))
        callbacks.append(_Watch(train, seen, after_epoch))
        callbacks.append(_Record(history))
        if checkpoint is not None:
            save = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: checkpoint.save(state, history))
            callbacks.append(save)
        model.fit(
            train,
            validation_data=validation,
            initial_epoch=finished,
            epochs=epochs,
            shuffle=False,  # the batches come in their own order; Keras would shuffle them by Python's global generator
            verbose=0,
            callbacks=callbacks,
        )
    table = pd.DataFrame(history).rename(columns=lambda name: name.replace("val_", "validation_", 1))
    table.insert(0, "epoch", np.arange(1, epochs + 1))
    return table


def _state(model: keras.Model) -> list[keras.Variable]:
    """All that a step of training changes: weights, moving averages, random generators, and the optimizer's."""
    model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


class _Validation(keras.callbacks.Callback):
    """Measures after each epoch, one batch after the other.

    Keras would run as many batches in one call as the training takes steps. Those of a training wait for each other; in
    a measurement none does, and all of their activations are in memory at once: gigabytes for a few thousand clocks.
    """

    def __init__(self, model: keras.Model, validation: Batches) -> None:
        super().__init__()
        self.validation = validation
        self.network = keras.Model(model.inputs, model.output)  # weights are shared
        self.network.compile_from_config(model.get_compile_config() | {"steps_per_execution": 1})

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        assert logs is not None
        measured = self.network.evaluate(self.validation, return_dict=True, verbose=0)
        logs.update({f"val_{name}": value for name, value in measured.items()})


class _LossCheck(keras.callbacks.Callback):
    def __init__(self, label: str) -> None:
        super().__init__()
        self.label = label

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        for name, value in (logs or {}).items():
            if name.endswith("loss"):  # of both splits, and their parts
                check_loss(value, where=f"{self.label}, epoch {epoch + 1}")


class _Record(keras.callbacks.Callback):
    """Lengthens the history by each epoch."""

    def __init__(self, history: dict[str, list[float]]) -> None:
        super().__init__()
        self.history = history

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))


class _Watch(keras.callbacks.Callback):
    """Counts the pictures of each epoch; Keras counts batches, several at once with ``steps_per_execution``."""

    def __init__(
        self,
        train: Batches,
        seen: Callable[[int], Any] | None,
        after_epoch: Callable[[int, float], None] | None,
    ) -> None:
        super().__init__()
        self.train = train
        self.seen = seen
        self.after_epoch = after_epoch

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.counted = 0

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        so_far = min((batch + 1) * self.train.batch_size, len(self.train.images))
        if self.seen is not None:
            self.seen(so_far - self.counted)
        self.counted = so_far

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if self.after_epoch is not None:
            self.after_epoch(epoch + 1, (logs or {})["loss"])


def _show(bar: "tqdm[Any]", epoch: int, loss: float) -> None:
    bar.set_postfix_str(f"epoch {epoch}, loss {loss:.4g}", refresh=False)
