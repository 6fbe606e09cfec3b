"""The report's three clock networks (720 classes; one number; hour and minute), and two more heads on its trunk."""

from collections.abc import Iterator

import keras
from keras import layers

from imagelab.clocks.times import HOURS_PER_DIAL, MINUTES_PER_DIAL, MINUTES_PER_HOUR
from imagelab.settings.clocks import Head
from imagelab.training.normalization import BatchNormalization
from imagelab.training.seeding import seeds


def build_clock_network(
    head: Head, image_shape: tuple[int, int, int], *, minute_filters: int, seed: int
) -> keras.Model:
    """Build the uncompiled clock network with the given head, from pixels in [0, 1].

    Args:
        head: ``classification``: 720 logits; ``regression``: hours, (b, 1); ``multi_head``: a dict of 12 logits named
            ``hour`` and the minute, (b, 1), named ``minute``; ``cyclic``: sine and cosine of both hands, (b, 4);
            ``double_classification``: a dict of 12 logits named ``hour`` and 60 named ``minute``. The last two follow
            the layers of ``classification`` up to its last.
        image_shape: height, width, channels; 16x16 at least.
        minute_filters: of the convolutions in the minute branch of ``multi_head``; the other heads have none.
        seed: of the weights and the dropouts.

    Source: the report, sections 2.2 to 2.4; the last two are the project's own. On 150x150x1, with 64 minute filters,
    the report's three have 731,500, 604,961 and 1,675,193 parameters.
    """
    image = keras.Input(image_shape, name="image")  # (b, h, w, c)
    stream = seeds(seed)
    match head:
        case "classification":
            x = _features(image, stream)
            outputs = _dense(MINUTES_PER_DIAL, stream, name="logits")(x)  # (b, 720)
        case "regression":
            x = _trunk(image, stream)
            x = _dense_block(x, 128, 0.5, stream, name="dense_1")
            outputs = _dense(1, stream, name="hours")(x)  # (b, 1)
        case "multi_head":
            x = _features(image, stream)
            outputs = {
                "hour": _dense(HOURS_PER_DIAL, stream, name="hour")(x),
                "minute": _minute(image, minute_filters, stream),
            }
        case "cyclic":
            x = _features(image, stream)
            outputs = _dense(4, stream, name="circles")(x)
        case "double_classification":
            x = _features(image, stream)
            outputs = {
                "hour": _dense(HOURS_PER_DIAL, stream, name="hour")(x),
                "minute": _dense(MINUTES_PER_HOUR, stream, name="minute")(x),
            }
    return keras.Model(image, outputs, name=f"clock_{head}")


def _initializer(stream: Iterator[int]) -> keras.initializers.Initializer:
    return keras.initializers.GlorotUniform(next(stream))


def _dense(units: int, stream: Iterator[int], *, name: str) -> layers.Layer:
    """Last layer of a head: its results stay float32 whatever the precision."""
    return layers.Dense(units, kernel_initializer=_initializer(stream), dtype="float32", name=name)


def _trunk(image: keras.KerasTensor, stream: Iterator[int]) -> keras.KerasTensor:
    """Three blocks that make 12x12x32, flattened, of 150x150."""
    x = image
    for block, (filters, pool) in enumerate(((16, 3), (32, 2), (32, 2)), start=1):
        x = layers.Conv2D(
            filters, 3, padding="same", kernel_initializer=_initializer(stream), name=f"trunk_conv_{block}"
        )(x)
        x = layers.ReLU(name=f"trunk_relu_{block}")(x)
        x = BatchNormalization(name=f"trunk_norm_{block}")(x)
        x = layers.MaxPooling2D(pool, name=f"trunk_pool_{block}")(x)  # (b, h/pool, w/pool, filters)
        x = layers.Dropout(0.25, seed=next(stream), name=f"trunk_dropout_{block}")(x)
    return layers.Flatten(name="trunk_flatten")(x)  # (b, h/12 * w/12 * 32)


def _dense_block(
    x: keras.KerasTensor, units: int, rate: float, stream: Iterator[int], *, name: str
) -> keras.KerasTensor:
    x = layers.Dense(units, kernel_initializer=_initializer(stream), name=name)(x)
    x = layers.ReLU(name=f"{name}_relu")(x)
    x = BatchNormalization(name=f"{name}_norm")(x)
    return layers.Dropout(rate, seed=next(stream), name=f"{name}_dropout")(x)  # (b, units)


def _features(image: keras.KerasTensor, stream: Iterator[int]) -> keras.KerasTensor:
    """The classification network up to its last layer; (b, 60)."""
    x = _trunk(image, stream)
    x = _dense_block(x, 144, 0.25, stream, name="dense_1")
    return _dense_block(x, 60, 0.25, stream, name="dense_2")


def _minute(image: keras.KerasTensor, filters: int, stream: Iterator[int]) -> keras.KerasTensor:
    x = image
    for block, size in enumerate((10, 5, 5, 5), start=1):
        initializer = _initializer(stream)
        x = layers.Conv2D(filters, size, padding="same", kernel_initializer=initializer, name=f"minute_conv_{block}")(x)
        x = layers.ReLU(name=f"minute_relu_{block}")(x)
        x = layers.MaxPooling2D(name=f"minute_pool_{block}")(x)  # half of it
        x = BatchNormalization(name=f"minute_norm_{block}")(x)
    x = layers.Flatten(name="minute_flatten")(x)  # (b, h/16 * w/16 * filters)
    for index, units in enumerate((128, 64), start=1):
        initializer = _initializer(stream)
        x = layers.Dense(units, activation="relu", kernel_initializer=initializer, name=f"minute_dense_{index}")(x)
        x = layers.Dropout(0.5, seed=next(stream), name=f"minute_dropout_{index}")(x)
    return _dense(1, stream, name="minute")(x)  # (b, 1)
