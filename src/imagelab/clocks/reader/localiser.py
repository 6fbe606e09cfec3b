"""The network that finds a clock in a picture."""

import keras
from keras import layers, ops

from imagelab.clocks.reader.augmentation import PictureVariation
from imagelab.clocks.reader.float32 import Float32Layer
from imagelab.settings.clocks import Localiser
from imagelab.training.normalization import BatchNormalization
from imagelab.training.seeding import seeds

NAME = "localiser"
NO_CLOCK = 0.0  # each number of the pose of a picture in which no time can be read

_FIRST_GUESS = (0.5, 0.5, 0.35, 0.0, 0.35)  # a clock in the middle; from which the network finds the difference
_VARIATION = {"inverted": 0.12, "grey": 0.0, "erased": 0.3}
_MOMENTUM = 0.9
_SMALLEST_DEVIATION = 0.02
_SMALLEST_RADIUS = 0.02  # of the picture's width, by which errors are divided at least
_LARGE_ERROR = 0.1  # radii of the face; larger ones count linearly


@keras.saving.register_keras_serializable("imagelab")
class Standardization(Float32Layer):
    """Subtract each picture's mean and divide by its standard deviation, (b, ...) to (b, ...)."""

    def call(self, pictures: keras.KerasTensor) -> keras.KerasTensor:
        """Standardise a batch."""
        axes = tuple(range(1, len(pictures.shape)))
        deviation = ops.maximum(ops.std(pictures, axis=axes, keepdims=True), _SMALLEST_DEVIATION)
        return (pictures - ops.mean(pictures, axis=axes, keepdims=True)) / deviation


def build_localiser(settings: Localiser, *, seed: int) -> keras.Model:
    """Build the uncompiled localiser.

    Args:
        settings: size of its pictures and of its layers.
        seed: of the weights and of the variations in training.

    Returns:
        A network from grey pictures in [0, 1], (b, size, size, 1), to the poses of their clocks, (b, 5), in the unit of
        the picture's width (see ``poses``).

    Source: the project's own.
    """
    stream = seeds(seed)
    picture = keras.Input((settings.image_size, settings.image_size, 1), name="grey_picture")
    x = Standardization(name="standardize")(picture)
    x = PictureVariation(next(stream), **_VARIATION, name="variation")(x)
    for block, filters in enumerate(settings.filters, start=1):
        initializer = keras.initializers.HeNormal(next(stream))
        x = layers.Conv2D(
            filters, 3, padding="same", use_bias=False, kernel_initializer=initializer, name=f"conv_{block}"
        )(x)
        x = layers.ReLU(name=f"relu_{block}")(BatchNormalization(momentum=_MOMENTUM, name=f"norm_{block}")(x))
        x = layers.MaxPooling2D(name=f"pool_{block}")(x)
    x = layers.Flatten(name="flatten")(x)
    initializer = keras.initializers.HeNormal(next(stream))
    x = layers.Dense(settings.width, activation="relu", kernel_initializer=initializer, name="dense")(x)
    difference = layers.Dense(
        5,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.001, seed=next(stream)),
        dtype="float32",
        name="difference",
    )(x)
    pose = layers.Rescaling(1.0, offset=list(_FIRST_GUESS), dtype="float32", name="pose")(difference)
    return keras.Model(picture, pose, name=NAME)


def pose_loss(true: keras.KerasTensor, found: keras.KerasTensor) -> keras.KerasTensor:
    """Huber's loss of poses, both (b, 5), in radii of the true face; 0 for ``NO_CLOCK``; (b,)."""
    radius, is_clock = _radius(true)
    errors = (found - true) / ops.expand_dims(radius, -1)
    size = ops.abs(errors)
    huber = ops.where(size < _LARGE_ERROR, ops.square(errors) / (2 * _LARGE_ERROR), size - _LARGE_ERROR / 2)
    return is_clock * ops.sum(huber, axis=-1)


def pivot_error(true: keras.KerasTensor, found: keras.KerasTensor) -> keras.KerasTensor:
    """Distance of the found pivot from the true one, in radii of the face; 0 for ``NO_CLOCK``; (b,)."""
    radius, is_clock = _radius(true)
    return is_clock * ops.sqrt(ops.sum(ops.square(found[:, :2] - true[:, :2]), axis=-1)) / radius


def _radius(poses: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The geometric mean of the half axes, at least ``_SMALLEST_RADIUS``, and 1 where there is a clock, else 0."""
    squared = poses[:, 2] * poses[:, 4] - ops.square(poses[:, 3])
    is_clock = ops.cast(poses[:, 2] > NO_CLOCK, "float32")
    return ops.sqrt(ops.maximum(squared, _SMALLEST_RADIUS**2)), is_clock
