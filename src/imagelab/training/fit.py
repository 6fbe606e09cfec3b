"""The shared loop: progress, history, checkpoint, divergence check."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

import keras
import numpy as np
import pandas as pd

from imagelab.runtime import progress
from imagelab.runtime.errors import InputError
from imagelab.training.batches import Batches


class Diverged(InputError):  # noqa: N818 - the term of the literature
    """A training whose loss is no longer a finite number; nearly always the learning rate is too large."""


class CheckpointLike(Protocol):
    """What ``fit`` needs of a ``checkpoint.Checkpoint``."""

    def save(self, variables: Sequence[keras.Variable], history: Mapping[str, Sequence[float]]) -> None:
        """Save the state after an epoch."""

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
) -> pd.DataFrame:
    """Fit a compiled model.

    Args:
        model: compiled.
        train: the training split.
        validation: measured after each epoch, if given.
        epochs: passes over the training split, including those of the checkpoint.
        label: names the training on the screen and in messages.
        on_images: called after each batch with the number of images in it; without it a progress bar is shown.
        after_epoch: called after each epoch with the number of finished epochs and the epoch's loss.
        checkpoint: saves the state after each epoch; training continues from the state that it holds.

    Returns:
        The history: ``epoch`` from 1, ``loss`` and the compiled metrics, and with a validation split the same with the
        prefix ``validation_``.

    Raises:
        Diverged: if the loss becomes NaN or infinite.
    """
    state = _state(model)
    record = keras.callbacks.History()
    if checkpoint is not None:
        record.history = checkpoint.restore(state)  # Keras appends to it
    finished = len(record.history.get("loss", ()))
    train.epoch = finished
    with ExitStack() as stack:
        callbacks: list[keras.callbacks.Callback] = []
        if validation is not None and model.steps_per_execution > 1:
            callbacks.append(_Validation(model, validation))
            validation = None
        callbacks.append(_LossCheck(label))
        if on_images is None:
            callbacks.append(stack.enter_context(_bar(train, epochs=epochs, finished=finished, label=label)))
        callbacks.append(_Watch(train, on_images, after_epoch))
        callbacks.append(record)  # after _Validation, which adds numbers; before the checkpoint, which saves them
        if checkpoint is not None:
            save = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: checkpoint.save(state, record.history))
            callbacks.append(save)
        model.fit(
            train,
            validation_data=validation,
            initial_epoch=finished,
            epochs=epochs,
            shuffle=False,  # ``Batches`` has its own order; Keras would shuffle with Python's global generator
            verbose=0,
            callbacks=callbacks,
        )
    return as_table(record.history).rename(columns=lambda name: name.replace("val_", "validation_", 1))


def as_table(history: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Return a history, values by name for each epoch, as a table with the column ``epoch``, from 1, in front."""
    table = pd.DataFrame(history)
    table.insert(0, "epoch", np.arange(1, len(table) + 1))
    return table


def _state(model: keras.Model) -> list[keras.Variable]:
    """All that a training step changes: weights, moving averages, random generators, and the optimizer's variables."""
    model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


class _Validation(keras.callbacks.Callback):
    """Measures the validation split after each epoch, one batch at a time.

    With ``steps_per_execution`` above 1 Keras evaluates several batches in one call. Evaluation steps do not depend on
    each other, so TensorFlow holds the activations of all of them at once: gigabytes for a few thousand clocks.
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
    """Stops the training when a loss of either split, or a part of one, is not finite."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self.label = label

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        for name, value in (logs or {}).items():
            if name.endswith("loss"):
                check_loss(value, where=f"{self.label}, epoch {epoch + 1}")


class _Watch(keras.callbacks.Callback):
    """Reports images per batch and the loss per epoch.

    It counts images itself: Keras calls back once for several batches with ``steps_per_execution``.
    """

    def __init__(
        self,
        train: Batches,
        on_images: Callable[[int], Any] | None,
        after_epoch: Callable[[int, float], None] | None,
    ) -> None:
        super().__init__()
        self.train = train
        self.on_images = on_images
        self.after_epoch = after_epoch

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.counted = 0

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        so_far = min((batch + 1) * self.train.batch_size, len(self.train.images))
        if self.on_images is not None:
            self.on_images(so_far - self.counted)
        self.counted = so_far

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if self.after_epoch is not None:
            self.after_epoch(epoch + 1, (logs or {})["loss"])


@contextmanager
def _bar(train: Batches, *, epochs: int, finished: int, label: str) -> Iterator[keras.callbacks.Callback]:
    """Open a progress bar over the images of all epochs; yield the callback that moves it."""
    images = len(train.images)
    total, done = epochs * images, finished * images
    with progress.bar(total=total, label=label, unit="img", scale=True, done=done) as bar:

        def show(epoch: int, loss: float) -> None:
            bar.set_postfix_str(f"epoch {epoch}, loss {loss:.4g}", refresh=False)

        yield _Watch(train, bar.update, show)
