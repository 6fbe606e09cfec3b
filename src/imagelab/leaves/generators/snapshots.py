"""Pictures that a generator draws from the same latent vectors after chosen epochs; they show its progress."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from imagelab.leaves.generators.drawing import draw_classes, draw_latent, generate
from imagelab.settings.leaves import GeneratorTraining


class SnapshotInputs(NamedTuple):
    """What every snapshot of a training is drawn from."""

    latent: NDArray[np.float32]  # (n, latent_dimension)
    drawn_classes: NDArray[np.integer]  # (n,); used by generators that are conditioned on the class


def draw_snapshot_inputs(classes: NDArray[np.integer], count: int, dimension: int, *, seed: int) -> SnapshotInputs:
    """Draw ``count`` standard normal latent vectors, and classes as frequent as among those of real pictures."""
    return SnapshotInputs(draw_latent(count, dimension, seed=seed), draw_classes(classes, count, seed=seed))


def snapshot_epochs(settings: GeneratorTraining) -> list[int]:
    """Return the epochs after which to draw, ascending, always with the last one."""
    return sorted({epoch for epoch in settings.snapshot_epochs if epoch < settings.epochs} | {settings.epochs})


class SnapshotRecorder:
    """Draws pictures after chosen epochs and keeps them.

    Args:
        generator: returns the current network, from latent vectors (and classes) to pictures in [0, 1].
        latent: (n, latent_dimension).
        classes: the class of each picture, (n,); used by generators that are conditioned on the class.
        epochs: after which to draw, ascending.
        taken: pictures by epoch, each (n, h, w, 3), such as those of a checkpoint; new ones are added.
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
        """Draw if this is one of the epochs."""
        if epoch in self.epochs:
            drawn = generate(self.generator(), self.latent, self.classes)
            self.taken[epoch] = np.round(drawn * 255).astype(np.uint8)

    def as_array(self) -> NDArray[np.uint8]:
        """Return all pictures, (epochs, n, h, w, 3)."""
        return np.stack([self.taken[epoch] for epoch in self.epochs])
