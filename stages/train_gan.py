"""Train the generative adversarial network on leaves."""

from functools import partial
from pathlib import Path

import numpy as np

from imagelab.leaves.data import read_leaves
from imagelab.leaves.gan.discriminator import build_discriminator
from imagelab.leaves.gan.training import train_gan
from imagelab.leaves.generators.drawing import draw_classes, draw_latent
from imagelab.leaves.generators.network import build_generator
from imagelab.leaves.generators.snapshots import Snapshots, snapshot_epochs
from imagelab.settings import params
from imagelab.storage import writing
from imagelab.training import backend, checkpoint
from stages import run


def main() -> None:
    """Write generator, discriminator and history."""
    settings = params.load()
    own = settings.gan
    backend.configure(seed=settings.seed, precision=settings.precision, threads=settings.threads)
    train, _ = read_leaves(Path("data/leaves"))
    size = train.images.shape[1]
    classes = int(train.targets.max()) + 1 if own.class_conditioning else 0
    build = partial(
        build_generator,
        own.latent_dimension,
        size,
        filters=own.filters,
        seed=settings.seed,
        classes=classes,
        batch_normalization=own.batch_normalization,
    )
    generator, averaged = build(), build() if own.averaging else None
    discriminator = build_discriminator(
        size,
        filters=own.filters,
        seed=settings.seed + 1,  # not the generator's weights
        classes=classes,
        augmentation=own.augmentation,
    )
    drawing = averaged or generator
    latent = draw_latent(settings.sample.snapshot_images, own.latent_dimension, seed=settings.seed)
    drawn_classes = draw_classes(train.targets, len(latent), seed=settings.seed)
    arrays = {"train": train.images, "classes": train.targets, "latent": latent, "drawn_classes": drawn_classes}
    saved = checkpoint.of_training("gan", arrays=arrays, settings=checkpoint.settings_of(settings, "gan"))
    snapshots = Snapshots(lambda: drawing, latent, drawn_classes, snapshot_epochs(own), saved.pictures)
    history = train_gan(
        generator,
        discriminator,
        train,
        own,
        seed=settings.seed,
        averaged=averaged,
        checkpoint=saved,
        snapshots=snapshots,
    )
    with writing.new_folder(Path("data/models/generator/gan")) as out:
        writing.write_model(drawing, out / "generator.keras")
        writing.write_model(discriminator, out / "discriminator.keras")
        writing.write_csv(history, out / "history.csv")
        writing.write_array(snapshots.as_array(), out / "snapshots.npy")
        writing.write_array(np.array(snapshots.epochs), out / "snapshot_epochs.npy")
    saved.remove()


if __name__ == "__main__":
    run(main)
