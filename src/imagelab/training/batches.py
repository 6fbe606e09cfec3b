"""Batches of pictures for training and measuring, in a repeatable order."""

import math
from typing import Any, NamedTuple

import numpy as np
from keras import tree
from numpy.typing import NDArray

EVALUATION_BATCH_SIZE = 256  # rows; changes memory, speed and the last digits of a mean

Images = NDArray[Any] | dict[str, NDArray[Any]]
Targets = NDArray[Any] | dict[str, NDArray[Any]] | None


class Batches(NamedTuple):
    """A split, and how it is cut into batches. The order depends on the seed and the epoch only.

    Attributes:
        images: (n, height, width, channels), uint8 in 0..255 or floats in [0, 1]; networks receive floats in [0, 1].
            For a network with several inputs a dict of such arrays, or of other floats, by name.
        targets: as a Keras model's losses take them, an array or a dict of arrays; None for autoencoders.
        batch_size: rows of a batch; the last one holds the rest.
        shuffle_seed: seed of the order; None keeps the order of the rows.
    """

    images: Images
    targets: Targets
    batch_size: int
    shuffle_seed: int | None = None

    @property
    def rows(self) -> int:
        """Pictures of an epoch."""
        return len(tree.flatten(self.images)[0])

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return math.ceil(self.rows / self.batch_size)

    def order(self, epoch: int) -> NDArray[np.int32]:
        """Return the rows in the order of an epoch, which counts from 0; shape (n,)."""
        if self.shuffle_seed is None:
            return np.arange(self.rows, dtype=np.int32)
        return np.random.default_rng([self.shuffle_seed, epoch]).permutation(self.rows).astype(np.int32)


def for_measuring(images: Images, targets: Targets) -> Batches:
    """Return a split in its order, in batches of nearly equal size and at most ``EVALUATION_BATCH_SIZE`` rows.

    Keras averages the total loss over rows, but the losses of single outputs over batches (``CompileLoss``). There a
    short last batch would count as much as a full one.
    """
    rows = len(tree.flatten(images)[0])
    batches = math.ceil(rows / EVALUATION_BATCH_SIZE)
    return Batches(images, targets, batch_size=math.ceil(rows / batches))


def as_pixels(images: NDArray[Any]) -> NDArray[np.float32]:
    """Scale bytes, 0..255, to [0, 1]; floats are in [0, 1] already."""
    if images.dtype == np.uint8:
        return images.astype(np.float32) / np.float32(255)
    return images.astype(np.float32, copy=False)
