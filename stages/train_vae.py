"""Train a variational autoencoder on leaves."""

from pathlib import Path

import numpy as np

from imagelab import artifacts, backend, datasets, inference, params
from imagelab.models.vae import build_vae
from imagelab.training import checkpoint, vae
from imagelab.training.snapshots import Snapshots
from stages import run

LATENT_DIMENSIONS = ("32", "64", "128")  # the report's; they are names of stages


def main(latent_dimension: str) -> None:
    """Write encoder, decoder (as the generator) and history."""
    settings = params.load()
    backend.configure(seed=settings.seed, precision=settings.precision, threads=settings.threads)
    train, held_out = datasets.read_leaves(Path("data/leaves"))
    name = f"vae_{latent_dimension}"
    latent = inference.draw_latent(settings.sample.snapshot_images, int(latent_dimension), seed=settings.seed)
    arrays = {"train": train.images, "held_out": held_out.images, "latent": latent}
    saved = checkpoint.of_training(name, arrays=arrays, settings=settings.of_training("vae"))
    model = build_vae(train.images.shape[1], int(latent_dimension), filters=settings.vae.filters, seed=settings.seed)
    snapshots = Snapshots(model.decoder, latent, settings.vae.snapshots(), saved.pictures)
    history = vae.train(
        model,
        train,
        held_out,
        learning_rate=settings.vae.learning_rate,
        batch_size=settings.vae.batch_size,
        epochs=settings.vae.epochs,
        seed=settings.seed,
        checkpoint=saved,
        snapshots=snapshots,
    )
    with artifacts.new_folder(Path("data/models/generator") / name) as out:
        artifacts.write_model(model.encoder, out / "encoder.keras")
        artifacts.write_model(model.decoder, out / "generator.keras")
        artifacts.write_csv(history, out / "history.csv")
        artifacts.write_array(snapshots.as_array(), out / "snapshots.npy")
        artifacts.write_array(np.array(snapshots.epochs), out / "snapshot_epochs.npy")
    saved.remove()


if __name__ == "__main__":
    run(main, LATENT_DIMENSIONS)
