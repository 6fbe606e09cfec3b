"""Training of the variational autoencoders."""

import keras
import numpy as np
import pandas as pd

from imagelab.leaves.generators.snapshots import SnapshotInputs, SnapshotRecorder, snapshot_epochs
from imagelab.leaves.vae.generator import generator_of
from imagelab.leaves.vae.network import build_vae
from imagelab.settings.leaves import Vae
from imagelab.storage.splits import Split
from imagelab.training import inference
from imagelab.training.batches import Batches, for_measuring
from imagelab.training.checkpoint import Checkpoint
from imagelab.training.fit import CheckpointLike, fit
from imagelab.training.run import Outputs
from imagelab.training.schedules import cosine_decay


def train_on_leaves(
    training: Split, held_out: Split, inputs: SnapshotInputs, settings: Vae, *, seed: int, checkpoint: Checkpoint
) -> Outputs:
    """Train a new variational autoencoder.

    Args:
        training: leaves and their classes, (n,).
        held_out: measured after each epoch.
        inputs: for the snapshots; the length of its latent vectors is that of the network's.
        settings: network, training and prior.
        seed: of weights, noise and order.
        checkpoint: the training continues from its state.

    Returns:
        By name of the file: encoder; generator, as ``generator_of``; history; latent distributions of the held-out
        leaves, (n, 2 * latent_dimension), means, then log-variances; snapshots and their epochs.

    Raises:
        InputError: as ``build_vae``.
        Diverged: if the loss becomes NaN or infinite.
    """
    model = build_vae(
        training.images.shape[1],
        inputs.latent.shape[1],
        filters=settings.filters,
        seed=seed,
        code=settings.code,
        kl_weight=settings.kl_weight,
        edge_weight=settings.edge_weight,
        reconstruction_reduction=settings.reconstruction_reduction,
    )

    def generator() -> keras.Model:
        return generator_of(model, training, prior=settings.prior)

    snapshots = SnapshotRecorder(generator, *inputs, snapshot_epochs(settings), checkpoint.pictures)
    history = train_vae(
        model,
        training,
        held_out,
        learning_rate=settings.learning_rate,
        decay=settings.decay,
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        seed=seed,
        checkpoint=checkpoint,
        snapshots=snapshots,
    )
    return {
        "encoder.keras": model.encoder,
        "generator.keras": generator(),
        "history.csv": history,
        "held_out_codes.npy": inference.predict(model.encoder, held_out.images),
        "snapshots.npy": snapshots.as_array(),
        "snapshot_epochs.npy": np.array(snapshots.epochs),
    }


def train_vae(
    model: keras.Model,
    training: Split,
    held_out: Split,
    *,
    learning_rate: float,
    batch_size: int,
    epochs: int,
    seed: int,
    decay: str = "none",
    checkpoint: CheckpointLike | None = None,
    snapshots: SnapshotRecorder | None = None,
) -> pd.DataFrame:
    """Train a variational autoencoder with Adam.

    Args:
        model: uncompiled.
        training: pictures; targets are not used.
        held_out: measured after each epoch.
        learning_rate: of Adam.
        batch_size: rows of a batch.
        epochs: passes over the training split.
        seed: of the order of the rows.
        decay: of the learning rate: ``none``, or ``cosine``, down to 0.
        checkpoint: see ``fit.fit``.
        snapshots: drawn after some of the epochs.

    Returns:
        The history: ``epoch`` from 1, ``loss`` and its parts ``reconstruction_loss``, ``kl_loss`` and, with an edge
        weight, ``edge_loss``, and the same on the held-out pictures with the prefix ``held_out_``. Training pictures
        are reconstructed from a sample of their latent distribution, held-out ones from its mean.

    Raises:
        Diverged: if the loss becomes NaN or infinite.
    """
    batches = Batches(training.images, None, batch_size=batch_size, shuffle_seed=seed)
    rate = cosine_decay(learning_rate, steps=epochs * batches.steps) if decay == "cosine" else learning_rate
    model.compile(optimizer=keras.optimizers.Adam(rate))
    history = fit(
        model,
        batches,
        for_measuring(held_out.images, None),
        epochs=epochs,
        label=model.name,
        checkpoint=checkpoint,
        after_epoch=None if snapshots is None else lambda epoch, _: snapshots.after_epoch(epoch),
    )
    return history.rename(columns=lambda name: name.replace("validation_", "held_out_"))
