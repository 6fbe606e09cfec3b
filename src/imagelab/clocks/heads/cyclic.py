"""Both hands as points on the unit circle."""

from collections.abc import Iterator

import keras
import numpy as np
from numpy.typing import NDArray

from imagelab.clocks.heads import trunk
from imagelab.clocks.heads.head import Head
from imagelab.clocks.times import HOURS_PER_DIAL, MINUTES_PER_DIAL, MINUTES_PER_HOUR, on_dial
from imagelab.settings.clocks import ClockHead


def to_cyclic(minutes: NDArray[np.integer]) -> NDArray[np.float64]:
    """Place both hands on the unit circle, so that 11:59 and 12:00 are neighbours.

    Args:
        minutes: minutes past twelve, in [0, 720); shape (n,).

    Returns:
        Sine and cosine of the hour hand's angle, then of the minute hand's, clockwise from twelve; shape (n, 4).

    Raises:
        ValueError: if a time lies outside the dial.

    Source: the project's own head; compare the report, section 2.3.1.
    """
    turns = np.stack([on_dial(minutes) / MINUTES_PER_DIAL, minutes / MINUTES_PER_HOUR], axis=1)
    angles = 2 * np.pi * turns
    return np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(-1, 4)


def from_cyclic(circles: NDArray[np.floating]) -> NDArray[np.float64]:
    """Read both hands: the minute from the minute hand, and the hour that fits the hour hand best at that minute.

    Args:
        circles: sine and cosine of the hour hand's angle, then of the minute hand's; of any length above 0; (n, 4).

    Returns:
        Minutes past twelve, in [0, 720), to the nearest tenth of a minute; shape (n,).
    """
    pairs = circles.astype(np.float64).reshape(-1, 2, 2)
    hour_turns, minute_turns = (np.arctan2(pairs[..., 0], pairs[..., 1]) / (2 * np.pi) % 1).T
    minutes = np.round(minute_turns * MINUTES_PER_HOUR, 1) % MINUTES_PER_HOUR
    hours = np.rint(hour_turns * HOURS_PER_DIAL - minutes / MINUTES_PER_HOUR) % HOURS_PER_DIAL
    return np.asarray(hours * MINUTES_PER_HOUR + minutes, np.float64)


def build_outputs(image: keras.KerasTensor, stream: Iterator[int], _own: ClockHead) -> keras.KerasTensor:
    """Build sine and cosine of both hands, (b, 4)."""
    return trunk.output(trunk.features(image, stream), 4, stream, name="circles")


CYCLIC = Head(
    name="cyclic",
    to_targets=to_cyclic,
    from_outputs=from_cyclic,
    build_outputs=build_outputs,
    loss="mean_squared_error",
    metrics=["mean_absolute_error"],
)
