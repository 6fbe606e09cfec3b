"""The hour as one of 12 classes, the minute as one of 60."""

from collections.abc import Iterator, Mapping

import keras
import numpy as np
from numpy.typing import NDArray

from imagelab.clocks.heads import trunk
from imagelab.clocks.heads.head import Head
from imagelab.clocks.times import HOURS_PER_DIAL, MINUTES_PER_HOUR, on_dial
from imagelab.settings.clocks import ClockHead


def to_double_classification(minutes: NDArray[np.integer]) -> dict[str, NDArray[np.int64]]:
    """Split each time into two classes.

    Args:
        minutes: minutes past twelve, in [0, 720); shape (n,).

    Returns:
        ``hour``, 0..11, and ``minute``, 0..59; both (n,).

    Raises:
        ValueError: if a time lies outside the dial.

    Source: the report's future work.
    """
    hours, rest = np.divmod(on_dial(minutes), MINUTES_PER_HOUR)
    return {"hour": hours, "minute": rest}


def from_double_classification(outputs: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float64]:
    """Join the most likely hour with the most likely minute.

    Args:
        outputs: logits or probabilities: ``hour``, (n, 12), and ``minute``, (n, 60).

    Returns:
        Minutes past twelve, whole numbers in [0, 720); shape (n,).
    """
    hours, minutes = (outputs[name].argmax(axis=1) for name in ("hour", "minute"))
    return np.asarray(hours * MINUTES_PER_HOUR + minutes, np.float64)


def build_outputs(image: keras.KerasTensor, stream: Iterator[int], _own: ClockHead) -> dict[str, keras.KerasTensor]:
    """Build the logits of ``hour``, (b, 12), and ``minute``, (b, 60), from the same features."""
    x = trunk.features(image, stream)
    return {
        "hour": trunk.output(x, HOURS_PER_DIAL, stream, name="hour"),
        "minute": trunk.output(x, MINUTES_PER_HOUR, stream, name="minute"),
    }


DOUBLE_CLASSIFICATION = Head(
    name="double_classification",
    to_targets=to_double_classification,
    from_outputs=from_double_classification,
    build_outputs=build_outputs,
    loss={name: keras.losses.SparseCategoricalCrossentropy(from_logits=True) for name in ("hour", "minute")},
    metrics={"hour": ["accuracy"], "minute": ["accuracy"]},
)
