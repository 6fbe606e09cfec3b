"""720 classes: each time is a class of its own."""

from collections.abc import Iterator

import keras
import numpy as np
from numpy.typing import NDArray

from imagelab.clocks.heads import trunk
from imagelab.clocks.heads.head import Head
from imagelab.clocks.times import MINUTES_PER_DIAL, on_dial
from imagelab.settings.clocks import ClockHead


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
    """Return the most likely of the 720 times.

    Args:
        scores: logits or probabilities; shape (n, 720).

    Returns:
        Minutes past twelve, whole numbers in [0, 720); shape (n,).
    """
    return np.asarray(scores.argmax(axis=1), np.float64)


def build_outputs(image: keras.KerasTensor, stream: Iterator[int], _own: ClockHead) -> keras.KerasTensor:
    """Build the logits, (b, 720). With 150x150x1 the network has 731,500 parameters, as the report's."""
    return trunk.output(trunk.features(image, stream), MINUTES_PER_DIAL, stream, name="logits")


CLASSIFICATION = Head(
    name="classification",
    to_targets=to_classification,
    from_outputs=from_classification,
    build_outputs=build_outputs,
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
