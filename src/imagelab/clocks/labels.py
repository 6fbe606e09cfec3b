"""Clock labels: transforms to the targets of every head, and their inverses; NumPy only.

Times are integers, minutes past twelve on the 12-hour dial, in [0, 720).
"""

import numpy as np
from numpy.typing import NDArray

from imagelab.clocks.times import HOURS_PER_DIAL, MINUTES_PER_DIAL, MINUTES_PER_HOUR, on_dial


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
    return on_dial(minutes)


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
    return to_double_classification(minutes).astype(np.float64)


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
    """Read both hands; the hour is the one that lets the hour hand stand nearest to where it was read.

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


def to_double_classification(minutes: NDArray[np.integer]) -> NDArray[np.int64]:
    """Split each time into two classes.

    Args:
        minutes: minutes past twelve, in [0, 720); shape (n,).

    Returns:
        Hour 0..11 and minute 0..59; shape (n, 2).

    Raises:
        ValueError: if a time lies outside the dial.

    Source: the report's future work.
    """
    return np.stack(np.divmod(on_dial(minutes), MINUTES_PER_HOUR), axis=1)


def from_double_classification(
    hour_scores: NDArray[np.floating], minute_scores: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Join the most likely hour with the most likely minute.

    Args:
        hour_scores: logits or probabilities; shape (n, 12).
        minute_scores: logits or probabilities; shape (n, 60).

    Returns:
        Minutes past twelve, whole numbers in [0, 720); shape (n,).
    """
    return np.asarray(hour_scores.argmax(axis=1) * MINUTES_PER_HOUR + minute_scores.argmax(axis=1), np.float64)


TRANSFORMS = {
    "classification": to_classification,
    "regression": to_regression,
    "multi_head": to_multi_head,
    "cyclic": to_cyclic,
    "double_classification": to_double_classification,
}
"""By the name of the network whose targets they make."""
