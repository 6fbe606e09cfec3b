"""Training of the GAN: discriminator and generator in turns, each as a compiled model.

Keras computes all gradients, so every backend runs this code.
"""

import math
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops
from numpy.typing import NDArray

from imagelab.leaves.data import count_classes
from imagelab.leaves.gan.networks import build_gan
from imagelab.leaves.generators.drawing import classes_of, one_hot
from imagelab.leaves.generators.snapshots import SnapshotInputs, SnapshotRecorder, snapshot_epochs
from imagelab.runtime import progress
from imagelab.settings.leaves import Gan
from imagelab.storage.splits import Split
from imagelab.training.batches import as_pixels
from imagelab.training.checkpoint import Checkpoint
from imagelab.training.fit import CheckpointLike, as_table, check_loss
from imagelab.training.run import Outputs


def train_on_leaves(
    leaves: Split, inputs: SnapshotInputs, settings: Gan, *, seed: int, checkpoint: Checkpoint
) -> Outputs:
    """Train a new GAN.

    Args:
        leaves: pictures in [0, 1] and their classes, (n,).
        inputs: for the snapshots.
        settings: networks and training.
        seed: of weights, latent vectors, drawn classes and order.
        checkpoint: the training continues from its state.

    Returns:
        By name of the file: generator (the averaged one, if there is one), discriminator, history, snapshots and their
        epochs.

    Raises:
        Diverged: if a loss becomes NaN or infinite.
    """
    networks = build_gan(leaves.images.shape[1], settings, classes=count_classes(leaves.targets), seed=seed)
    snapshots = SnapshotRecorder(lambda: networks.drawing, *inputs, snapshot_epochs(settings), checkpoint.pictures)
    history = train_gan(
        networks.generator,
        networks.discriminator,
        leaves,
        settings,
        seed=seed,
        averaged=networks.averaged,
        checkpoint=checkpoint,
        snapshots=snapshots,
    )
    return {
        "generator.keras": networks.drawing,
        "discriminator.keras": networks.discriminator,
        "history.csv": history,
        "snapshots.npy": snapshots.as_array(),
        "snapshot_epochs.npy": np.array(snapshots.epochs),
    }


def train_gan(
    generator: keras.Model,
    discriminator: keras.Model,
    training: Split,
    settings: Gan,
    *,
    seed: int,
    averaged: keras.Model | None = None,
    checkpoint: CheckpointLike | None = None,
    snapshots: SnapshotRecorder | None = None,
) -> pd.DataFrame:
    """Train both networks with Adam.

    A step of the discriminator has as many real as generated pictures. A step of the generator minimises the
    non-saturating loss: the cross-entropy of the discriminator's logits for generated pictures with the label "real".
    Classes for a conditioned generator are drawn from those of the real pictures.

    Args:
        generator: uncompiled, from latent vectors (and classes) to pictures.
        discriminator: uncompiled, from pictures (and classes) to a logit.
        training: real pictures, in [0, 1], and their classes.
        settings: batch size, epochs, learning rates, and decay of the moving average.
        seed: of latent vectors, drawn classes and order.
        averaged: a network like the generator, which becomes its moving average; None: there is no average.
        checkpoint: see ``fit.fit``.
        snapshots: drawn after some of the epochs.

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
    discriminator.trainable = True  # as before the training
    return as_table(history)


def accuracy_on_real(is_real: Any, logits: Any) -> Any:
    """Share of the real pictures that are classified as real; half of the batch must be real."""
    return 2 * is_real * ops.cast(logits > 0, "float32")


def accuracy_on_generated(is_real: Any, logits: Any) -> Any:
    """Share of the generated pictures that are classified as generated; half of the batch must be generated."""
    return 2 * (1 - is_real) * ops.cast(logits <= 0, "float32")


class _Players:
    """The two networks, compiled so that each can be trained while the other one's weights are fixed."""

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
        discriminator_rate = settings.discriminator_learning_rate or settings.learning_rate
        for model, rate, metrics in (
            (discriminator, discriminator_rate, [accuracy_on_real, accuracy_on_generated]),
            (self.combined, settings.learning_rate, []),
        ):
            model.compile(
                optimizer=keras.optimizers.Adam(rate, beta_1=settings.beta_1),
                loss=keras.losses.BinaryCrossentropy(from_logits=True),
                metrics=metrics,
            )

    def state(self) -> list[keras.Variable]:
        """All variables that a step changes: those of the networks and of their optimizers."""
        self.discriminator.optimizer.build(self.discriminator.trainable_variables)
        self.combined.optimizer.build(self.generator.trainable_variables)
        networks = (*self.generator.variables, *self.discriminator.variables)
        if self.averaged is not None:
            networks += tuple(self.averaged.variables)
        return [*networks, *self.discriminator.optimizer.variables, *self.combined.optimizer.variables]

    def step(self, training: Split, rows: NDArray[np.integer], random: np.random.Generator) -> dict[str, float]:
        """Train the discriminator, then the generator, on one batch.

        A generator with batch normalisation normalises by the batch in its own step only. For the discriminator's step
        it draws with the moving averages, as it does after training.

        Returns:
            Losses and the discriminator's accuracies on this batch.
        """
        real, count = as_pixels(training.images[rows]), len(rows)
        inputs = self._latent_batch(training, count, random)
        pictures = [np.concatenate([real, self.generator.predict_on_batch(_structured(inputs))])]
        if self.classes:
            pictures.append(np.concatenate([one_hot(training.targets[rows], self.classes), inputs[1]]))
        is_real = np.repeat(np.array([[1.0], [0.0]], np.float32), count, axis=0)
        self.discriminator.trainable = True
        measured = self.discriminator.train_on_batch(_structured(pictures), is_real, return_dict=True)
        self.discriminator.trainable = False  # the combined model then trains the generator only
        real_labels = np.ones((count, 1), np.float32)
        inputs = self._latent_batch(training, count, random)
        combined = self.combined.train_on_batch(_structured(inputs), real_labels, return_dict=True)
        self._average()
        return {
            "generator_loss": float(combined["loss"]),
            "discriminator_loss": float(measured["loss"]),
            "accuracy_on_real": float(measured["accuracy_on_real"]),
            "accuracy_on_generated": float(measured["accuracy_on_generated"]),
        }

    def _latent_batch(self, training: Split, count: int, random: np.random.Generator) -> list[NDArray[np.float32]]:
        """Draw the generator's inputs: latent vectors, and for a conditioned one classes drawn from the real ones."""
        latent = random.standard_normal((count, self.latent_dimension), dtype=np.float32)
        if not self.classes:
            return [latent]
        return [latent, one_hot(random.choice(training.targets, count), self.classes)]

    def _average(self) -> None:
        """Update the moving average; its decay is smaller in the first steps, when weights are still random."""
        if self.averaged is None:
            return
        step = float(self.combined.optimizer.iterations)
        decay = min(self.averaging, step / (10 + step))
        for average, variable in zip(self.averaged.variables, self.generator.variables, strict=True):
            if average.dtype.startswith("float"):
                average.assign(average * decay + variable * (1 - decay))


def _structured(inputs: list[Any]) -> Any:
    """Return inputs as Keras expects them: a list, or a single one without the list."""
    return inputs if len(inputs) > 1 else inputs[0]
