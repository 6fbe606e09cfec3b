"""Train the generative adversarial network on leaves."""

from pathlib import Path

from imagelab import artifacts, backend, datasets, params
from imagelab.models.gan import build_discriminator
from imagelab.models.generator import build_generator
from imagelab.training import checkpoint, gan
from stages import run


def main() -> None:
    """Write generator, discriminator and history."""
    settings = params.load()
    own = settings.gan
    backend.configure(seed=settings.seed, precision=settings.precision, threads=settings.threads)
    train, _ = datasets.read_leaves(Path("data/leaves"))
    size = train.images.shape[1]
    generator = build_generator(own.latent_dimension, size, filters=own.filters, seed=settings.seed)
    discriminator = build_discriminator(
        size, filters=own.filters, seed=settings.seed + 1
    )  # not the generator's weights
    saved = checkpoint.of_training("gan", arrays={"train": train.images}, settings=settings.of_training("gan"))
    history = gan.train(generator, discriminator, train.images, own, seed=settings.seed, checkpoint=saved)
    with artifacts.new_folder(Path("data/models/generator/gan")) as out:
        artifacts.write_model(generator, out / "generator.keras")
        artifacts.write_model(discriminator, out / "discriminator.keras")
        artifacts.write_csv(history, out / "history.csv")
    saved.remove()


if __name__ == "__main__":
    run(main)
