"""The networks of a GAN as the settings describe them."""

from typing import NamedTuple

import keras

from imagelab.leaves.gan.discriminator import build_discriminator
from imagelab.leaves.generators.network import build_generator
from imagelab.settings.leaves import Gan


class GanNetworks(NamedTuple):
    """The uncompiled networks of a GAN."""

    generator: keras.Model  # from latent vectors (and classes) to pictures
    discriminator: keras.Model  # from pictures (and classes) to a logit
    averaged: keras.Model | None  # the moving average of the generator; None: there is none

    @property
    def drawing(self) -> keras.Model:
        """The network that draws once training ends: the average, if there is one."""
        return self.generator if self.averaged is None else self.averaged


def build_gan(image_size: int, settings: Gan, *, classes: int, seed: int) -> GanNetworks:
    """Build the networks.

    Args:
        image_size: pixels, square; a multiple of 8.
        settings: their sizes and what they are conditioned on.
        classes: of the pictures; used with ``class_conditioning`` only.
        seed: of the weights. The average starts with those of the generator.
    """
    conditions = classes if settings.class_conditioning else 0

    def generator() -> keras.Model:
        return build_generator(
            settings.latent_dimension,
            image_size,
            filters=settings.filters,
            seed=seed,
            classes=conditions,
            batch_normalization=settings.batch_normalization,
        )

    return GanNetworks(
        generator=generator(),
        averaged=generator() if settings.averaging else None,
        discriminator=build_discriminator(
            image_size,
            filters=settings.filters,
            seed=seed + 1,  # other weights than the generator's
            classes=conditions,
            augmentation=settings.augmentation,
        ),
    )
