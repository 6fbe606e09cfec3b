"""Splits of data sets: pictures with their targets, rows of parts, and checks of classes and logits."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagelab.runtime.errors import InputError
from imagelab.storage import reading


class Split(NamedTuple):
    """Pictures and the targets that a network learns to predict."""

    images: NDArray[Any]  # (n, height, width, channels), uint8 in 0..255 or float32 in [0, 1]
    targets: NDArray[Any]  # (n, ...)


def check_classes(classes: NDArray[Any], where: object, *, count: int) -> NDArray[Any]:
    """Return classes, (n,), unchanged.

    Raises:
        InputError: if there are none, they are not integers, or one is outside 0..``count`` - 1.
    """
    if not len(classes) or classes.dtype.kind not in "iu" or classes.min() < 0 or classes.max() >= count:
        span = f"{classes.min()}..{classes.max()}" if len(classes) else "none"
        expected = f"integers, classes 0..{count - 1}"
        raise InputError("labels", where=where, expected=expected, received=f"{classes.dtype}, {span}")
    return classes


def read_rows(path: Path, *, count: int) -> NDArray[np.int64]:
    """Read the rows of one part of a data set.

    Args:
        path: of the file.
        count: how many rows the data set has.

    Returns:
        Rows in 0..``count`` - 1, shape (n,), n > 0.

    Raises:
        InputError: if the file is missing or damaged, or holds something else.
    """
    rows = reading.read_array(path, dimensions=1, integers=True)
    if not len(rows) or rows.min() < 0 or rows.max() >= count:
        received = f"{rows.min()}..{rows.max()}" if len(rows) else "none"
        raise InputError("rows", where=path, expected=f"rows 0..{count - 1}", received=received)
    return rows


def read_logits(path: Path, classes: NDArray[Any], *, count: int) -> NDArray[np.floating[Any]]:
    """Read a classifier's logits for examples whose classes are known.

    Args:
        path: of the file.
        classes: true classes, in 0..``count`` - 1; shape (n,).
        count: how many classes there are.

    Returns:
        Shape (n, ``count``).

    Raises:
        InputError: if the file is missing or damaged, or holds logits of other examples or other classes.
    """
    logits = reading.read_array(path, dimensions=2, length=len(classes))
    if logits.shape[1] != count:
        expected = f"a column for each of {count} classes"
        raise InputError("logits", where=path, expected=expected, received=logits.shape)
    return logits
