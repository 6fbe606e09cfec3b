"""Batches of pictures for training and prediction, in a repeatable order."""

import math
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

EVALUATION_BATCH_SIZE = 256  # rows; changes memory, speed and the last digits of a mean


class Batches(keras.utils.PyDataset):
    """A split in batches, pixels as float32 in [0, 1]. The order depends on the seed and the epoch only.

    Args:
        images: (n, height, width, channels), uint8 in 0..255 or floats in [0, 1].
        targets: as ``keras.Model.fit`` takes them, an array or a dict of arrays; None for autoencoders.
        batch_size: rows of a batch; the last one holds the rest.
        shuffle_seed: seed of the order; None keeps the order of the rows.
    """

    def __init__(
        self,
        images: NDArray[Any],
        targets: NDArray[Any] | dict[str, NDArray[Any]] | None,
        *,
        batch_size: int,
        shuffle_seed: int | None = None,
    ) -> None:
        super().__init__()
        self.images = images
        self.targets = targets
        self.batch_size = batch_size
        self.shuffle_seed = shuffle_seed
        self.epoch = 0
        self.order = np.arange(len(images))

    @property
    def num_batches(self) -> int:
        """Batches of an epoch."""
        return math.ceil(len(self.images) / self.batch_size)

    def on_epoch_begin(self) -> None:
        """Draw the order of this epoch."""
        if self.shuffle_seed is not None:
            self.order = np.random.default_rng([self.shuffle_seed, self.epoch]).permutation(len(self.images))
        self.epoch += 1

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return one batch of images and targets."""
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        images = as_pixels(self.images[rows])
        if self.targets is None:
            return (images,)
        if isinstance(self.targets, dict):
            return images, {name: target[rows] for name, target in self.targets.items()}
        return images, self.targets[rows]


def for_measuring(images: NDArray[Any], targets: NDArray[Any] | dict[str, NDArray[Any]] | None) -> Batches:
    """Return a split in its order, in batches of nearly equal size and at most ``EVALUATION_BATCH_SIZE`` rows.

    Keras averages the total loss over rows, but the losses of single outputs over batches (``CompileLoss``). There a
    short last batch would count as much as a full one.
    """
    batches = math.ceil(len(images) / EVALUATION_BATCH_SIZE)
    return Batches(images, targets, batch_size=math.ceil(len(images) / batches))


def as_pixels(images: NDArray[Any]) -> NDArray[np.float32]:
    """Scale bytes, 0..255, to [0, 1]; floats are in [0, 1] already."""
    if images.dtype == np.uint8:
        return images.astype(np.float32) / np.float32(255)
    return images.astype(np.float32, copy=False)
