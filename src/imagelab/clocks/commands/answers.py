"""What ``read-clock`` answers about a photograph: a line for people, an object for programs."""

import math
from typing import Any

import numpy as np

from imagelab.clocks.reader.readings import Readings
from imagelab.clocks.times import MINUTES_PER_HOUR, as_text
from imagelab.runtime.errors import InputError


def check_threshold(threshold: float, *, command: str) -> None:
    """Raise ``InputError`` if a threshold of the command is no probability."""
    if not 0 <= threshold <= 1:
        raise InputError("--threshold", where=command, expected="a number from 0 to 1", received=threshold)


def as_line(reading: Readings, *, threshold: float) -> str:
    """Return the time and the probability that it is right within a minute.

    Args:
        reading: of one photograph.
        threshold: least probability of a reading that is sure.
    """
    return f"{_doubt(reading, threshold)}{as_text(reading.times[0])} (probability {reading.probabilities[0]:.2f})"


def as_two_lines(reading: Readings, *, threshold: float) -> str:
    """Return the two best times and their probabilities; arguments as for ``as_line``."""
    first = f"{_doubt(reading, threshold)}{as_text(reading.times[0])} ({reading.probabilities[0]:.2f})"
    return f"{first}\nsecond best: {as_text(reading.second_times[0])} ({reading.second_probabilities[0]:.2f})"


def _doubt(reading: Readings, threshold: float) -> str:
    return "" if reading.probabilities[0] >= threshold else "not sure: perhaps "


def as_object(reading: Readings, *, threshold: float) -> dict[str, Any]:
    """Return plain values for JSON; arguments as for ``as_line``.

    Returns:
        ``time``, as text, ``hour`` in 0..11, ``minute`` in 0..59, and ``confidence``, the probability that the time is
        right within a minute, all of the best time; ``sure``; ``second_time`` and ``second_confidence``; ``face``, its
        edge as an ellipse: the centre ``x`` and ``y``, ``semi_axes``, the longer one first, in pixels, and ``degrees``
        in [0, 180), by which the longer one is turned clockwise from the x axis; and ``box``, the smallest rectangle
        around it: x, y, width, height in pixels, which may reach beyond the photograph.
    """
    hour, minute = divmod(int(reading.times[0]), MINUTES_PER_HOUR)
    shape, (x, y) = reading.poses[0, :, :2], reading.poses[0, :, 2].tolist()
    lengths, directions = np.linalg.eigh(shape)
    longer, shorter = np.argsort(-np.abs(lengths)).tolist()
    across, down = directions[:, longer].tolist()
    half_width, half_height = np.linalg.norm(shape, axis=1).tolist()
    return {
        "time": as_text(reading.times[0]),
        "hour": hour,
        "minute": minute,
        "confidence": round(float(reading.probabilities[0]), 4),
        "sure": bool(reading.probabilities[0] >= threshold),
        "second_time": as_text(reading.second_times[0]),
        "second_confidence": round(float(reading.second_probabilities[0]), 4),
        "face": {
            "x": round(x, 1),
            "y": round(y, 1),
            "semi_axes": [round(abs(float(lengths[place])), 1) for place in (longer, shorter)],
            "degrees": round(math.degrees(math.atan2(down, across)) % 180, 1) % 180,  # 179.96 is rounded to 0
        },
        "box": [round(value, 1) for value in (x - half_width, y - half_height, 2 * half_width, 2 * half_height)],
    }
