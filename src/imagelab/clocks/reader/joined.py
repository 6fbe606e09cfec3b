"""The clock reader as one network: the localiser, and the network that reads at the pose that it found."""

import math

import keras
from keras import layers, ops

NAME = "clock_reader"

_SHIFT = 0.03  # radii of the face: how far the poses lie apart at which a clock is read
_SHIFTS = ((0.0, 0.0), (_SHIFT, 0.0), (-_SHIFT, 0.0), (0.0, _SHIFT), (0.0, -_SHIFT))


def join(located_by: keras.Model, read_by: keras.Model) -> keras.Model:
    """Join a localiser and a network that reads into one network.

    Each picture is read at five poses: the one that was found, and four around it. The times' probabilities and those
    of the hands are averaged.

    Args:
        located_by: of ``localiser.build_localiser``.
        read_by: of ``network.build_network``; the width of its pictures is a multiple of the localiser's.

    Returns:
        A network from pictures in [0, 1], (b, size, size, 3), to ``pose``, (b, 5), see ``poses``; ``time``,
        log-probabilities of the 720 times, (b, 720); and ``minute_hand`` and ``hour_hand``, log-probabilities of the
        hands' directions, (b, directions). Weights are shared.
    """
    # Without losses and optimizers, which a file cannot hold.
    located_by, read_by = (keras.Model(one.input, one.output, name=one.name) for one in (located_by, read_by))
    size, small = read_by.input["picture"].shape[1], located_by.input_shape[1]
    picture = keras.Input((size, size, 3), name="picture")
    grey = layers.AveragePooling2D(size // small, dtype="float32", name="reduce")(
        ops.mean(ops.cast(picture, "float32"), axis=-1, keepdims=True)
    )
    pose = located_by(grey)
    # One batch of all poses of all pictures: the network is traced once, not five times.
    repeated = ops.repeat(picture, len(_SHIFTS), axis=0)
    readings = read_by({"picture": repeated, "pose": ops.reshape(_shifted(pose), (-1, 5))})
    outputs = {"pose": pose, "time": _mean(readings["time"])}
    for hand in ("minute_hand", "hour_hand"):
        outputs[hand] = _mean(ops.log_softmax(ops.cast(readings[hand], "float32")))
    return keras.Model(picture, outputs, name=NAME)


def _shifted(pose: keras.KerasTensor) -> keras.KerasTensor:
    """Poses around each pose, (b, 5) to (b, poses, 5)."""
    x, y, xx, xy, yy = (pose[:, index : index + 1] for index in range(5))
    around = [
        ops.concatenate([x + right * xx + down * xy, y + right * xy + down * yy, xx, xy, yy], axis=1)
        for right, down in _SHIFTS
    ]
    return ops.stack(around, axis=1)


def _mean(log_probabilities: keras.KerasTensor) -> keras.KerasTensor:
    """Logarithms of the probabilities, (b * poses, n), averaged over the poses, (b, n)."""
    by_picture = ops.reshape(log_probabilities, (-1, len(_SHIFTS), log_probabilities.shape[1]))
    return ops.logsumexp(by_picture, axis=1) - math.log(len(_SHIFTS))
