"""Train the generative adversarial network on leaves."""

from functools import partial
from pathlib import Path

import numpy as np

from imagelab import artifacts, backend, datasets, inference, params
from imagelab.models.gan import build_discriminator
from imagelab.models.generator import build_generator
from imagelab.training import checkpoint, gan
from imagelab.training.snapshots import Snapshots
from stages import run


def main() -> None:
    """Write generator, discriminator and history."""
    settings = params.load()
    own = settings.gan
    backend.configure(seed=settings.seed, precision=settings.precision, threads=settings.threads)
    train, _ = datasets.read_leaves(Path("data/leaves"))
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
    latent = inference.draw_latent(settings.sample.snapshot_images, own.latent_dimension, seed=settings.seed)
    drawn_classes = inference.draw_classes(train.targets, len(latent), seed=settings.seed)
    arrays = {"train": train.images, "classes": train.targets, "latent": latent, "drawn_classes": drawn_classes}
    saved = checkpoint.of_training("gan", arrays=arrays, settings=settings.of_training("gan"))
    snapshots = Snapshots(lambda: drawing, latent, drawn_classes, own.snapshots(), saved.pictures)
    history = gan.train(
        generator,
        discriminator,
        train,
        own,
        seed=settings.seed,
        averaged=averaged,
        checkpoint=saved,
        snapshots=snapshots,
    )
    with artifacts.new_folder(Path("data/models/generator/gan")) as out:
        artifacts.write_model(drawing, out / "generator.keras")
        artifacts.write_model(discriminator, out / "discriminator.keras")
        artifacts.write_csv(history, out / "history.csv")
        artifacts.write_array(snapshots.as_array(), out / "snapshots.npy")
        artifacts.write_array(np.array(snapshots.epochs), out / "snapshot_epochs.npy")
    saved.remove()


if __name__ == "__main__":
    run(main)
