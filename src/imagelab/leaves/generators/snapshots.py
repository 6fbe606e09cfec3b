"""What a generator draws from the same latent vectors after set epochs: its progress, to see and to measure."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from imagelab.leaves.generators.drawing import generate
from imagelab.settings.leaves import GeneratorTraining


def snapshot_epochs(settings: GeneratorTraining) -> list[int]:
    """Return the epochs after which to draw, ascending; the last is always one of them."""
    return sorted({epoch for epoch in settings.snapshot_epochs if epoch < settings.epochs} | {settings.epochs})


class Snapshots:
    """Pictures by epoch.

    Args:
        generator: gives the network, from latent vectors (and classes) to pictures in [0, 1], as it is then.
        latent: the vectors, (n, latent_dimension).
        classes: the class to draw from each vector, (n,); used by generators that are conditioned on the class.
        epochs: after which to draw, ascending.
        taken: where to keep what is drawn, by epoch, each (n, h, w, 3): that of a checkpoint, if there is one.
    """

    def __init__(
        self,
        generator: Callable[[], keras.Model],
        latent: NDArray[np.float32],
        classes: NDArray[np.integer],
        epochs: Sequence[int],
        taken: dict[int, NDArray[np.uint8]],
    ) -> None:
        self.generator = generator
        self.latent = latent
        self.classes = classes
        self.epochs = epochs
        self.taken = taken

    def after_epoch(self, epoch: int) -> None:
        """Draw, if this is one of the epochs."""
        if epoch in self.epochs:
            drawn = generate(self.generator(), self.latent, self.classes)
            self.taken[epoch] = np.round(drawn * 255).astype(np.uint8)

    def as_array(self) -> NDArray[np.uint8]:
        """Return all pictures, (epochs, n, h, w, 3)."""
        return np.stack([self.taken[epoch] for epoch in self.epochs])
