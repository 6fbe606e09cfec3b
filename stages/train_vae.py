"""Train a variational autoencoder on leaves."""

from pathlib import Path
from typing import get_args

from imagelab.datasets import data_names
from imagelab.leaves.data import read_leaves
from imagelab.leaves.generators.snapshots import draw_snapshot_inputs
from imagelab.leaves.vae.training import train_on_leaves
from imagelab.settings import params
from imagelab.settings.leaves import VaeSize
from imagelab.storage import model_files
from imagelab.training.run import run_training
from stages import run


def main(size: VaeSize) -> None:
    """Write encoder, generator, history, snapshots, and the latent distributions of held-out leaves."""
    settings = params.load()
    training, held_out = read_leaves(Path("data/leaves"))
    dimension: int = getattr(settings.vae.latent_dimensions, size)
    inputs = draw_snapshot_inputs(training.targets, settings.sample.snapshot_images, dimension, seed=settings.seed)
    run_training(
        f"vae_{size}",
        Path("data/models/generator") / f"vae_{size}",
        settings=settings,
        own=["vae"],
        arrays={
            "images": training.images,
            "classes": training.targets,
            "held_out": held_out.images,
            **inputs._asdict(),
        },
        train=lambda state: train_on_leaves(
            training, held_out, inputs, settings.vae, seed=settings.seed, checkpoint=state
        ),
        trained_on={
            "generator.keras": model_files.describe(
                settings,
                settings.vae,
                task="leaf generator",
                data=data_names.describe("leaves", settings.fetch.leaves),
                stand_in=data_names.is_stand_in(settings.fetch.leaves),
                pictures=len(training.images),
            )
        },
    )


if __name__ == "__main__":
    run(main, get_args(VaeSize))
