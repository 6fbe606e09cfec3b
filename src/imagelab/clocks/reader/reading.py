"""Read clocks in photographs of any size with a trained reader."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray
from PIL import Image

from imagelab.clocks import poses
from imagelab.clocks.reader import localiser, network
from imagelab.clocks.reader.readings import Box, Readings
from imagelab.clocks.times import MINUTES_PER_DIAL, MINUTES_PER_HOUR
from imagelab.runtime.errors import InputError
from imagelab.training import inference

_NAME = "clock_reader"
_SHIFT = 0.03  # radii of the face: how far the poses lie apart at which a clock is read
_SHIFTS = ((0.0, 0.0), (_SHIFT, 0.0), (-_SHIFT, 0.0), (0.0, _SHIFT), (0.0, -_SHIFT))
_FACE = 0.8  # of the width of a cut-out: the longest diameter of the face
_CUTS = 2  # after the first look at the whole photograph
_SMALLEST_RADIUS = 4.0  # pixels; of a smaller face nothing could be read
_BATCH = 64  # photographs; of all sizes, so only few are kept as cut-outs at a time


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
    return keras.Model(picture, outputs, name=_NAME)


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


class ClockReader:
    """Finds the clock in a photograph and reads it.

    Args:
        model: of ``join``, trained.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._localiser = model.get_layer(localiser.NAME)
        self._size = int(model.input_shape[1])
        self._small = int(self._localiser.input_shape[1])

    def read(
        self,
        photographs: Sequence[NDArray[np.uint8]],
        boxes: Sequence[Box | None] | None = None,
        *,
        on_pictures: Callable[[int], object] | None = None,
    ) -> Readings:
        """Read one clock in each photograph.

        The localiser looks at the whole photograph, then at a square cut out around what it found, and again around
        what it found there. That cut-out is read.

        Args:
            photographs: each (height, width, 3), or (height, width, 1) if it is grey; uint8.
            boxes: where the clock is, for each photograph; None: anywhere.
            on_pictures: called with the number of photographs since the last call.
        """
        parts = []
        for first in range(0, len(photographs), _BATCH):
            batch = [Image.fromarray(_rgb(one)) for one in photographs[first : first + _BATCH]]
            given = [None] * len(batch) if boxes is None else boxes[first : first + _BATCH]
            parts.append(self._read(batch, given))
            if on_pictures is not None:
                on_pictures(len(batch))
        return Readings(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def _read(self, photographs: list[Image.Image], boxes: Sequence[Box | None]) -> Readings:
        squares = [
            _whole(one) if box is None else _around_box(box) for one, box in zip(photographs, boxes, strict=True)
        ]
        for _ in range(_CUTS):
            cuts = [
                _cut(one, square, self._small).convert("RGB") for one, square in zip(photographs, squares, strict=True)
            ]
            grey = np.stack([np.asarray(cut) for cut in cuts]).mean(axis=-1, keepdims=True) / 255
            found = inference.predict(self._localiser, grey.astype(np.float32))
            squares = [_around(pose, square) for pose, square in zip(found, squares, strict=True)]
        cuts = [_cut(one, square, self._size) for one, square in zip(photographs, squares, strict=True)]
        outputs = inference.predict(self._model, np.stack([np.asarray(cut) for cut in cuts]))
        corners, widths = np.array([square[:2] for square in squares]), np.array([square[2] for square in squares])
        in_photograph = np.asarray(outputs["pose"], np.float64) * widths[:, None]
        in_photograph[:, :2] += corners
        return interpret(in_photograph, outputs["time"], outputs["minute_hand"], outputs["hour_hand"])


def interpret(
    found: NDArray[np.float64],
    times: NDArray[np.floating],
    minute_hand: NDArray[np.floating],
    hour_hand: NDArray[np.floating],
) -> Readings:
    """Name the two best times from log-probabilities.

    Args:
        found: poses, (n, 5).
        times: of the 720 times, (n, 720).
        minute_hand: of the directions, (n, directions).
        hour_hand: likewise.
    """
    probabilities = np.exp(times.astype(np.float64))
    with_neighbours = probabilities + np.roll(probabilities, 1, axis=1) + np.roll(probabilities, -1, axis=1)
    rows = np.arange(len(times))
    best = probabilities.argmax(axis=1)
    others = probabilities.copy()
    for shift in (-1, 0, 1):
        others[rows, (best + shift) % MINUTES_PER_DIAL] = 0
    second = others.argmax(axis=1)
    return Readings(
        times=best.astype(np.float64),
        probabilities=with_neighbours[rows, best].clip(0, 1),
        second_times=second.astype(np.float64),
        second_probabilities=with_neighbours[rows, second].clip(0, 1),
        poses=_as_matrices(found),
        rolls=_rolls(best, minute_hand, hour_hand),
        second_rolls=_rolls(second, minute_hand, hour_hand),
    )


def _as_matrices(found: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([poses.symmetric_maps(found), found[:, :2, None]], axis=2)


def _rolls(
    times: NDArray[np.integer], minute_hand: NDArray[np.floating], hour_hand: NDArray[np.floating]
) -> NDArray[np.float64]:
    """The most probable turn of the dial, degrees clockwise, given the time and the hands' directions; (n,)."""
    directions = minute_hand.shape[1]
    rolls = np.arange(directions)
    turns = (times % MINUTES_PER_HOUR / MINUTES_PER_HOUR, times / MINUTES_PER_DIAL)
    score = np.zeros(minute_hand.shape)
    for hand, turn in zip((minute_hand, hour_hand), turns, strict=True):
        places = np.rint(turn[:, None] * directions + rolls).astype(int) % directions
        score += np.take_along_axis(hand.astype(np.float64), places, axis=1)
    return np.asarray(score.argmax(axis=1) * 360 / directions)


_Square = tuple[float, float, float]  # left, top, width, in pixels of the photograph


def _rgb(photograph: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(photograph, 3, axis=2) if photograph.shape[2] == 1 else photograph


def _whole(photograph: Image.Image) -> _Square:
    """The smallest square around a photograph."""
    width = max(photograph.size)
    return (photograph.width - width) / 2, (photograph.height - width) / 2, width


def _around_box(box: Box) -> _Square:
    width = max(box.width, box.height) / _FACE
    return box.x + (box.width - width) / 2, box.y + (box.height - width) / 2, width


def _around(pose: NDArray[np.floating], square: _Square) -> _Square:
    """The square around a face that was found in another square."""
    left, top, width = square
    radius = max(float(poses.longest_radius(pose[None])[0]) * width, _SMALLEST_RADIUS)
    half = radius / _FACE
    return left + float(pose[0]) * width - half, top + float(pose[1]) * width - half, 2 * half


def _cut(photograph: Image.Image, square: _Square, size: int) -> Image.Image:
    """Cut a square out, and resize it; outside the photograph its border goes on in its mean colour."""
    left, top, width = square
    box = (left, top, left + width, top + width)
    inside = (max(0.0, left), max(0.0, top), min(photograph.width, box[2]), min(photograph.height, box[3]))
    if inside == box:
        return photograph.resize((size, size), Image.Resampling.BILINEAR, box=box, reducing_gap=3)
    canvas = Image.new("RGB", (size, size), _border_colour(photograph))
    scale = size / width
    corners = [round((place - start) * scale) for place, start in zip(inside, (left, top, left, top), strict=True)]
    target = (corners[2] - corners[0], corners[3] - corners[1])
    if min(target) > 0 and inside[0] < inside[2] and inside[1] < inside[3]:
        part = photograph.resize(target, Image.Resampling.BILINEAR, box=inside, reducing_gap=3)
        canvas.paste(part, (corners[0], corners[1]))
    return canvas


def _border_colour(photograph: Image.Image) -> tuple[int, int, int]:
    pixels = np.asarray(photograph.resize((16, 16), Image.Resampling.BOX), np.float64)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = np.rint(border.mean(axis=0)).astype(int)
    return int(red), int(green), int(blue)


def load_reader(path: Path) -> ClockReader:
    """Load a clock reader, in float32, so that any processor can read with it.

    Raises:
        InputError: as ``inference.load_model``, and if the model is not a reader.
    """
    model: Any = inference.load_model(path)
    if model.name != _NAME or network.NAME not in [layer.name for layer in model.layers]:
        raise InputError(
            "model", where=path, expected=f"a clock reader ({_NAME})", received=f"the network {model.name}"
        )
    return ClockReader(inference.in_float32(model))
