"""Targets of the reader, and the most likely time from its outputs; NumPy and SciPy only."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from imagelab.clocks.times import MINUTES_PER_DIAL, MINUTES_PER_HOUR, on_dial

MINUTES_PER_HOUR_PART = 12  # the hour hand moves from one of the dial's minutes to the next in this time


def to_readings(minutes: NDArray[np.integer]) -> dict[str, NDArray[np.int64]]:
    """Return at which of the dial's 60 minutes each hand points, by the names of the reader's outputs.

    Args:
        minutes: minutes past twelve, in [0, 720); shape (n,).

    Returns:
        ``minute``, 0..59, (n,), of the minute hand; and ``hour_part``, 0..59, five an hour, (n,), of the hour hand.

    Raises:
        ValueError: if a time lies outside the dial.

    Source: the project's own.
    """
    times = on_dial(minutes)
    return {"minute": times % MINUTES_PER_HOUR, "hour_part": times // MINUTES_PER_HOUR_PART}


def from_readings(
    minute_scores: NDArray[np.floating], part_scores: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the most likely time.

    The time fixes both hands, so P(time) is proportional to P(minute) P(hour part).

    Args:
        minute_scores: log-probabilities or logits of the minute; shape (n, 60).
        part_scores: log-probabilities or logits of the hour part; shape (n, 60).

    Returns:
        Minutes past twelve, whole numbers in [0, 720), and the probability of that time among the 720, in [0, 1];
        both (n,).
    """
    times = np.arange(MINUTES_PER_DIAL)
    scores = minute_scores.astype(np.float64)[:, times % MINUTES_PER_HOUR]
    scores += part_scores.astype(np.float64)[:, times // MINUTES_PER_HOUR_PART]
    return scores.argmax(axis=1).astype(np.float64), softmax(scores, axis=1).max(axis=1)
