"""Training of the GAN: discriminator and generator in turns, each a compiled model of its own.

So no gradient code is written here, and every backend of Keras runs it.
"""

import math
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops
from numpy.typing import NDArray

from imagelab.leaves.generators.drawing import classes_of, one_hot
from imagelab.leaves.generators.snapshots import Snapshots
from imagelab.runtime import progress
from imagelab.settings.leaves import Gan
from imagelab.storage.splits import Split
from imagelab.training.batches import as_pixels
from imagelab.training.fit import Keeper, check_loss


def train_gan(
    generator: keras.Model,
    discriminator: keras.Model,
    training: Split,
    settings: Gan,
    *,
    seed: int,
    averaged: keras.Model | None = None,
    checkpoint: Keeper | None = None,
    snapshots: Snapshots | None = None,
) -> pd.DataFrame:
    """Train both networks with Adam.

    A step of the discriminator sees as many real as generated pictures; a step of the generator is rewarded where the
    discriminator takes its pictures for real (the non-saturating loss). Generators that take a class are asked for
    those of real pictures drawn at random.

    Args:
        generator: uncompiled, from latent vectors (and classes) to pictures.
        discriminator: uncompiled, from pictures (and classes) to a logit.
        training: real pictures, in [0, 1], and their classes.
        settings: batch size, epochs, learning rates, and how far the average reaches.
        seed: of latent vectors, wanted classes and order.
        averaged: a network like the generator, which is to become the moving average of it; None: none is made.
        checkpoint: keeps the state of each epoch; the training goes on from what it holds.
        snapshots: to take after some of the epochs.

    Returns:
        The history, means over the batches of each epoch: ``epoch`` from 1, ``generator_loss``, ``discriminator_loss``,
        ``accuracy_on_real`` and ``accuracy_on_generated`` of the discriminator.

    Raises:
        Diverged: if a loss becomes NaN or infinite.

    Source: Goodfellow et al., "Generative Adversarial Nets", 2014; the report, section 3.2.
    """
    players = _Players(generator, discriminator, averaged, settings)
    steps = math.ceil(len(training.images) / settings.batch_size)
    state = players.state()
    history = {} if checkpoint is None else checkpoint.restore(state)
    finished = len(history.get("generator_loss", ()))
    with progress.bar(total=settings.epochs * steps, label="gan", unit="step", done=finished * steps) as bar:
        for epoch in range(finished, settings.epochs):
            random = np.random.default_rng([seed, epoch])
            order = random.permutation(len(training.images))
            records = []
            for start in range(0, len(order), settings.batch_size):
                records.append(players.step(training, order[start : start + settings.batch_size], random))
                bar.update()
            means = pd.DataFrame(records).mean(skipna=False)
            check_loss(means["generator_loss"] + means["discriminator_loss"], where=f"gan, epoch {epoch + 1}")
            bar.set_postfix_str(f"generator loss {means['generator_loss']:.3g}", refresh=False)
            for name, mean in means.items():
                history.setdefault(str(name), []).append(float(mean))
            if snapshots is not None:
                snapshots.after_epoch(epoch + 1)
            if checkpoint is not None:
                checkpoint.save(state, history)
    discriminator.trainable = True  # as it came
    table = pd.DataFrame(history)
    table.insert(0, "epoch", np.arange(1, settings.epochs + 1))
    return table


def accuracy_on_real(is_real: Any, logits: Any) -> Any:
    """Share of the real pictures taken for real; half of the batch must be real."""
    return 2 * is_real * ops.cast(logits > 0, "float32")


def accuracy_on_generated(is_real: Any, logits: Any) -> Any:
    """Share of the generated pictures found out; half of the batch must be generated."""
    return 2 * (1 - is_real) * ops.cast(logits <= 0, "float32")


class _Players:
    """The two networks, compiled so that each can be trained while the other one stands still."""

    def __init__(
        self, generator: keras.Model, discriminator: keras.Model, averaged: keras.Model | None, settings: Gan
    ) -> None:
        self.generator = generator
        self.discriminator = discriminator
        self.averaged = averaged
        self.averaging = settings.averaging
        self.latent_dimension = settings.latent_dimension
        self.classes = classes_of(generator)
        inputs = [keras.Input((settings.latent_dimension,))]
        if self.classes:
            inputs.append(keras.Input((self.classes,)))
        drawn = generator(_structured(inputs))
        judged = discriminator(_structured([drawn, *inputs[1:]]))
        self.combined = keras.Model(_structured(inputs), judged, name="combined")
        its_rate = settings.discriminator_learning_rate or settings.learning_rate
        measures = [accuracy_on_real, accuracy_on_generated]
        for model, rate, metrics in (
            (discriminator, its_rate, measures),
            (self.combined, settings.learning_rate, []),
        ):
            model.compile(
                optimizer=keras.optimizers.Adam(rate, beta_1=settings.beta_1),
                loss=keras.losses.BinaryCrossentropy(from_logits=True),
                metrics=metrics,
            )

    def state(self) -> list[keras.Variable]:
        """All that a step changes: the networks and their optimizers."""
        self.discriminator.optimizer.build(self.discriminator.trainable_variables)
        self.combined.optimizer.build(self.generator.trainable_variables)
        networks = (*self.generator.variables, *self.discriminator.variables)
        if self.averaged is not None:
            networks += tuple(self.averaged.variables)
        return [*networks, *self.discriminator.optimizer.variables, *self.combined.optimizer.variables]

    def step(self, training: Split, rows: NDArray[np.integer], random: np.random.Generator) -> dict[str, float]:
        """Train the discriminator, then the generator, on one batch.

        A generator with batch normalisation draws what the discriminator learns from by its moving averages, as it
        will draw in the end; only in its own step it normalises by the batch.

        Returns:
            Losses and the discriminator's accuracies on this batch.
        """
        real, count = as_pixels(training.images[rows]), len(rows)
        wish = self._wish(training, count, random)
        judged = [np.concatenate([real, self.generator.predict_on_batch(_structured(wish))])]
        if self.classes:
            judged.append(np.concatenate([one_hot(training.targets[rows], self.classes), wish[1]]))
        is_real = np.repeat(np.array([[1.0], [0.0]], np.float32), count, axis=0)
        self.discriminator.trainable = True
        measured = self.discriminator.train_on_batch(_structured(judged), is_real, return_dict=True)
        self.discriminator.trainable = False  # the combined model then trains the generator only
        wanted = np.ones((count, 1), np.float32)
        wish = self._wish(training, count, random)
        combined = self.combined.train_on_batch(_structured(wish), wanted, return_dict=True)
        self._average()
        return {
            "generator_loss": float(combined["loss"]),
            "discriminator_loss": float(measured["loss"]),
            "accuracy_on_real": float(measured["accuracy_on_real"]),
            "accuracy_on_generated": float(measured["accuracy_on_generated"]),
        }

    def _wish(self, training: Split, count: int, random: np.random.Generator) -> list[NDArray[np.float32]]:
        """Draw what the generator is asked for: latent vectors, and classes as frequent as among the real pictures."""
        latent = random.standard_normal((count, self.latent_dimension), dtype=np.float32)
        if not self.classes:
            return [latent]
        return [latent, one_hot(random.choice(training.targets, count), self.classes)]

    def _average(self) -> None:
        """Move the averaged network towards the generator, faster in the first steps, which start from noise."""
        if self.averaged is None:
            return
        step = float(self.combined.optimizer.iterations)
        kept = min(self.averaging, step / (10 + step))
        for average, variable in zip(self.averaged.variables, self.generator.variables, strict=True):
            if average.dtype.startswith("float"):
                average.assign(average * kept + variable * (1 - kept))


def _structured(inputs: list[Any]) -> Any:
    """Return what Keras wants of one input or several: the only one, or the list."""
    return inputs if len(inputs) > 1 else inputs[0]
