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

from imagelab import progress
from imagelab.batches import as_pixels
from imagelab.params import Gan
from imagelab.training.fit import Keeper, check_loss
from imagelab.training.snapshots import Snapshots


def train(
    generator: keras.Model,
    discriminator: keras.Model,
    images: NDArray[np.floating],
    settings: Gan,
    *,
    seed: int,
    checkpoint: Keeper | None = None,
    snapshots: Snapshots | None = None,
) -> pd.DataFrame:
    """Train both networks with Adam.

    A step of the discriminator sees as many real as generated pictures; a step of the generator is rewarded where the
    discriminator takes its pictures for real (the non-saturating loss).

    Args:
        generator: uncompiled, from latent vectors to pictures.
        discriminator: uncompiled, from pictures to a logit.
        images: real pictures, (n, h, w, 3), in [0, 1].
        settings: batch size, epochs, learning rate.
        seed: of latent vectors and order.
        checkpoint: keeps the state of each epoch; the training goes on from what it holds.
        snapshots: to take after some of the epochs.

    Returns:
        The history, means over the batches of each epoch: ``epoch`` from 1, ``generator_loss``, ``discriminator_loss``,
        ``accuracy_on_real`` and ``accuracy_on_generated`` of the discriminator.

    Raises:
        Diverged: if a loss becomes NaN or infinite.

    Source: Goodfellow et al., "Generative Adversarial Nets", 2014; the report, section 3.2.
    """
    players = _Players(generator, discriminator, settings)
    steps = math.ceil(len(images) / settings.batch_size)
    state = players.state()
    history = {} if checkpoint is None else checkpoint.restore(state)
    finished = len(history.get("generator_loss", ()))
    with progress.bar(total=settings.epochs * steps, label="gan", unit="step", done=finished * steps) as bar:
        for epoch in range(finished, settings.epochs):
            random = np.random.default_rng([seed, epoch])
            order = random.permutation(len(images))
            records = []
            for start in range(0, len(images), settings.batch_size):
                records.append(players.step(as_pixels(images[order[start : start + settings.batch_size]]), random))
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

    def __init__(self, generator: keras.Model, discriminator: keras.Model, settings: Gan) -> None:
        self.generator = generator
        self.discriminator = discriminator
        self.latent_dimension = settings.latent_dimension
        latent = keras.Input((settings.latent_dimension,))
        self.combined = keras.Model(latent, discriminator(generator(latent)), name="combined")
        for model, metrics in ((discriminator, [accuracy_on_real, accuracy_on_generated]), (self.combined, [])):
            model.compile(
                optimizer=keras.optimizers.Adam(settings.learning_rate, beta_1=settings.beta_1),
                loss=keras.losses.BinaryCrossentropy(from_logits=True),
                metrics=metrics,
            )

    def state(self) -> list[keras.Variable]:
        """All that a step changes: both networks and their optimizers."""
        self.discriminator.optimizer.build(self.discriminator.trainable_variables)
        self.combined.optimizer.build(self.generator.trainable_variables)
        networks = (*self.generator.variables, *self.discriminator.variables)
        return [*networks, *self.discriminator.optimizer.variables, *self.combined.optimizer.variables]

    def step(self, real: NDArray[np.float32], random: np.random.Generator) -> dict[str, float]:
        """Train the discriminator, then the generator, on one batch.

        Returns:
            Losses and the discriminator's accuracies on this batch.
        """
        generated = self.generator.predict_on_batch(self._latent(len(real), random))
        judged = np.concatenate([real, generated])
        is_real = np.repeat(np.array([[1.0], [0.0]], np.float32), len(real), axis=0)
        self.discriminator.trainable = True
        measured = self.discriminator.train_on_batch(judged, is_real, return_dict=True)
        self.discriminator.trainable = False  # the combined model then trains the generator only
        wanted = np.ones((len(real), 1), np.float32)
        combined = self.combined.train_on_batch(self._latent(len(real), random), wanted, return_dict=True)
        return {
            "generator_loss": float(combined["loss"]),
            "discriminator_loss": float(measured["loss"]),
            "accuracy_on_real": float(measured["accuracy_on_real"]),
            "accuracy_on_generated": float(measured["accuracy_on_generated"]),
        }

    def _latent(self, count: int, random: np.random.Generator) -> NDArray[np.float32]:
        return random.standard_normal((count, self.latent_dimension), dtype=np.float32)
