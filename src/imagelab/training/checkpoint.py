"""The state of a training after each epoch, so that one that was killed goes on where it stopped, with the same bits.

An accelerator outside DVC's outputs, as ``search/store.py`` is for whole trainings: the folder can be deleted at any
time.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

import imagelab
from imagelab import artifacts, backend, digests
from imagelab.errors import InputError

FOLDER = Path(".imagelab/checkpoints")

_VARIABLE, _HISTORY, _PICTURES = "variable_", "history_", "pictures_"  # how names of arrays in the file begin

History = dict[str, list[float]]
"""Losses and metrics by name, a number an epoch."""

Pictures = dict[int, NDArray[np.uint8]]
"""What was drawn on the way, by epoch."""


class Checkpoint:
    """A file that holds the variables and the history of one training after its last finished epoch."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self, variables: Sequence[keras.Variable], history: History, pictures: Pictures) -> None:
        """Replace the file; a process that is killed meanwhile leaves the former one.

        Args:
            variables: all that changes from step to step: of the networks (generators of random numbers included) and
                of the optimizers.
            history: of all epochs so far.
            pictures: likewise.
        """
        arrays = {f"{_VARIABLE}{index}": keras.ops.convert_to_numpy(value) for index, value in enumerate(variables)}
        arrays |= {f"{_HISTORY}{name}": np.asarray(values, np.float64) for name, values in history.items()}
        arrays |= {f"{_PICTURES}{epoch}": drawn for epoch, drawn in pictures.items()}
        artifacts.write_arrays(arrays, self.path)

    def restore(self, variables: Sequence[keras.Variable]) -> tuple[History, Pictures]:
        """Set the variables to what was saved, and return history and pictures so far; empty ones if nothing was saved.

        Raises:
            InputError: if the file is damaged.
        """
        if not self.path.exists():
            return {}, {}
        try:
            arrays = artifacts.read_arrays(self.path)
            values = [arrays[f"{_VARIABLE}{index}"] for index in range(len(variables))]
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        except (InputError, KeyError, ValueError):
            expected = "what this program wrote (the file can be deleted: then the training begins anew)"
            raise InputError("checkpoint", where=self.path, expected=expected, received="something else") from None
        history = {name: array.tolist() for name, array in _begin(arrays, _HISTORY)}
        return history, {int(epoch): drawn for epoch, drawn in _begin(arrays, _PICTURES)}

    def remove(self) -> None:
        """Forget the state, once all that was made of the training is on disk."""
        self.path.unlink(missing_ok=True)


def _begin(arrays: Mapping[str, NDArray[Any]], prefix: str) -> list[tuple[str, NDArray[Any]]]:
    """Return the arrays whose names begin so, without the prefix."""
    return [(name.removeprefix(prefix), array) for name, array in arrays.items() if name.startswith(prefix)]


def of_training(
    name: str, *, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any], folder: Path = FOLDER
) -> Checkpoint:
    """Name the place of a training's state by a digest of everything that its numbers depend on.

    That is data, settings, the code of every module imported so far, libraries and processor: a training never goes on
    from the state of another one.

    Args:
        name: of the training, for people who look into the folder.
        arrays: pictures and targets.
        settings: plain values.
        folder: where the files lie; made when the first one comes.
    """
    package = Path(imagelab.__file__).parent
    loaded = (module.__file__ for key, module in sys.modules.items() if key.split(".")[0] == imagelab.__name__)
    code = sorted(str(Path(file).relative_to(package)) for file in loaded if file is not None)
    depends_on = {
        "arrays": digests.of_arrays(arrays),
        "code": digests.of_code(package, code),
        "settings": settings,
        "environment": backend.environment(),
    }
    return Checkpoint(folder / f"{name}-{digests.of_settings(depends_on)[:16]}.npz")
