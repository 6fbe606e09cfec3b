"""Training of the variational autoencoders."""

import keras
import pandas as pd

from imagelab.leaves.generators.snapshots import Snapshots
from imagelab.storage.splits import Split
from imagelab.training.batches import Batches, for_measuring
from imagelab.training.fit import Keeper, fit


def train_vae(
    model: keras.Model,
    training: Split,
    held_out: Split,
    *,
    learning_rate: float,
    batch_size: int,
    epochs: int,
    seed: int,
    cosine_decay: bool = False,
    checkpoint: Keeper | None = None,
    snapshots: Snapshots | None = None,
) -> pd.DataFrame:
    """Train a variational autoencoder with Adam.

    Args:
        model: uncompiled.
        training: pictures; targets are not used.
        held_out: measured after each epoch.
        learning_rate: of Adam.
        batch_size: rows of a batch.
        epochs: how often the split is seen.
        seed: of the order of the rows.
        cosine_decay: whether the learning rate falls to 0 in the last step.
        checkpoint: see ``fit.fit``.
        snapshots: to take after some of the epochs.

    Returns:
        The history: ``epoch`` from 1, ``loss`` and its parts ``reconstruction_loss``, ``kl_loss`` and, where edges are
        weighed, ``edge_loss``, and the same on the held-out pictures with the prefix ``held_out_``. Training pictures
        are reconstructed from a sample of their latent distribution, held-out ones from its mean.

    Raises:
        Diverged: if the loss becomes NaN or infinite.
    """
    batches = Batches(training.images, None, batch_size=batch_size, shuffle_seed=seed)
    rate = learning_rate
    if cosine_decay:
        rate = keras.optimizers.schedules.CosineDecay(learning_rate, epochs * batches.num_batches)
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
