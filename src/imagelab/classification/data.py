"""Prepared splits of MNIST, Fashion-MNIST and CIFAR-10 on disk."""

from pathlib import Path

from imagelab.storage import reading, writing
from imagelab.storage.splits import Split, check_classes

SPLITS = ("train", "validation", "test")


def write_examples(splits: dict[str, Split], folder: Path) -> None:
    """Write each split's images, (n, height, width, channels) uint8, and labels, (n,) uint8."""
    for name, examples in splits.items():
        writing.write_array(examples.images, folder / f"{name}_images.npy")
        writing.write_array(examples.targets, folder / f"{name}_labels.npy")


def read_examples(folder: Path, split: str) -> Split:
    """Read one of the splits that ``write_examples`` wrote.

    Raises:
        InputError: if an array is missing or damaged, the two differ in length, or a label is not a class.
    """
    images = reading.read_array(folder / f"{split}_images.npy", dimensions=4)
    path = folder / f"{split}_labels.npy"
    return Split(images, check_classes(reading.read_array(path, dimensions=1, length=len(images)), path))
