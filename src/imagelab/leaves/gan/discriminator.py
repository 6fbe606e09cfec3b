"""The GAN's discriminator; its generator is in ``generators/network.py``."""

import keras
from keras import layers

from imagelab.leaves.gan.augmentation import Augmentation
from imagelab.leaves.generators.network import downsample, glorot
from imagelab.training.seeding import seeds

_PROJECTION_UNITS = 64  # dimension in which a picture is compared with its class


def build_discriminator(
    image_size: int, *, filters: int, seed: int, classes: int = 0, augmentation: bool = False
) -> keras.Model:
    """Build an uncompiled network from pictures to the logit of being real.

    Args:
        image_size: pixels, square; a multiple of 8.
        filters: of all convolutions.
        seed: of the weights.
        classes: number of classes that it is conditioned on; 0: it is not conditioned.
        augmentation: whether pictures are augmented in training.

    Returns:
        A model from (b, image_size, image_size, 3) in [0, 1] to (b, 1). The report's sigmoid is part of the loss. With
        classes it takes a second input, the class one-hot, (b, classes), and is a projection discriminator (Miyato and
        Koyama, "cGANs with Projection Discriminator", 2018).

    Source: the report, section 3.2.
    """
    stream = seeds(seed)
    image = keras.Input((image_size, image_size, 3), name="image")
    x = image
    if augmentation:
        x = Augmentation(next(stream), name="augmentation")(x)
    kernel = glorot(stream)
    x = layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_initializer=kernel, name="conv")(x)
    x = downsample(x, filters=filters, stream=stream)  # (b, image_size/8 * image_size/8 * filters)
    logit = layers.Dense(1, kernel_initializer=glorot(stream), dtype="float32", name="logit")(x)
    if not classes:
        return keras.Model(image, logit, name="discriminator")
    condition = keras.Input((classes,), name="class")
    kernel = glorot(stream)
    projection = layers.Dense(_PROJECTION_UNITS, kernel_initializer=kernel, dtype="float32", name="projection")(x)
    class_embedding = layers.Dense(
        _PROJECTION_UNITS, use_bias=False, kernel_initializer=glorot(stream), dtype="float32", name="class_embedding"
    )(condition)
    match = layers.Dot(1, dtype="float32", name="match")([projection, class_embedding])  # (b, 1)
    logit = layers.Add(dtype="float32", name="conditioned_logit")([logit, match])
    return keras.Model([image, condition], logit, name="discriminator")
