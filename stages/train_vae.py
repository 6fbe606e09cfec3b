"""Train a variational autoencoder on leaves."""

from pathlib import Path
from typing import get_args

import keras
import numpy as np

from imagelab.leaves.data import read_leaves
from imagelab.leaves.generators.drawing import draw_classes, draw_latent
from imagelab.leaves.generators.prior import ClassPrior, with_class_prior
from imagelab.leaves.generators.snapshots import Snapshots, snapshot_epochs
from imagelab.leaves.vae.network import VariationalAutoencoder, build_vae
from imagelab.leaves.vae.training import train_vae
from imagelab.settings import params
from imagelab.settings.leaves import Vae, VaeSize
from imagelab.storage import writing
from imagelab.storage.splits import Split
from imagelab.training import backend, checkpoint, inference
from stages import run


def main(size: VaeSize) -> None:
    """Write encoder, generator (the decoder, after the fitted prior if there is one), history, and held-out codes."""
    settings = params.load()
    own = settings.vae
    backend.configure(seed=settings.seed, precision=settings.precision, threads=settings.threads)
    train, held_out = read_leaves(Path("data/leaves"))
    name = f"vae_{size}"
    dimension: int = getattr(own.latent_dimensions, size)
    latent = draw_latent(settings.sample.snapshot_images, dimension, seed=settings.seed)
    drawn_classes = draw_classes(train.targets, len(latent), seed=settings.seed)
    arrays = {"train": train.images, "classes": train.targets, "held_out": held_out.images, "latent": latent}
    arrays["drawn_classes"] = drawn_classes
    saved = checkpoint.of_training(name, arrays=arrays, settings=checkpoint.settings_of(settings, "vae"))
    model = build_vae(
        train.images.shape[1],
        dimension,
        filters=own.filters,
        seed=settings.seed,
        code=own.code,
        reconstruction_reduction=own.reconstruction_reduction,
        kl_weight=own.kl_weight,
        edge_weight=own.edge_weight,
    )
    snapshots = Snapshots(
        lambda: _generator(model, own, train), latent, drawn_classes, snapshot_epochs(own), saved.pictures
    )
    history = train_vae(
        model,
        train,
        held_out,
        learning_rate=own.learning_rate,
        cosine_decay=own.decay == "cosine",
        batch_size=own.batch_size,
        epochs=own.epochs,
        seed=settings.seed,
        checkpoint=saved,
        snapshots=snapshots,
    )
    with writing.new_folder(Path("data/models/generator") / name) as out:
        writing.write_model(model.encoder, out / "encoder.keras")
        writing.write_model(_generator(model, own, train), out / "generator.keras")
        writing.write_csv(history, out / "history.csv")
        writing.write_array(inference.predict(model.encoder, held_out.images), out / "held_out_codes.npy")
        writing.write_array(snapshots.as_array(), out / "snapshots.npy")
        writing.write_array(np.array(snapshots.epochs), out / "snapshot_epochs.npy")
    saved.remove()


def _generator(model: VariationalAutoencoder, settings: Vae, train: Split) -> keras.Model:
    """Return the network from standard normal vectors to pictures."""
    if settings.prior == "normal":
        return model.decoder
    mean, log_variance = np.split(inference.predict(model.encoder, train.images), 2, axis=-1)
    prior = ClassPrior(int(train.targets.max()) + 1, mean.shape[1], name="prior")
    generator = with_class_prior(model.decoder, prior)
    prior.fit(mean, np.exp(log_variance), train.targets)
    return generator


if __name__ == "__main__":
    run(main, get_args(VaeSize))
