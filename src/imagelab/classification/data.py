"""Prepared splits of MNIST, Fashion-MNIST and CIFAR-10 on disk."""

from collections.abc import Sequence
from pathlib import Path

from imagelab.storage import class_names, reading, writing
from imagelab.storage.splits import Split, check_classes

SPLITS = ("train", "validation", "test")


def write_examples(splits: dict[str, Split], classes: Sequence[str], folder: Path, *, own: bool = False) -> None:
    """Write the splits and the names of their classes.

    Args:
        splits: images, (n, height, width, channels) uint8, and labels, (n,) uint8.
        classes: names, in the order of the labels.
        folder: where to write; made if it is missing.
        own: whether the pictures are the user's own, see ``class_names.write``.
    """
    class_names.write(classes, folder, own=own)
    for name, examples in splits.items():
        writing.write_array(examples.images, folder / f"{name}_images.npy")
        writing.write_array(examples.targets, folder / f"{name}_labels.npy")


def read_class_names(folder: Path) -> tuple[str, ...]:
    """Read the names of the classes, in the order of the labels; raises ``InputError`` as ``class_names.read``."""
    return class_names.read(folder)


def read_examples(folder: Path, split: str) -> Split:
    """Read one of the splits that ``write_examples`` wrote.

    Raises:
        InputError: if an array is missing or damaged, the two differ in length, or a label is not a class.
    """
    classes = len(read_class_names(folder))
    images = reading.read_array(folder / f"{split}_images.npy", dimensions=4)
    path = folder / f"{split}_labels.npy"
    labels = reading.read_array(path, dimensions=1, length=len(images))
    return Split(images, check_classes(labels, path, count=classes))
