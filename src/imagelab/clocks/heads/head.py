"""What a head of the clock networks is, and the network that ends in one."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from imagelab.settings.clocks import ClockHead
from imagelab.training.seeding import seeds

Targets = NDArray[Any] | dict[str, NDArray[Any]]
"""An array, or a dict of arrays by the names of outputs; each (n, ...)."""


@dataclass(frozen=True)
class Head:
    """How a clock network states the time: its layers, its targets, its losses, and how its outputs are decoded.

    Attributes:
        name: the same in ``settings.clocks``, in ``params.yaml`` and in ``dvc.yaml``.
        to_targets: from minutes past twelve, integers in [0, 720), (n,), to what the outputs are compared with. Raises
            ``ValueError`` if a time lies outside the dial.
        from_outputs: the inverse, from predicted outputs, each (n, ...), to minutes past twelve, (n,).
        build_outputs: all layers of the network, from the image, (b, h, w, c) in [0, 1], to one tensor, (b, ...), or a
            dict of tensors by their names. Takes the image, the layers' seeds in their order, and the head's settings,
            which may hold sizes of layers.
        loss: of each output, as ``keras.Model.compile`` takes it.
        metrics: of each output, as ``keras.Model.compile`` takes it.
        units: of those metrics that have one, by their names in the history.
    """

    name: str
    to_targets: Callable[[NDArray[np.integer]], Targets]
    from_outputs: Callable[[Any], NDArray[np.float64]]
    build_outputs: Callable[[keras.KerasTensor, Iterator[int], Any], keras.KerasTensor | dict[str, keras.KerasTensor]]
    loss: Any
    metrics: Any
    units: Mapping[str, str] = field(default_factory=dict)


def build_clock_network(head: Head, image_shape: tuple[int, int, int], own: ClockHead, *, seed: int) -> keras.Model:
    """Build the uncompiled clock network with the given head, from pixels in [0, 1].

    Args:
        head: decides layers and outputs.
        image_shape: height, width, channels; 16x16 at least.
        own: settings of the head.
        seed: of the weights and the dropouts.
    """
    image = keras.Input(image_shape, name="image")  # (b, h, w, c)
    return keras.Model(image, head.build_outputs(image, seeds(seed), own), name=f"clock_{head.name}")
