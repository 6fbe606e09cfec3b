"""Parts of data sets, drawn at random by a seed."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from imagelab.runtime.errors import InputError
from imagelab.settings.classification import Prepare
from imagelab.storage.splits import Split


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


def part_groups(groups: NDArray[np.int64], second_fraction: float, *, seed: int, classes: NDArray[Any]) -> Parts:
    """Part rows at random, all rows of a group on one side, and each class on both sides.

    The groups of each class are parted on their own, a group under the class of most of its rows. So any fraction can
    be asked for, and a class of two groups is enough: of scikit-learn's own splitters of groups ``GroupShuffleSplit``
    knows no classes, ``StratifiedGroupKFold`` only equal folds.

    Args:
        groups: of each row, shape (n,), numbers from 0 without gaps.
        second_fraction: share of a class's groups that the second part gets, in (0, 1); one at least.
        seed: the same seed gives the same parts.
        classes: of each row, shape (n,).

    Raises:
        InputError: if a class has too few groups for both sides.
    """
    names, labels = np.unique(classes, return_inverse=True)
    rows_of_class = np.zeros((groups.max() + 1, len(names)), np.int64)
    np.add.at(rows_of_class, (groups, labels), 1)
    class_of_group = rows_of_class.argmax(axis=1)
    random = np.random.RandomState(seed)  # what scikit-learn takes; goes on from class to class
    in_second = np.zeros(len(class_of_group), bool)
    for label in range(len(names)):
        own = np.flatnonzero(class_of_group == label)
        count = min(max(1, round(second_fraction * len(own))), len(own) - 1)
        if count > 0:
            in_second[train_test_split(own, test_size=count, random_state=random)[1]] = True
    on_both = rows_of_class[in_second].any(axis=0) & rows_of_class[~in_second].any(axis=0)
    if not on_both.all():
        place = int(np.argmin(on_both))
        received = f"{np.count_nonzero(rows_of_class[:, place])} of {names[place]}"
        raise InputError("split", where="leaves", expected="two leaves of each class at least", received=received)
    second = in_second[groups]
    return Parts(np.flatnonzero(~second), np.flatnonzero(second))


def split_examples(raw: dict[str, Split], settings: Prepare, *, seed: int) -> dict[str, Split]:
    """Keep a validation split out of the training file; the test file stays whole.

    Args:
        raw: the splits ``train`` and ``test`` as the official files have them.
        settings: size of the validation split, and how much of the training file to use.
        seed: of both choices.

    Returns:
        The splits ``train``, ``validation`` and ``test``.
    """
    train = raw["train"]
    if settings.most_training_images is not None and settings.most_training_images < len(train.targets):
        order = np.random.default_rng(seed).permutation(len(train.targets))
        rows = np.sort(order[: settings.most_training_images])
        train = Split(train.images[rows], train.targets[rows])
    kept, validation = part(len(train.targets), settings.validation_fraction, seed=seed, classes=train.targets)
    return {
        "train": Split(train.images[kept], train.targets[kept]),
        "validation": Split(train.images[validation], train.targets[validation]),
        "test": raw["test"],
    }
