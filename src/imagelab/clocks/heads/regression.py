"""One number: the time in hours."""

from collections.abc import Iterator

import keras
import numpy as np
from numpy.typing import NDArray

from imagelab.clocks.heads import trunk
from imagelab.clocks.heads.head import Head
from imagelab.clocks.times import MINUTES_PER_HOUR, on_dial
from imagelab.settings.clocks import ClockHead


def to_regression(minutes: NDArray[np.integer]) -> NDArray[np.float64]:
    """Place each time on a straight line of hours.

    Args:
        minutes: minutes past twelve, in [0, 720); shape (n,).

    Returns:
        ``hour + round(minute / 60, 3)``, in [0, 12), 720 distinct values; shape (n,).

    Raises:
        ValueError: if a time lies outside the dial.

    Source: the report, section 2.3.
    """
    hours, rest = np.divmod(on_dial(minutes), MINUTES_PER_HOUR)
    return np.asarray(hours + np.round(rest / MINUTES_PER_HOUR, 3), np.float64)


def from_regression(hours: NDArray[np.floating]) -> NDArray[np.float64]:
    """Turn hours into minutes.

    Args:
        hours: any real number of hours; shape (n,) or (n, 1).

    Returns:
        Minutes past twelve to the nearest tenth, so that the three decimals of the target do not show; shape (n,).
        They may lie off the dial, below 0 or from 720 on: the report's absolute error does not go around it.
    """
    return np.round(hours.reshape(-1).astype(np.float64) * MINUTES_PER_HOUR, 1)


def build_outputs(image: keras.KerasTensor, stream: Iterator[int], _own: ClockHead) -> keras.KerasTensor:
    """Build the hours, (b, 1). With 150x150x1 the network has 604,961 parameters, as the report's."""
    x = trunk.flat_trunk(image, stream)
    x = trunk.dense_block(x, 128, 0.5, stream, name="dense_1")
    return trunk.output(x, 1, stream, name="hours")


REGRESSION = Head(
    name="regression",
    to_targets=to_regression,
    from_outputs=from_regression,
    build_outputs=build_outputs,
    loss="mean_squared_error",
    metrics=["mean_absolute_error"],
    units={"mean_absolute_error": "hours"},
)
