"""Train the generative adversarial network on leaves."""

from pathlib import Path

from imagelab.datasets import data_names
from imagelab.leaves.data import read_leaves
from imagelab.leaves.gan.training import train_on_leaves
from imagelab.leaves.generators.snapshots import draw_snapshot_inputs
from imagelab.settings import params
from imagelab.storage import model_files
from imagelab.training.run import run_training
from stages import run


def main() -> None:
    """Write generator, discriminator, history and snapshots."""
    settings = params.load()
    leaves, _ = read_leaves(Path("data/leaves"))
    inputs = draw_snapshot_inputs(
        leaves.targets, settings.sample.snapshot_images, settings.gan.latent_dimension, seed=settings.seed
    )
    run_training(
        "gan",
        Path("data/models/generator/gan"),
        settings=settings,
        own=["gan"],
        arrays={"images": leaves.images, "classes": leaves.targets, **inputs._asdict()},
        train=lambda state: train_on_leaves(leaves, inputs, settings.gan, seed=settings.seed, checkpoint=state),
        trained_on={
            "generator.keras": model_files.describe(
                settings,
                settings.gan,
                task="leaf generator",
                data=data_names.describe("leaves", settings.fetch.leaves),
                stand_in=data_names.is_stand_in(settings.fetch.leaves),
                pictures=len(leaves.images),
            )
        },
    )


if __name__ == "__main__":
    run(main)
