"""The network that reads a clock whose pose is known."""

from collections.abc import Iterator

import keras
from keras import layers

from imagelab.clocks.reader.augmentation import PictureVariation, PoseJitter
from imagelab.clocks.reader.joint import JointReading
from imagelab.clocks.reader.polar import CircularPadding, LuminanceAndColour, PolarSampling
from imagelab.clocks.times import MINUTES_PER_HOUR
from imagelab.settings.clocks import ReaderNetwork
from imagelab.training.normalization import BatchNormalization
from imagelab.training.seeding import seeds

NAME = "reading"

_NEAREST, _FARTHEST = 0.05, 1.15  # radii of the face: from just outside the hub to beyond the numerals of any clock
_JITTER = {"position": 0.03, "scale": 0.07, "shear": 0.035}  # about what the localiser errs
_VARIATION = {"inverted": 0.12, "grey": 0.25, "erased": 0.3}
_MOMENTUM = 0.9  # of the moving averages; 0.99 lags behind the weights at a few hundred steps an epoch


def build_network(image_size: int, network: ReaderNetwork, *, seed: int) -> keras.Model:
    """Build the uncompiled network.

    The picture is sampled on rays from the pivot, in the plane of the clock, and circular convolutions compute features
    of each direction. From these come logits of the minute hand's direction, of the hour hand's direction, and of the
    dial's minute (one of 60) in each direction. ``joint.JointReading`` makes them probabilities of the 720 times. The
    network does not know which direction is up. A turned picture gives the features of the upright one, shifted along
    the circle, if it is turned by a multiple of eight rays, the network's coarsest step.

    Args:
        image_size: width of the pictures in pixels.
        network: its sizes.
        seed: of the weights and of the variations in training.

    Returns:
        A network with the inputs ``picture``, pixels in [0, 1], (b, image_size, image_size, 3), and ``pose``, (b, 5),
        see ``poses``. Its outputs are ``time``, log-probabilities of the 720 times, (b, 720); ``minute_hand`` and
        ``hour_hand``, logits of the directions, (b, directions); and ``dial``, logits of the dial's minute in each
        direction, (b, directions, 60).

    Source: the project's own.
    """
    stream = seeds(seed)
    picture = keras.Input((image_size, image_size, 3), name="picture")
    pose = keras.Input((5,), name="pose")
    jittered = PoseJitter(next(stream), **_JITTER, name="jitter")(pose)
    x = PolarSampling(network.angles, network.radii, _NEAREST, _FARTHEST, name="polar")([picture, jittered])
    x = LuminanceAndColour(name="luminance")(x)  # (b, angles, radii, 3)
    x = PictureVariation(next(stream), **_VARIATION, name="variation")(x)
    for block, (filters, kernel, strides) in enumerate(
        zip(network.filters, (5, 3, 3), ((2, 2), (1, 2), (1, 1)), strict=True), start=1
    ):
        x = _conv_block_2d(x, filters, (kernel, kernel), stream, strides=strides, name=f"conv_{block}")
    x = layers.Reshape((directions_of(network), -1), name="by_direction")(x)  # (b, directions, radii/4 * filters)
    x = _conv_block_1d(x, network.width, 3, stream, name="collapse")
    x = fine = _residual(x, network.width, 5, stream, name="fine")  # (b, directions, width)
    x = layers.AveragePooling1D(4, name="coarsen")(x)
    for index, kernel in enumerate(
        (7, 9), start=1
    ):  # two convolutions each; together they reach 14 places to either side
        x = _residual(x, network.width, kernel, stream, name=f"coarse_{index}")
    everywhere = layers.GlobalAveragePooling1D(keepdims=True, name="everywhere")(x)
    everywhere = _conv_block_1d(everywhere, network.width, 1, stream, name="everywhere_out")
    x = layers.Add(name="join_everywhere")([_conv_1d(x, network.width, 1, stream, name="coarse_out"), everywhere])
    x = layers.Add(name="join")([fine, layers.UpSampling1D(4, name="refine")(x)])
    x = _residual(x, network.width, 5, stream, name="last")
    minute_hand, hour_hand = (_logits(x, 1, stream, name=name)[..., 0] for name in ("minute_hand", "hour_hand"))
    dial = _logits(x, MINUTES_PER_HOUR, stream, name="dial")
    time = JointReading(name="time")([minute_hand, hour_hand, dial])
    outputs = {"time": time, "minute_hand": minute_hand, "hour_hand": hour_hand, "dial": dial}
    return keras.Model({"picture": picture, "pose": pose}, outputs, name=NAME)


def directions_of(network: ReaderNetwork) -> int:
    """Return the number of directions; each covers two rays."""
    return network.angles // 2


def _initializer(stream: Iterator[int]) -> keras.initializers.Initializer:
    return keras.initializers.HeNormal(next(stream))


def _normalized(x: keras.KerasTensor, *, name: str) -> keras.KerasTensor:
    return layers.ReLU(name=f"{name}_relu")(BatchNormalization(momentum=_MOMENTUM, name=f"{name}_norm")(x))


def _conv_block_2d(
    x: keras.KerasTensor,
    filters: int,
    kernel: tuple[int, int],
    stream: Iterator[int],
    *,
    strides: tuple[int, int],
    name: str,
) -> keras.KerasTensor:
    """Convolve over angle and radius; padding is circular along the angle, zero along the radius."""
    x = CircularPadding(kernel[0] // 2, name=f"{name}_wrap")(x)
    x = layers.ZeroPadding2D(((0, 0), (kernel[1] // 2, kernel[1] // 2)), name=f"{name}_pad")(x)
    x = layers.Conv2D(
        filters, kernel, strides=strides, use_bias=False, kernel_initializer=_initializer(stream), name=name
    )(x)
    return _normalized(x, name=name)


def _conv_1d(x: keras.KerasTensor, filters: int, kernel: int, stream: Iterator[int], *, name: str) -> keras.KerasTensor:
    if kernel > 1:
        x = CircularPadding(kernel // 2, name=f"{name}_wrap")(x)
    return layers.Conv1D(filters, kernel, use_bias=False, kernel_initializer=_initializer(stream), name=name)(x)


def _conv_block_1d(
    x: keras.KerasTensor, filters: int, kernel: int, stream: Iterator[int], *, name: str
) -> keras.KerasTensor:
    return _normalized(_conv_1d(x, filters, kernel, stream, name=name), name=name)


def _residual(
    x: keras.KerasTensor, filters: int, kernel: int, stream: Iterator[int], *, name: str
) -> keras.KerasTensor:
    y = _conv_block_1d(x, filters, kernel, stream, name=f"{name}_1")
    y = _conv_1d(y, filters, kernel, stream, name=f"{name}_2")
    # With a scale of 0 the block begins as the identity (Goyal et al. 2017, section 5.1).
    y = BatchNormalization(momentum=_MOMENTUM, gamma_initializer="zeros", name=f"{name}_2_norm")(y)
    return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_add")([x, y]))


def _logits(x: keras.KerasTensor, count: int, stream: Iterator[int], *, name: str) -> keras.KerasTensor:
    initializer = keras.initializers.GlorotUniform(next(stream))
    return layers.Dense(count, kernel_initializer=initializer, dtype="float32", name=name)(x)
