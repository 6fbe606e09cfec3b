"""Training of the GAN."""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.leaves.data import count_classes
from imagelab.leaves.gan.adversaries import Adversaries
from imagelab.leaves.gan.networks import build_gan
from imagelab.leaves.generators.snapshots import SnapshotInputs, SnapshotRecorder, snapshot_epochs
from imagelab.runtime import progress
from imagelab.settings.leaves import Gan
from imagelab.storage.splits import Split
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

    ``Adversaries`` describes a step. Classes for a conditioned generator are drawn from those of the real pictures.

    Args:
        generator: uncompiled, from latent vectors (and classes) to pictures.
        discriminator: uncompiled, from pictures (and classes) to a logit.
        training: real pictures, uint8 in 0..255 or floats in [0, 1], and their classes.
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
    """
    adversaries = Adversaries(generator, discriminator, averaged, settings)
    images = keras.ops.convert_to_tensor(training.images)
    steps = math.ceil(len(images) / settings.batch_size)
    history = {} if checkpoint is None else checkpoint.restore(adversaries.variables)
    finished = len(history.get("generator_loss", ()))
    with progress.bar(total=settings.epochs * steps, label="gan", unit="step", done=finished * steps) as bar:
        for epoch in range(finished, settings.epochs):
            random = np.random.default_rng([seed, epoch])
            means = train_epoch(adversaries, images, training.targets, settings.batch_size, random, bar.update)
            check_loss(means["generator_loss"] + means["discriminator_loss"], where=f"gan, epoch {epoch + 1}")
            bar.set_postfix_str(f"generator loss {means['generator_loss']:.3g}", refresh=False)
            for name, mean in means.items():
                history.setdefault(name, []).append(mean)
            if snapshots is not None:
                snapshots.after_epoch(epoch + 1)
            if checkpoint is not None:
                checkpoint.save(adversaries.variables, history, images=len(images))
    return as_table(history)


def train_epoch(
    adversaries: Adversaries,
    images: Any,
    targets: NDArray[np.integer],
    batch_size: int,
    random: np.random.Generator,
    after_step: Callable[[], object],
) -> dict[str, float]:
    """Train one epoch.

    Args:
        adversaries: the networks.
        images: real pictures, (n, h, w, 3), a tensor of the backend; uint8 in 0..255 or floats in [0, 1].
        targets: their classes, (n,).
        batch_size: rows of a batch.
        random: of the order, latent vectors and drawn classes.
        after_step: called after each step.

    Returns:
        Losses and accuracies by name, means over the batches.
    """
    order = random.permutation(len(images))
    records = []
    for start in range(0, len(order), batch_size):
        measured = adversaries.step(images, targets, order[start : start + batch_size], random)
        records.append({name: float(value) for name, value in measured.items()})
        after_step()
    return {str(name): float(mean) for name, mean in pd.DataFrame(records).mean(skipna=False).items()}
