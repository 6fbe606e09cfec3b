"""The generative adversarial network's discriminator; its generator is in ``generator.py``."""

import keras
from keras import layers

from imagelab.models.generator import downsample, glorot
from imagelab.models.seeding import seeds


def build_discriminator(image_size: int, *, filters: int, seed: int) -> keras.Model:
    """Build an uncompiled network from pictures to the logit of being real.

    Args:
        image_size: pixels, square; a multiple of 8.
        filters: of all convolutions.
        seed: of the weights.

    Returns:
        A model from (b, image_size, image_size, 3) in [0, 1] to (b, 1). The report's sigmoid is part of the loss.

    Source: the report, section 3.2.
    """
    stream = seeds(seed)
    image = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_initializer=glorot(stream), name="conv")(
        image
    )  # (b, image_size, image_size, filters)
    x = downsample(x, filters=filters, stream=stream)
    logit = layers.Dense(1, kernel_initializer=glorot(stream), dtype="float32", name="logit")(x)
    return keras.Model(image, logit, name="discriminator")
