"""The clock reader: a network that finds the hands and the dial around the picture's centre."""

from collections.abc import Iterator

import keras
from keras import layers, ops

from imagelab.clocks.reader.polar import CircularPadding, DirectionOnPicture, PolarSampling
from imagelab.clocks.times import MINUTES_PER_HOUR
from imagelab.settings.clocks import ReaderNetwork
from imagelab.training.normalization import BatchNormalization
from imagelab.training.seeding import seeds

READINGS = ("minute", "hour_part")
"""The outputs that remain after training."""

_NEAREST, _FARTHEST = 0.03, 0.55  # of the picture's width: from just outside the hub to the largest ring
_MOMENTUM = 0.9  # of the moving averages; 0.99 lags behind the weights at a few hundred steps an epoch


def build_reader(image_size: int, network: ReaderNetwork, *, seed: int) -> keras.Model:
    """Build the uncompiled reader, from pixels in [0, 1], shape (b, image_size, image_size, 1).

    The picture is sampled on rays from its centre, and circular convolutions compute features of each direction. From
    these come logits of the minute hand's direction, of the hour hand's direction, and of the dial's minute (one of 60)
    in each direction. Softmax over the directions, or over the dial's minutes, makes them probabilities. Then

        P(the minute is m) = sum over directions d of P(the minute hand is at d) * P(at d the dial shows m)

    and likewise for the hour hand, whose place on the dial is the ``hour_part``. Without ``assume_upright`` the network
    is equivariant to turns by multiples of eight rays, its coarsest step: a turned picture gives the features of the
    upright one, shifted along the circle.

    Args:
        image_size: width of the pictures in pixels.
        network: its sizes.
        seed: of the weights.

    Returns:
        A network with the outputs ``minute`` and ``hour_part``, log-probabilities of the dial's 60 minutes, (b, 60),
        and auxiliary ones, used in training only: ``minute_hand`` and ``hour_hand``, logits of the directions,
        (b, directions), and ``dial``, logits of the dial's minutes in each direction, (b, directions, 60).

    Source: the project's own.
    """
    image = keras.Input((image_size, image_size, 1), name="image")
    stream = seeds(seed)
    x = PolarSampling(network.angles, network.radii, _NEAREST, _FARTHEST, name="polar")(image)
    x = layers.Rescaling(2.0, offset=-1.0, name="centre")(x)  # (b, angles, radii, 1)
    for block, (filters, kernel, strides) in enumerate(
        zip(network.filters, (5, 3, 3), ((2, 2), (1, 2), (1, 1)), strict=True), start=1
    ):
        x = _conv_block_2d(x, filters, (kernel, kernel), stream, strides=strides, name=f"conv_{block}")
    x = layers.Reshape((directions_of(network), -1), name="by_direction")(x)  # (b, directions, radii/4 * filters)
    if network.assume_upright:
        x = DirectionOnPicture(name="up")(x)
    x = _conv_block_1d(x, network.width, 3, stream, name="collapse")
    x = fine = _residual(x, network.width, 5, stream, name="fine")  # (b, directions, width)
    x = layers.AveragePooling1D(4, name="coarsen")(x)
    for index, kernel in enumerate(
        (7, 9), start=1
    ):  # two convolutions each; together they reach 14 places to either side
        x = _residual(x, network.width, kernel, stream, name=f"coarse_{index}")
    x = layers.UpSampling1D(4, name="refine")(_conv_1d(x, network.width, 1, stream, name="coarse_out"))
    x = layers.Add(name="join")([fine, x])
    x = _residual(x, network.width, 5, stream, name="last")
    minute_hand, hour_hand = (_logits(x, 1, stream, name=name)[..., 0] for name in ("minute_hand", "hour_hand"))
    dial = _logits(x, MINUTES_PER_HOUR, stream, name="dial")
    outputs = {
        "minute": _dial_minute(minute_hand, dial),
        "hour_part": _dial_minute(hour_hand, dial),
        "minute_hand": minute_hand,
        "hour_hand": hour_hand,
        "dial": dial,
    }
    return keras.Model(image, outputs, name="reader")


def directions_of(network: ReaderNetwork) -> int:
    """Return the number of directions; each covers two rays."""
    return network.angles // 2


def without_auxiliary_outputs(reader: keras.Model) -> keras.Model:
    """Return the same network without its auxiliary outputs; weights are shared."""
    return keras.Model(reader.inputs, {name: reader.output[name] for name in READINGS}, name=reader.name)


def _dial_minute(hand: keras.KerasTensor, dial: keras.KerasTensor) -> keras.KerasTensor:
    """Log-probabilities of the dial's minute at which a hand points, (b, 60), from logits of hand and dial."""
    here = ops.expand_dims(ops.log_softmax(hand, axis=1), -1)  # (b, directions, 1)
    return ops.logsumexp(here + ops.log_softmax(dial, axis=-1), axis=1)


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
