"""A raw data set for classification, in the layout that the stage ``fetch`` writes."""

from pathlib import Path
from typing import NamedTuple

from imagelab.datasets.cifar10 import CIFAR10_ARCHIVE, read_cifar10
from imagelab.datasets.idx import read_idx_folder
from imagelab.storage import class_names
from imagelab.storage.splits import Split


class Raw(NamedTuple):
    """Pictures as they were published, and the names of their classes in the order of the labels."""

    splits: dict[str, Split]  # train and test; images are uint8, (n, height, width, channels)
    classes: tuple[str, ...]


def read_raw(dataset: str, folder: Path) -> Raw:
    """Read IDX files or CIFAR-10's archive, and ``classes.json`` beside them.

    Args:
        dataset: one of ``CLASSIFIED``.
        folder: where ``fetch`` put it.

    Raises:
        InputError: if a file is missing or damaged, images and labels do not match, or a label is not a class.
    """
    classes = class_names.read(folder)
    if dataset == "cifar10":
        return Raw(read_cifar10(folder / CIFAR10_ARCHIVE), classes)
    return Raw(read_idx_folder(folder, classes=len(classes)), classes)
