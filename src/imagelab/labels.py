"""Clock labels: transforms to the targets of every head, and their inverses; NumPy only.

Times are integers, minutes past twelve on the 12-hour dial, in [0, 720).
"""

import numpy as np
from numpy.typing import NDArray

from imagelab.errors import InputError

MINUTES_PER_HOUR = 60
MINUTES_PER_DIAL = 720
HOURS_PER_DIAL = 12
MINUTES_PER_HOUR_PART = 12  # while the hour hand passes from one of the dial's minutes to the next


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


def as_text(time: float) -> str:
    """Write a time, minutes past twelve in [0, 720), as the clock shows it: ``12:05``."""
    hour, minute = divmod(round(time) % MINUTES_PER_DIAL, MINUTES_PER_HOUR)
    return f"{hour or HOURS_PER_DIAL}:{minute:02d}"


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
    turns = np.stack([_on_dial(minutes) / MINUTES_PER_DIAL, minutes / MINUTES_PER_HOUR], axis=1)
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
    return np.stack(np.divmod(_on_dial(minutes), MINUTES_PER_HOUR), axis=1)


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


def to_reader(minutes: NDArray[np.integer]) -> NDArray[np.int64]:
    """Say at which of the dial's 60 minutes each hand points.

    Args:
        minutes: minutes past twelve, in [0, 720); shape (n,).

    Returns:
        The minute, 0..59, and the part of twelve minutes in which the hour hand stands, 0..59, five an hour; (n, 2).

    Raises:
        ValueError: if a time lies outside the dial.

    Source: the project's own head.
    """
    times = _on_dial(minutes)
    return np.stack([times % MINUTES_PER_HOUR, times // MINUTES_PER_HOUR_PART], axis=1)


def from_reader(
    minute_scores: NDArray[np.floating], part_scores: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the time that both hands agree on best.

    Of a time the hour hand's part follows, so that the probability of each of the 720 is the product of its minute's
    and its part's, up to a common factor.

    Args:
        minute_scores: log-probabilities or logits; shape (n, 60).
        part_scores: likewise; shape (n, 60).

    Returns:
        Minutes past twelve, whole numbers in [0, 720), and the probability of that time among the 720, in [0, 1];
        both (n,).
    """
    times = np.arange(MINUTES_PER_DIAL)
    scores = minute_scores.astype(np.float64)[:, times % MINUTES_PER_HOUR]
    scores += part_scores.astype(np.float64)[:, times // MINUTES_PER_HOUR_PART]
    likelihoods = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores.argmax(axis=1).astype(np.float64), np.asarray(1 / likelihoods.sum(axis=1))


def _on_dial(minutes: NDArray[np.integer]) -> NDArray[np.int64]:
    if minutes.size and (minutes.min() < 0 or minutes.max() >= MINUTES_PER_DIAL):
        raise ValueError(f"times must lie in [0, {MINUTES_PER_DIAL}); received {minutes.min()} to {minutes.max()}")
    return minutes.astype(np.int64)


TRANSFORMS = {
    "classification": to_classification,
    "regression": to_regression,
    "multi_head": to_multi_head,
    "cyclic": to_cyclic,
    "double_classification": to_double_classification,
    "reader": to_reader,
}
"""By the name of the network whose targets they make."""
