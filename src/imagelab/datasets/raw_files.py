"""A raw data set for classification, in the layout that the stage ``fetch`` writes."""

from pathlib import Path
from typing import NamedTuple

from imagelab.datasets.cifar10 import CIFAR10_ARCHIVE, read_cifar10
from imagelab.datasets.idx import read_idx_folder
from imagelab.runtime.errors import InputError
from imagelab.settings.data import SMALLEST_PICTURE
from imagelab.storage import class_names
from imagelab.storage.splits import Split


class Raw(NamedTuple):
    """Pictures as they were fetched, and the names of their classes in the order of the labels."""

    splits: dict[str, Split]  # train and test; images are uint8, (n, height, width, channels)
    classes: tuple[str, ...]
    own: bool  # whether the pictures are the user's own


def read_raw(dataset: str, folder: Path) -> Raw:
    """Read IDX files or CIFAR-10's archive, and ``classes.json`` beside them.

    Args:
        dataset: one of ``CLASSIFIED``.
        folder: where ``fetch`` put it.

    Raises:
        InputError: if a file is missing or damaged, images and labels do not match, a label is not a class,
            or the pictures are too small.
    """
    classes, own = class_names.read(folder), class_names.are_of_own_pictures(folder)
    if dataset == "cifar10" and not own:
        splits = read_cifar10(folder / CIFAR10_ARCHIVE)
    else:
        splits = read_idx_folder(folder, classes=len(classes))
    height, width = splits["train"].images.shape[1:3]
    if min(height, width) < SMALLEST_PICTURE:
        expected = f"{SMALLEST_PICTURE} pixels or more on each side, which the networks need"
        raise InputError("images", where=folder, expected=expected, received=f"{width}x{height}")
    return Raw(splits, classes, own)
