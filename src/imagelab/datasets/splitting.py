"""Splits of data sets, drawn at random by a seed."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from imagelab.runtime.errors import InputError
from imagelab.settings.classification import Prepare
from imagelab.storage.splits import Split


class Parts(NamedTuple):
    """Two disjoint sets of rows, each ascending, that together are all rows."""

    train: NDArray[np.int64]
    held_out: NDArray[np.int64]


def split_rows(count: int, held_out_fraction: float, *, seed: int, classes: NDArray[Any] | None = None) -> Parts:
    """Split the rows 0..count-1 at random.

    Args:
        count: how many rows there are.
        held_out_fraction: share of the rows that are held out, in (0, 1).
        seed: the same seed gives the same parts.
        classes: if given, shape (count,): both parts hold each class in the same proportion.

    Raises:
        InputError: if a part would be empty, or lack a class.
    """
    try:
        # Rounded up as by scikit-learn, but not because of a last bit: 1 - 0.7 is above 0.3.
        few = math.ceil(round(held_out_fraction * count, 9))
        train, held_out = train_test_split(
            np.arange(count), test_size=few, random_state=seed, shuffle=True, stratify=classes
        )
        if classes is not None:  # scikit-learn gives a part none of a rare class without a word
            for part in (train, held_out):
                if len(lacking := np.setdiff1d(classes, classes[part])):
                    raise ValueError(f"class {lacking[0]} would not be in both")
    except ValueError as error:
        expected = "enough examples of each class for both parts"
        received = f"{count} examples, fraction {held_out_fraction:g} ({error})"
        raise InputError("split", where="params.yaml", expected=expected, received=received) from None
    return Parts(np.sort(train), np.sort(held_out))


def split_groups(groups: NDArray[np.int64], held_out_fraction: float, *, seed: int, classes: NDArray[Any]) -> Parts:
    """Split rows at random: all rows of a group are in one part, and each class is in both parts.

    The groups of each class are split separately; a group counts for the class of most of its rows. This works for any
    fraction, and for a class of two groups. scikit-learn's splitters for groups do not: ``GroupShuffleSplit`` ignores
    classes, and ``StratifiedGroupKFold`` makes equal folds only.

    Args:
        groups: of each row, shape (n,), numbers from 0 without gaps.
        held_out_fraction: share of a class's groups that are held out, in (0, 1); at least one group is.
        seed: the same seed gives the same parts.
        classes: of each row, shape (n,).

    Raises:
        InputError: if a class has too few groups for both parts.
    """
    names, labels = np.unique(classes, return_inverse=True)
    rows_of_class = np.zeros((groups.max() + 1, len(names)), np.int64)
    np.add.at(rows_of_class, (groups, labels), 1)
    class_of_group = rows_of_class.argmax(axis=1)
    random = np.random.RandomState(seed)  # the kind that scikit-learn takes; one stream for all classes
    is_held_out = np.zeros(len(class_of_group), bool)  # by group
    for label in range(len(names)):
        own = np.flatnonzero(class_of_group == label)
        count = min(max(1, round(held_out_fraction * len(own))), len(own) - 1)
        if count > 0:
            is_held_out[train_test_split(own, test_size=count, random_state=random)[1]] = True
    is_in_both = rows_of_class[is_held_out].any(axis=0) & rows_of_class[~is_held_out].any(axis=0)
    if not is_in_both.all():
        place = int(np.argmin(is_in_both))
        received = f"{np.count_nonzero(class_of_group == place)} of {names[place]}"
        expected = "two groups of each class or more (leaves, or blocks of prepare_leaves.camera_numbers_together)"
        raise InputError("split", where="leaves", expected=expected, received=received)
    return Parts(np.flatnonzero(~is_held_out[groups]), np.flatnonzero(is_held_out[groups]))


def split_examples(raw: dict[str, Split], settings: Prepare, *, seed: int) -> dict[str, Split]:
    """Take a validation split from the training file; the test file stays whole.

    Args:
        raw: the splits ``train`` and ``test`` of the official files.
        settings: size of the validation split, and how much of the training file to use.
        seed: of both draws.

    Returns:
        The splits ``train``, ``validation`` and ``test``.

    Raises:
        InputError: if a part would lack a class.
    """
    train = raw["train"]
    if settings.most_training_images is not None and settings.most_training_images < len(train.targets):
        order = np.random.default_rng(seed).permutation(len(train.targets))
        rows = np.sort(order[: settings.most_training_images])
        if len(lost := np.setdiff1d(train.targets, train.targets[rows])):
            expected = "so many that each class is among them"
            received = f"{settings.most_training_images}, without class {lost[0]}"
            raise InputError("prepare.most_training_images", where="params.yaml", expected=expected, received=received)
        train = Split(train.images[rows], train.targets[rows])
    kept, validation = split_rows(len(train.targets), settings.validation_fraction, seed=seed, classes=train.targets)
    return {
        "train": Split(train.images[kept], train.targets[kept]),
        "validation": Split(train.images[validation], train.targets[validation]),
        "test": raw["test"],
    }
