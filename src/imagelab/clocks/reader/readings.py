"""What a reader finds in photographs: times, probabilities, and where the clock is. NumPy only."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

SURE_PROBABILITY = 0.5  # readings with a lower probability are "not sure" unless the user sets another threshold


class Box(NamedTuple):
    """A rectangle in a photograph, in pixels from its upper left corner."""

    x: float  # of the left edge
    y: float  # of the upper edge
    width: float
    height: float


class Readings(NamedTuple):
    """The readings of n photographs.

    A pose, ``[S | pivot]``, maps the clock's face to the photograph. The pivot is where the hands turn, x and y in
    pixels from the upper left corner. S is symmetric, in pixels per radius of the face: the edge of the face is at
    ``pivot + S @ u`` for all unit vectors u. The dial's angle a, in degrees clockwise from twelve, is in the direction
    ``S @ (sin(a + roll), -cos(a + roll))``.
    """

    times: NDArray[np.float64]  # (n,), the most probable minute: a whole number past twelve, in [0, 720)
    probabilities: NDArray[np.float64]  # (n,), in [0, 1], of that minute and its two neighbours together
    second_times: NDArray[np.float64]  # (n,), the most probable of those three minutes away or more
    second_probabilities: NDArray[np.float64]  # (n,), in [0, 1], with its neighbours too
    poses: NDArray[np.float64]  # (n, 2, 3)
    rolls: NDArray[np.float64]  # (n,), degrees by which the dial is turned clockwise if the first time is right
    second_rolls: NDArray[np.float64]  # (n,), the same if the second time is right

    def of(self, row: int) -> Self:
        """Return the reading of one photograph."""
        return type(self)(*(values[row : row + 1] for values in self))


def concatenate(parts: Sequence[Readings]) -> Readings:
    """Join the readings of several groups of photographs, one group or more, in their order."""
    return Readings(*map(np.concatenate, zip(*parts, strict=True)))


def hand_directions(
    times: NDArray[np.floating], poses: NDArray[np.floating], rolls: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return where the hands of clocks point in their photographs.

    Args:
        times: minutes past twelve; shape (n,).
        poses: as in ``Readings``; shape (n, 2, 3).
        rolls: degrees, clockwise; shape (n,).

    Returns:
        For each clock the vectors from the pivot to where the hour hand and the minute hand reach the edge of the face,
        in pixels, x and y; shape (n, 2, 2).
    """
    degrees = np.stack([0.5 * times, 6.0 * times], axis=1) + rolls[:, None]  # (n, hand)
    angles = np.radians(degrees)
    on_dial = np.stack([np.sin(angles), -np.cos(angles)], axis=-1)  # (n, hand, 2)
    return np.asarray(np.einsum("nij,nhj->nhi", poses[..., :2], on_dial), np.float64)
