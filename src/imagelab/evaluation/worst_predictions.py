"""The pictures that a classifier is most wrong about."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from imagelab.evaluation.classifiers import stated_probabilities, worst
from imagelab.evaluation.figures import titled_images

COUNT = 24
_COLUMNS = 6
_INCHES = 1.5  # width of a picture
_LETTERS = 21  # of a line above it


def show_worst(
    images: NDArray[Any], logits: NDArray[np.floating], classes: NDArray[np.integer], names: Sequence[str]
) -> Figure:
    """Show the pictures of the highest cross-entropies, the highest first.

    Above each picture stand its class, the predicted class, and the probability that is stated for the latter.

    Args:
        images: (n, h, w, 1) or (n, h, w, 3); uint8 in 0..255 or floats in [0, 1].
        logits: shape (n, number of classes).
        classes: true classes, shape (n,).
        names: of the classes, in the order of the logits. Long ones are cut off.
    """
    rows = worst(logits, classes, count=COUNT)
    predicted, stated = logits[rows].argmax(axis=1), stated_probabilities(logits[rows])
    titles = [
        "\n".join([_cut(names[true]), _cut(f"predicted {names[found]}"), f"{probability:.3f}"])
        for true, found, probability in zip(classes[rows], predicted, stated, strict=True)
    ]
    return titled_images(images[rows], titles, columns=_COLUMNS, inches=_INCHES)


def _cut(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"
