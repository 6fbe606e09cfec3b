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
from imagelab.runtime.errors import InputError
from imagelab.settings.params import Params
from imagelab.storage import reading, writing
from imagelab.training import backend, digests

FOLDER = Path(".imagelab/checkpoints")

_VARIABLE, _HISTORY, _PICTURES = "variable_", "history_", "pictures_"  # how names of arrays in the file begin


class Checkpoint:
    """A file that holds the variables and the history of one training after its last finished epoch.

    Args:
        path: of the file.

    Attributes:
        pictures: by epoch, (n, h, w, c), what was drawn on the way; saved and restored with the rest.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pictures: dict[int, NDArray[np.uint8]] = {}

    def save(self, variables: Sequence[keras.Variable], history: Mapping[str, Sequence[float]]) -> None:
        """Replace the file; a process that is killed meanwhile leaves the former one.

        Args:
            variables: all that changes from step to step: of the networks (generators of random numbers included) and
                of the optimizers.
            history: losses and metrics of all epochs so far.
        """
        arrays = {f"{_VARIABLE}{index}": keras.ops.convert_to_numpy(value) for index, value in enumerate(variables)}
        arrays |= {f"{_HISTORY}{name}": np.asarray(values, np.float64) for name, values in history.items()}
        arrays |= {f"{_PICTURES}{epoch}": drawn for epoch, drawn in self.pictures.items()}
        writing.write_arrays(arrays, self.path)

    def restore(self, variables: Sequence[keras.Variable]) -> dict[str, list[float]]:
        """Set variables and pictures to what was saved, if anything was, and return the history so far.

        Raises:
            InputError: if the file is damaged.
        """
        if not self.path.exists():
            return {}
        try:
            arrays = reading.read_arrays(self.path)
            values = [arrays[f"{_VARIABLE}{index}"] for index in range(len(variables))]
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        except (InputError, KeyError, ValueError):
            expected = "what this program wrote (the file can be deleted: then the training begins anew)"
            raise InputError("checkpoint", where=self.path, expected=expected, received="something else") from None
        self.pictures.update((int(epoch), drawn) for epoch, drawn in _with_prefix(arrays, _PICTURES))
        return {name: array.tolist() for name, array in _with_prefix(arrays, _HISTORY)}

    def remove(self) -> None:
        """Forget the state, once all that was made of the training is on disk."""
        self.path.unlink(missing_ok=True)


def _with_prefix(arrays: Mapping[str, NDArray[Any]], prefix: str) -> list[tuple[str, NDArray[Any]]]:
    """Return the arrays whose names begin so, by the rest of their names."""
    return [(name.removeprefix(prefix), array) for name, array in arrays.items() if name.startswith(prefix)]


def settings_of(settings: Params, section: str) -> dict[str, Any]:
    """Return a section and what every training reads besides, as plain values."""
    return settings.model_dump(mode="json", include={"seed", "precision", "threads", section})


def of_training(
    name: str, *, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any], folder: Path = FOLDER
) -> Checkpoint:
    """Name the place of a training's state by a digest of everything that its numbers depend on.

    That is data, settings, the code of the running script and of every module of the project that it has imported,
    libraries and processor: a training never goes on from the state of another one.

    Args:
        name: of the training, for people who look into the folder.
        arrays: pictures, targets, and whatever else is drawn or computed beforehand.
        settings: plain values.
        folder: where the files lie; made when the first one comes.
    """
    package = Path(imagelab.__file__).parent
    loaded = (module.__file__ for key, module in sys.modules.items() if key.split(".")[0] == imagelab.__name__)
    code = sorted(str(Path(file).relative_to(package)) for file in loaded if file is not None)
    # A stage, which may hold settings of its own; an interactive session has no file.
    script = Path(getattr(sys.modules["__main__"], "__file__", None) or "")
    depends_on = {
        "arrays": digests.of_arrays(arrays),
        "code": digests.of_code(package, code),
        "script": digests.of_code(script.parent, [script.name]) if script.suffix == ".py" else None,
        "settings": settings,
        "environment": backend.environment(),
    }
    return Checkpoint(folder / f"{name}-{digests.of_settings(depends_on)[:16]}.npz")
