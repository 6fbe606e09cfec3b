"""Read clocks in photographs of any size with a trained reader."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imagelab.clocks import poses
from imagelab.clocks.reader import cut_outs, joined, localiser, network
from imagelab.clocks.reader.readings import Box, Readings, concatenate
from imagelab.clocks.times import MINUTES_PER_DIAL, MINUTES_PER_HOUR
from imagelab.runtime.errors import InputError
from imagelab.training import inference

_CUTS = 2  # after the first look at the whole photograph
_BATCH = 64  # photographs; of all sizes, so only few are kept as cut-outs at a time


class ClockReader:
    """Finds the clock in a photograph and reads it.

    Args:
        model: of ``joined.join``, trained.
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
        return concatenate(parts)

    def _read(self, photographs: list[Image.Image], boxes: Sequence[Box | None]) -> Readings:
        pairs = zip(photographs, boxes, strict=True)
        squares = [cut_outs.whole(one) if box is None else cut_outs.around_box(box) for one, box in pairs]
        for _ in range(_CUTS):
            grey = cut_outs.cut_out(photographs, squares, size=self._small).mean(axis=-1, keepdims=True) / 255
            found = inference.predict(self._localiser, grey.astype(np.float32))
            squares = [cut_outs.around(pose, square) for pose, square in zip(found, squares, strict=True)]
        outputs = inference.predict(self._model, cut_outs.cut_out(photographs, squares, size=self._size))
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
    for shift in range(-2, 3):  # so that no minute counts for both
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


def _rgb(photograph: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(photograph, 3, axis=2) if photograph.shape[2] == 1 else photograph


def load_reader(path: Path) -> ClockReader:
    """Load a clock reader, in float32, so that any processor can read with it.

    Raises:
        InputError: as ``inference.load_model``, and if the model is not a reader.
    """
    model: Any = inference.load_model(path)
    if model.name != joined.NAME or network.NAME not in [layer.name for layer in model.layers]:
        raise InputError(
            "model", where=path, expected=f"a clock reader ({joined.NAME})", received=f"the network {model.name}"
        )
    return ClockReader(inference.in_float32(model))
