"""The hour as a class, the minute as a number, which has a branch of its own."""

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from imagelab.clocks.heads import trunk
from imagelab.clocks.heads.head import Head
from imagelab.clocks.times import HOURS_PER_DIAL, MINUTES_PER_HOUR, on_dial
from imagelab.settings.clocks import MultiHead
from imagelab.training.normalization import BatchNormalization


def to_multi_head(minutes: NDArray[np.integer]) -> dict[str, NDArray[Any]]:
    """Split each time into its hour, a class, and its minute, a number.

    Args:
        minutes: minutes past twelve, in [0, 720); shape (n,).

    Returns:
        ``hour``, integers 0..11, and ``minute``, floats 0..59; both (n,).

    Raises:
        ValueError: if a time lies outside the dial.

    Source: the report, section 2.4.
    """
    hours, rest = np.divmod(on_dial(minutes), MINUTES_PER_HOUR)
    return {"hour": hours, "minute": rest.astype(np.float64)}


def from_multi_head(outputs: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float64]:
    """Join the most likely hour with the minute.

    Args:
        outputs: ``hour``, logits or probabilities, (n, 12), and ``minute``, any real number, (n,) or (n, 1). The minute
            is clipped to [0, 59]: one that is read just beyond a full hour must not move the hour that the other
            output states.

    Returns:
        Minutes past twelve, in [0, 720); shape (n,).
    """
    clipped = np.clip(outputs["minute"].reshape(-1).astype(np.float64), 0, MINUTES_PER_HOUR - 1)
    return np.asarray(outputs["hour"].argmax(axis=1) * float(MINUTES_PER_HOUR) + clipped, np.float64)


def build_outputs(image: keras.KerasTensor, stream: Iterator[int], own: MultiHead) -> dict[str, keras.KerasTensor]:
    """Build the logits of the ``hour``, (b, 12), and the ``minute``, (b, 1).

    With 150x150x1 and 64 minute filters the network has 1,675,193 parameters, as the report's.
    """
    return {
        "hour": trunk.output(trunk.features(image, stream), HOURS_PER_DIAL, stream, name="hour"),
        "minute": _minute(image, stream, own.minute_filters),
    }


def _minute(image: keras.KerasTensor, stream: Iterator[int], filters: int) -> keras.KerasTensor:
    """The minute branch: (b, h, w, c) to (b, 1)."""
    x = image
    for block, size in enumerate((10, 5, 5, 5), start=1):
        kernel = trunk.initializer(stream)
        x = layers.Conv2D(filters, size, padding="same", kernel_initializer=kernel, name=f"minute_conv_{block}")(x)
        x = layers.ReLU(name=f"minute_relu_{block}")(x)
        x = layers.MaxPooling2D(name=f"minute_pool_{block}")(x)  # half of it
        x = BatchNormalization(name=f"minute_norm_{block}")(x)
    x = layers.Flatten(name="minute_flatten")(x)  # (b, h/16 * w/16 * filters)
    for index, units in enumerate((128, 64), start=1):
        kernel = trunk.initializer(stream)
        x = layers.Dense(units, activation="relu", kernel_initializer=kernel, name=f"minute_dense_{index}")(x)
        x = layers.Dropout(0.5, seed=next(stream), name=f"minute_dropout_{index}")(x)
    return trunk.output(x, 1, stream, name="minute")


MULTI_HEAD = Head(
    name="multi_head",
    to_targets=to_multi_head,
    from_outputs=from_multi_head,
    build_outputs=build_outputs,
    loss={"hour": keras.losses.SparseCategoricalCrossentropy(from_logits=True), "minute": "mean_squared_error"},
    metrics={"hour": ["accuracy"], "minute": ["mean_absolute_error"]},
    units={"minute_mean_absolute_error": "minutes"},
)
