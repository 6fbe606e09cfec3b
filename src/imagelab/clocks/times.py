"""Times: integers, minutes past twelve on the 12-hour dial, in [0, 720)."""

import numpy as np
from numpy.typing import NDArray

from imagelab.runtime.errors import InputError

MINUTES_PER_HOUR = 60
MINUTES_PER_DIAL = 720
HOURS_PER_DIAL = 12


def to_minutes(labels: NDArray[np.integer], *, where: object = "labels") -> NDArray[np.int64]:
    """Turn ``[hour, minute]`` rows into minutes past twelve.

    Args:
        labels: hours in [0, 12) and minutes in [0, 60); integers, shape (n, 2).
        where: their file, for the message.

    Returns:
        Minutes past twelve, in [0, 720); shape (n,).

    Raises:
        InputError: if the shape or the type is wrong, or a time lies outside the dial.
    """
    if labels.ndim != 2 or labels.shape[1] != 2 or not np.issubdtype(labels.dtype, np.integer):
        expected, received = "integers, shape (n, 2)", f"{labels.dtype}, {labels.shape}"
        raise InputError("labels", where=where, expected=expected, received=received)
    hours, minutes = labels.astype(np.int64).T
    wrong = (hours < 0) | (hours >= HOURS_PER_DIAL) | (minutes < 0) | (minutes >= MINUTES_PER_HOUR)
    if wrong.any():
        row = int(np.argmax(wrong))
        expected = "hours 0..11 and minutes 0..59"
        raise InputError(f"label {row}", where=where, expected=expected, received=labels[row].tolist())
    return np.asarray(hours * MINUTES_PER_HOUR + minutes, np.int64)


def to_labels(minutes: NDArray[np.integer]) -> NDArray[np.int64]:
    """Turn minutes past twelve, in [0, 720), shape (n,), into ``[hour, minute]`` rows, shape (n, 2)."""
    return np.stack(np.divmod(minutes.astype(np.int64), MINUTES_PER_HOUR), axis=1)


def as_text(time: float) -> str:
    """Write a time, minutes past twelve in [0, 720), as the clock shows it: ``12:05``."""
    hour, minute = divmod(round(time) % MINUTES_PER_DIAL, MINUTES_PER_HOUR)
    return f"{hour or HOURS_PER_DIAL}:{minute:02d}"


def on_dial(minutes: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return times unchanged; raises ``ValueError`` if one lies outside [0, 720)."""
    if minutes.size and (minutes.min() < 0 or minutes.max() >= MINUTES_PER_DIAL):
        raise ValueError(f"times must lie in [0, {MINUTES_PER_DIAL}); received {minutes.min()} to {minutes.max()}")
    return minutes.astype(np.int64)
