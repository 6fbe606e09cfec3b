"""Targets of the reader and losses against them."""

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from imagelab.clocks.times import MINUTES_PER_DIAL, MINUTES_PER_HOUR, on_dial

UNREADABLE = -1  # the target of a picture that shows no time; the losses then ask for equal probabilities


def to_targets(
    minutes: NDArray[np.integer], rolls: NDArray[np.floating], readable: NDArray[np.bool_], *, directions: int
) -> dict[str, NDArray[np.float32]]:
    """Return what each output of the reader should say.

    Args:
        minutes: times, minutes past twelve in [0, 720), (n,).
        rolls: of the dials, turns clockwise, (n,), as ``poses.from_maps`` returns them.
        readable: whether a picture shows a time, (n,).
        directions: how many directions the reader distinguishes.

    Returns:
        ``time``, minutes past twelve; ``minute_hand`` and ``hour_hand``, their directions in [0, ``directions``); and
        ``dial``, the roll in minutes of the dial, in [0, 60). All (n,), and ``UNREADABLE`` where there is no time.

    Raises:
        ValueError: if a time lies outside the dial.
    """
    times = on_dial(minutes)
    places = {
        "time": times,
        "minute_hand": (times % MINUTES_PER_HOUR / MINUTES_PER_HOUR + rolls) % 1 * directions,
        "hour_hand": (times / MINUTES_PER_DIAL + rolls) % 1 * directions,
        "dial": rolls % 1 * MINUTES_PER_HOUR,
    }
    return {name: np.where(readable, values, UNREADABLE).astype(np.float32) for name, values in places.items()}


def time_loss(times: keras.KerasTensor, log_probabilities: keras.KerasTensor) -> keras.KerasTensor:
    """Cross-entropy of times, (b,) or (b, 1), and log-probabilities of the 720 times, (b, 720); (b,)."""
    wanted = _shared_between_neighbours(ops.reshape(times, (-1,)), MINUTES_PER_DIAL)
    return -ops.sum(wanted * ops.cast(log_probabilities, "float32"), axis=-1)


def direction_loss(places: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """Cross-entropy of directions, (b,) or (b, 1), and logits of the directions, (b, directions); (b,)."""
    wanted = _shared_between_neighbours(ops.reshape(places, (-1,)), logits.shape[-1])
    return -ops.sum(wanted * ops.log_softmax(ops.cast(logits, "float32"), axis=-1), axis=-1)


def dial_loss(rolls: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """Cross-entropy of dials, turned by rolls, (b,) or (b, 1), and logits of minutes, (b, directions, 60); (b,)."""
    directions = logits.shape[1]
    upright = np.arange(directions, dtype=np.float32) * MINUTES_PER_HOUR / directions
    rolls = ops.reshape(rolls, (-1, 1))
    minutes = ops.where(rolls < 0, ops.cast(UNREADABLE, "float32"), ops.mod(upright[None] - rolls, MINUTES_PER_HOUR))
    wanted = _shared_between_neighbours(minutes, MINUTES_PER_HOUR)
    return -ops.mean(ops.sum(wanted * ops.log_softmax(ops.cast(logits, "float32"), axis=-1), axis=-1), axis=-1)


def within_a_minute(times: keras.KerasTensor, log_probabilities: keras.KerasTensor) -> keras.KerasTensor:
    """1 for each picture whose most probable time is at most a minute from its time, else 0; (b,).

    It is 0 for ``UNREADABLE``, too, so the mean over pictures stays below 1 where some cannot be read.
    """
    read, times = ops.cast(ops.argmax(log_probabilities, axis=-1), "float32"), ops.reshape(times, (-1,))
    distance = ops.abs(read - times)
    near = ops.minimum(distance, MINUTES_PER_DIAL - distance) <= 1
    return ops.cast(ops.logical_and(near, times >= 0), "float32")


def _shared_between_neighbours(places: keras.KerasTensor, count: int) -> keras.KerasTensor:
    """Probabilities (..., count) of places on a circle, (...): shared by the two whole places next to each."""
    places = ops.expand_dims(ops.cast(places, "float32"), -1)
    distance = ops.abs(np.arange(count, dtype=np.float32) - places)
    distance = ops.minimum(distance, count - distance)
    return ops.where(places < 0, 1.0 / count, ops.relu(1.0 - distance))
