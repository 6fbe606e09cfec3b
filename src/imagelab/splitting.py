"""Parts of data sets, drawn at random by a seed."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from imagelab.errors import InputError
from imagelab.params import Prepare
from imagelab.raw_formats import Examples


class Parts(NamedTuple):
    """Two disjoint sets of rows, each ascending, that together are all rows."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]


def part(count: int, second_fraction: float, *, seed: int, classes: NDArray[Any] | None = None) -> Parts:
    """Part the rows 0..count-1 at random.

    Args:
        count: how many rows there are.
        second_fraction: share of the second part, in (0, 1).
        seed: the same seed gives the same parts.
        classes: if given, shape (count,): both parts hold each class in the same proportion.

    Raises:
        InputError: if a part would be empty, or lack a class.
    """
    try:
        first, second = train_test_split(
            np.arange(count), test_size=second_fraction, random_state=seed, shuffle=True, stratify=classes
        )
    except ValueError as error:
        expected = "enough examples for a part of every class on both sides"
        received = f"{count} examples, fraction {second_fraction:g} ({error})"
        raise InputError("split", where="params.yaml", expected=expected, received=received) from None
    return Parts(np.sort(first), np.sort(second))


def split_examples(raw: dict[str, Examples], settings: Prepare, *, seed: int) -> dict[str, Examples]:
    """Keep a validation split out of the training file; the test file stays whole.

    Args:
        raw: the splits ``train`` and ``test`` as the official files have them.
        settings: size of the validation split, and how much of the training file to use.
        seed: of both choices.

    Returns:
        The splits ``train``, ``validation`` and ``test``.
    """
    train = raw["train"]
    if settings.most_training_images is not None and settings.most_training_images < len(train.labels):
        order = np.random.default_rng(seed).permutation(len(train.labels))
        rows = np.sort(order[: settings.most_training_images])
        train = Examples(train.images[rows], train.labels[rows])
    kept, validation = part(len(train.labels), settings.validation_fraction, seed=seed, classes=train.labels)
    return {
        "train": Examples(train.images[kept], train.labels[kept]),
        "validation": Examples(train.images[validation], train.labels[validation]),
        "test": raw["test"],
    }
