"""A trained classifier, its classes, and pictures of any size as it takes them."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.special import softmax

from imagelab.classification.framing import frame
from imagelab.classification.views import average_over_views
from imagelab.datasets import photographs
from imagelab.runtime.errors import InputError
from imagelab.storage import model_files
from imagelab.storage.model_files import Classes, TrainedOn
from imagelab.training import inference

_GREY, _COLOUR = 1, 3  # channels


class TrainedClassifier:
    """Tells what pictures show.

    Args:
        network: from pictures in [0, 1], (b, h, w, c), to logits, (b, classes).
        classes: of its outputs.

    Attributes:
        classes: likewise.
    """

    def __init__(self, network: keras.Model, classes: Classes) -> None:
        self._network = network
        self.classes = classes

    def prepare(self, photograph: NDArray[np.uint8], *, where: str) -> NDArray[np.uint8]:
        """Turn a photograph into a picture as the network was trained on.

        Args:
            photograph: shape (h, w, 3), RGB.
            where: its name, for messages.

        Returns:
            The network's height, width and channels. For grey training pictures of objects on a plain background it is
            framed likewise, as ``framing.frame`` does. Otherwise it is the whole photograph, resized as class folders
            are: another aspect ratio stretches it.

        Raises:
            InputError: if it should show an object on a plain background and shows none.
        """
        _, height, width, channels = self._network.input_shape
        if channels == _COLOUR:
            return photographs.resize(photograph, width, height)
        grey = np.asarray(Image.fromarray(photograph).convert("L"))
        if framing := self.classes.framing:
            return frame(grey, framing, height=height, width=width, where=where)[..., None]
        return photographs.resize(np.repeat(grey[..., None], 3, axis=2), width, height)[..., :1]

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the probabilities of the classes.

        Args:
            pictures: as ``prepare`` returns them, (n, h, w, c).

        Returns:
            Shape (n, classes): the softmax of the logits, averaged over the views with which the classifier was
            measured.
        """
        logits: Any = inference.predict(self._network, pictures)
        averaged = average_over_views(self._network, pictures, logits, self.classes.test_time_views)
        return np.asarray(softmax(averaged.astype(np.float64), axis=1))


def load_classifier(path: Path, trained_on: TrainedOn | None) -> TrainedClassifier:
    """Load a classifier in float32, so that any processor can use it.

    Args:
        path: of its file.
        trained_on: what its file says, as ``model_files.read_trained_on`` returns it.

    Raises:
        InputError: as ``inference.load_model``, and if the model is no classifier or its file does not say its classes.
    """
    if trained_on is None or trained_on.classes is None:
        received = f"no {model_files.RECORD} in it" if trained_on is None else f"a {trained_on.task}"
        raise InputError("model", where=path, expected="a classifier whose file names its classes", received=received)
    network = inference.load_model(path)
    count = len(trained_on.classes.names)
    takes = isinstance(network.input_shape, tuple) and len(network.input_shape) == 4
    if not takes or network.input_shape[3] not in (_GREY, _COLOUR) or network.output_shape != (None, count):
        expected = f"a classifier, from (b, h, w, 1 or 3) to (b, {count})"
        received = f"{network.name}, from {network.input_shape} to {network.output_shape}"
        raise InputError("model", where=path, expected=expected, received=received)
    return TrainedClassifier(inference.in_float32(network), trained_on.classes)
