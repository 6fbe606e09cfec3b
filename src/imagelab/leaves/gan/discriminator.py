"""The generative adversarial network's discriminator; its generator is in ``generator.py``."""

import keras
from keras import layers

from imagelab.leaves.gan.augmentation import Augmentation
from imagelab.leaves.generators.network import downsample, glorot
from imagelab.training.seeding import seeds

_SEEN = 64  # numbers by which a picture is compared with its class


def build_discriminator(
    image_size: int, *, filters: int, seed: int, classes: int = 0, augmentation: bool = False
) -> keras.Model:
    """Build an uncompiled network from pictures to the logit of being real.

    Args:
        image_size: pixels, square; a multiple of 8.
        filters: of all convolutions.
        seed: of the weights.
        classes: how many there are; 0: it is not told the class.
        augmentation: whether pictures are changed at random before it sees them.

    Returns:
        A model from (b, image_size, image_size, 3) in [0, 1] to (b, 1). The report's sigmoid is part of the loss. With
        classes it takes a second input, the class one-hot, (b, classes), and compares the picture with it by a
        projection (Miyato and Koyama, "cGANs with Projection Discriminator", 2018).

    Source: the report, section 3.2.
    """
    stream = seeds(seed)
    image = keras.Input((image_size, image_size, 3), name="image")
    x = image
    if augmentation:
        x = Augmentation(next(stream), name="augmentation")(x)
    x = layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_initializer=glorot(stream), name="conv")(
        x
    )  # (b, image_size, image_size, filters)
    x = downsample(x, filters=filters, stream=stream)
    logit = layers.Dense(1, kernel_initializer=glorot(stream), dtype="float32", name="logit")(x)
    if not classes:
        return keras.Model(image, logit, name="discriminator")
    told = keras.Input((classes,), name="class")
    seen = layers.Dense(_SEEN, kernel_initializer=glorot(stream), dtype="float32", name="seen")(x)
    meant = layers.Dense(_SEEN, use_bias=False, kernel_initializer=glorot(stream), dtype="float32", name="meant")(told)
    match = layers.Dot(1, dtype="float32", name="match")([seen, meant])  # (b, 1)
    logit = layers.Add(dtype="float32", name="logit_of_class")([logit, match])
    return keras.Model([image, told], logit, name="discriminator")
