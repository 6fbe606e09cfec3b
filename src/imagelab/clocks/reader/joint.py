"""The joint reading: probabilities of the 720 times from where the hands are and what the dial says there."""

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from imagelab.clocks.reader.float32 import Float32Layer
from imagelab.clocks.times import HOURS_PER_DIAL, MINUTES_PER_DIAL, MINUTES_PER_HOUR

ORIENTATIONS = 12  # of the dial, 30 degrees apart: dials repeat after five minutes
_PLACES = MINUTES_PER_HOUR  # on the dial, one a minute
_STEP = _PLACES // ORIENTATIONS
_DEVIATION = 2.0  # dial minutes; the orientations together weigh every turn of the dial nearly alike
_REACH = 6  # dial minutes to each side; beyond three deviations a dial does not count for an orientation
_OFFSETS = 2 * _REACH + 1
_FLOOR = 1e-6  # of a probability before its logarithm


@keras.saving.register_keras_serializable("imagelab")
class JointReading(Float32Layer):
    """Log-probabilities of the 720 times, (b, 720).

    Inputs: logits of the minute hand's and of the hour hand's direction, (b, d) each, and logits of the dial's minute
    in each direction, (b, d, 60). Direction k points k / d turns clockwise from up; d is a multiple of 60.

    Twelve orientations w of the dial are weighed, 30 degrees apart. Given w, the dial's minute in each direction is
    expected near the direction plus 5 w, with a standard deviation of 2 minutes, and the network's dial is multiplied
    by that. Then

        P(minute m | w) = sum over directions of P(the minute hand is there) P(the dial's minute there is m | w)

    likewise for the place of the hour hand, and

        P(time) = sum over w of P(w) P(minute | w) P(place of the hour hand | w)

    normalised over the times. P(w) follows from how well the dial fits w, averaged over the directions, and from a
    learnt preference. So both hands are read on one dial, and a time at which the hands do not fit together has a small
    probability.

    Source: the project's own.
    """

    def build(self, input_shape: list[tuple[int | None, ...]]) -> None:
        """Make the preference for orientations."""
        self.preference = self.add_weight(shape=(ORIENTATIONS,), initializer="zeros", name="preference")

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """Read a batch."""
        minute_hand, hour_hand, dial = inputs
        count = dial.shape[1]
        parts = count // _PLACES  # directions of a dial minute
        near = self._near_each_orientation(ops.softmax(dial, axis=-1), parts)  # (b, parts, 60, 12, 13)
        mass = ops.sum(near, axis=-1) + _FLOOR  # (b, parts, 60, 12): how well each direction fits each orientation
        orientation = ops.log_softmax(ops.mean(ops.log(mass), axis=(1, 2)) + self.preference, axis=-1)  # (b, 12)
        minute = _places(_by_part(minute_hand, parts), near, mass)  # (b, 12, 60)
        hour = _product(_places(_by_part(hour_hand, parts), near, mass), _hour_hand_places())  # (b, 12, 720)
        minute = ops.tile(minute, (1, 1, HOURS_PER_DIAL))
        both = ops.sum(ops.expand_dims(ops.exp(orientation), -1) * minute * hour, axis=1)
        logarithms = ops.log(both + _FLOOR / MINUTES_PER_DIAL)
        return logarithms - ops.logsumexp(logarithms, axis=-1, keepdims=True)

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        """Return the shape of what ``call`` returns."""
        return (input_shape[0][0], MINUTES_PER_DIAL)

    def _near_each_orientation(self, dial: keras.KerasTensor, parts: int) -> keras.KerasTensor:
        """The dial's probabilities near each orientation, weighed by their distance from it.

        Entry (s, i, w, k) belongs to the direction i + s / ``parts``, in dial minutes, and to the dial's minute
        i + 5 w + k - 6.
        """
        by_part = ops.transpose(ops.reshape(dial, (-1, _PLACES, parts, _PLACES)), (0, 2, 1, 3))  # (b, s, i, minute)
        # Row i is shifted by i, so that column r holds the minute i + r: a reshape with rows that are one longer.
        twice = ops.reshape(ops.concatenate([by_part, by_part], axis=-1), (-1, parts, 2 * _PLACES * _PLACES))
        longer = ops.pad(twice, ((0, 0), (0, 0), (0, _PLACES)))
        shifted = ops.reshape(longer, (-1, parts, _PLACES, 2 * _PLACES + 1))[..., :_PLACES]
        choice = _choice(parts)
        chosen = ops.stack([_product(shifted[:, part], choice[part]) for part in range(parts)], axis=1)
        return ops.reshape(chosen, (-1, parts, _PLACES, ORIENTATIONS, _OFFSETS))


def _product(stack: keras.KerasTensor, matrix: NDArray[np.float32]) -> keras.KerasTensor:
    """Multiply each matrix of a stack, (b, n, k), by one matrix, (k, m): one product of two matrices.

    As a product of stacks TensorFlow 2.21 ends with a segmentation fault for some shapes.
    """
    product = ops.matmul(ops.reshape(stack, (-1, matrix.shape[0])), matrix)
    return ops.reshape(product, (-1, stack.shape[1], matrix.shape[1]))


def _by_part(hand: keras.KerasTensor, parts: int) -> keras.KerasTensor:
    """Probabilities of a hand's directions, (b, d), as (b, parts, 60)."""
    return ops.transpose(ops.reshape(ops.softmax(hand, axis=-1), (-1, _PLACES, parts)), (0, 2, 1))


def _places(hand: keras.KerasTensor, near: keras.KerasTensor, mass: keras.KerasTensor) -> keras.KerasTensor:
    """Probabilities of the dial's minute at which a hand points, given each orientation, (b, 12, 60)."""
    here = ops.expand_dims(hand, -1) / mass  # (b, parts, 60, 12)
    at_offset = ops.sum(ops.expand_dims(here, -1) * near, axis=1)  # (b, 60, 12, 13), by direction and offset
    around = ops.concatenate([at_offset[:, -_REACH:], at_offset, at_offset[:, :_REACH]], axis=1)
    # The minute relative to the orientation is direction plus offset.
    relative = [around[:, _OFFSETS - 1 - k : _OFFSETS - 1 - k + _PLACES, :, k] for k in range(_OFFSETS)]
    total = sum(relative[1:], start=relative[0])  # (b, 60, 12)
    turned = [ops.roll(total[:, :, w], w * _STEP, axis=1) for w in range(ORIENTATIONS)]
    return ops.stack(turned, axis=1)


def _choice(parts: int) -> NDArray[np.float32]:
    """Weights that pick and weigh minutes for each orientation and offset, (parts, 60, 12 * 13)."""
    weights = np.zeros((parts, _PLACES, ORIENTATIONS, _OFFSETS), np.float32)
    for part in range(parts):
        for offset in range(_OFFSETS):
            weight = np.exp(-0.5 * ((offset - _REACH - part / parts) / _DEVIATION) ** 2)
            for orientation in range(ORIENTATIONS):
                weights[part, (orientation * _STEP + offset - _REACH) % _PLACES, orientation, offset] = weight
    return weights.reshape(parts, _PLACES, ORIENTATIONS * _OFFSETS)


def _hour_hand_places() -> NDArray[np.float32]:
    """Where the hour hand is at each time, shared between two neighbouring places of the dial, (60, 720)."""
    weights = np.zeros((_PLACES, MINUTES_PER_DIAL), np.float32)
    for time in range(MINUTES_PER_DIAL):
        place, part = divmod(time, MINUTES_PER_DIAL // _PLACES)
        share = part / (MINUTES_PER_DIAL // _PLACES)
        weights[place, time] = 1 - share
        weights[(place + 1) % _PLACES, time] += share
    return weights
