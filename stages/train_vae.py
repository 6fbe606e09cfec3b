"""Train a variational autoencoder on leaves."""

from pathlib import Path
from typing import get_args

import keras
import numpy as np

from imagelab import artifacts, backend, datasets, inference, params
from imagelab.datasets import Split
from imagelab.models.prior import ClassPrior, with_class_prior
from imagelab.models.vae import VariationalAutoencoder, build_vae
from imagelab.training import checkpoint, vae
from imagelab.training.snapshots import Snapshots
from stages import run


def main(size: params.VaeSize) -> None:
    """Write encoder, generator (the decoder, after the fitted prior if there is one), history, and held-out codes."""
    settings = params.load()
    own = settings.vae
    backend.configure(seed=settings.seed, precision=settings.precision, threads=settings.threads)
    train, held_out = datasets.read_leaves(Path("data/leaves"))
    name = f"vae_{size}"
    dimension: int = getattr(own.latent_dimensions, size)
    latent = inference.draw_latent(settings.sample.snapshot_images, dimension, seed=settings.seed)
    drawn_classes = inference.draw_classes(train.targets, len(latent), seed=settings.seed)
    arrays = {"train": train.images, "classes": train.targets, "held_out": held_out.images, "latent": latent}
    arrays["drawn_classes"] = drawn_classes
    saved = checkpoint.of_training(name, arrays=arrays, settings=settings.of_training("vae"))
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
    snapshots = Snapshots(lambda: _generator(model, own, train), latent, drawn_classes, own.snapshots(), saved.pictures)
    history = vae.train(
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
    with artifacts.new_folder(Path("data/models/generator") / name) as out:
        artifacts.write_model(model.encoder, out / "encoder.keras")
        artifacts.write_model(_generator(model, own, train), out / "generator.keras")
        artifacts.write_csv(history, out / "history.csv")
        artifacts.write_array(inference.predict(model.encoder, held_out.images), out / "held_out_codes.npy")
        artifacts.write_array(snapshots.as_array(), out / "snapshots.npy")
        artifacts.write_array(np.array(snapshots.epochs), out / "snapshot_epochs.npy")
    saved.remove()


def _generator(model: VariationalAutoencoder, settings: params.Vae, train: Split) -> keras.Model:
    """Return the network from standard normal vectors to pictures."""
    if settings.prior == "normal":
        return model.decoder
    mean, log_variance = np.split(inference.predict(model.encoder, train.images), 2, axis=-1)
    prior = ClassPrior(int(train.targets.max()) + 1, mean.shape[1], name="prior")
    generator = with_class_prior(model.decoder, prior)
    prior.fit(mean, np.exp(log_variance), train.targets)
    return generator


if __name__ == "__main__":
    run(main, get_args(params.VaeSize))
