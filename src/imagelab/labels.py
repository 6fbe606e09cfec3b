"""Clock labels: transforms to the targets of every head, and their inverses; NumPy only.

Times are integers, minutes past twelve on the 12-hour dial, in [0, 720).
"""

import numpy as np
from numpy.typing import NDArray

from imagelab.errors import InputError

MINUTES_PER_HOUR = 60
MINUTES_PER_DIAL = 720
HOURS_PER_DIAL = 12


def to_minutes(labels: NDArray[np.integer], *, where: object = "labels") -> NDArray[np.int64]:
    """Turn ``[hour, minute]`` rows into minutes past twelve.

    Args:
        labels: hours in [0, 12) and minutes in [0, 60); integers, shape (n, 2).
        where: the labels' origin, for the message.

    Returns:
        Minutes past twelve, in [0, 720); shape (n,).

    Raises:
        InputError: if the shape or the type is another, or a time lies outside the dial.
    """
    if labels.ndim != 2 or labels.shape[1] != 2 or not np.issubdtype(labels.dtype, np.integer):
        raise InputError(
            "labels", where=where, expected="integers, shape (n, 2)", received=f"{labels.dtype}, {labels.shape}"
        )
    hours, minutes = labels.astype(np.int64).T
    wrong = (hours < 0) | (hours >= HOURS_PER_DIAL) | (minutes < 0) | (minutes >= MINUTES_PER_HOUR)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"label {row}", where=where, expected="hours 0..11 and minutes 0..59", received=labels[row].tolist()
        )
    return np.asarray(hours * MINUTES_PER_HOUR + minutes, np.int64)


def to_classification(minutes: NDArray[np.integer]) -> NDArray[np.int64]:
    """Give each time a class of its own.

    Args:
        minutes: minutes past twelve, in [0, 720); shape (n,).

    Returns:
        ``60 * hour + minute``, 0..719; shape (n,).

    Raises:
        ValueError: if a time lies outside the dial.

    Source: the report, section 2.2.
    """
    return _on_dial(minutes)


def from_classification(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Read the most likely of the 720 classes.

    Args:
        scores: logits or probabilities; shape (n, 720).

    Returns:
        Minutes past twelve, whole numbers in [0, 720); shape (n,).
    """
    return np.asarray(scores.argmax(axis=1), np.float64)


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
    hours, rest = np.divmod(_on_dial(minutes), MINUTES_PER_HOUR)
    return np.asarray(hours + np.round(rest / MINUTES_PER_HOUR, 3), np.float64)


def from_regression(hours: NDArray[np.floating]) -> NDArray[np.float64]:
    """Read hours on the dial.

    Args:
        hours: any real number of hours; shape (n,) or (n, 1).

    Returns:
        Minutes past twelve, in [0, 720), to the nearest tenth of a minute, so that the three decimals of the target
        do not show; shape (n,).
    """
    return np.round(hours.reshape(-1).astype(np.float64) * MINUTES_PER_HOUR, 1) % MINUTES_PER_DIAL


def to_multi_head(minutes: NDArray[np.integer]) -> NDArray[np.float64]:
    """Split each time into its hour, a class, and its minute, a number.

    Args:
        minutes: minutes past twelve, in [0, 720); shape (n,).

    Returns:
        Hour 0..11 and minute 0..59; shape (n, 2).

    Raises:
        ValueError: if a time lies outside the dial.

    Source: the report, section 2.4.
    """
    return np.stack(np.divmod(_on_dial(minutes), MINUTES_PER_HOUR), axis=1).astype(np.float64)


def from_multi_head(hour_scores: NDArray[np.floating], minutes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Join the most likely hour with the minute.

    Args:
        hour_scores: logits or probabilities; shape (n, 12).
        minutes: any real number of minutes; shape (n,) or (n, 1). Clipped to [0, 59]: a minute hand read just
            before the full hour must not move the hour that the other head has read.

    Returns:
        Minutes past twelve, in [0, 720); shape (n,).
    """
    clipped = np.clip(minutes.reshape(-1).astype(np.float64), 0, MINUTES_PER_HOUR - 1)
    return np.asarray(hour_scores.argmax(axis=1) * float(MINUTES_PER_HOUR) + clipped, np.float64)


def _on_dial(minutes: NDArray[np.integer]) -> NDArray[np.int64]:
    if minutes.size and (minutes.min() < 0 or minutes.max() >= MINUTES_PER_DIAL):
        raise ValueError(f"times must lie in [0, {MINUTES_PER_DIAL}); received {minutes.min()} to {minutes.max()}")
    return minutes.astype(np.int64)
