"""The state of a training after each epoch: a killed training continues from it, with the same bits.

The last state of a finished training stays until the next training of that name finishes. DVC does not track the
folder. It can be deleted at any time; then the trainings start anew.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
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

_VARIABLE, _HISTORY, _PICTURES = "variable_", "history_", "pictures_"  # prefixes of the names of arrays in the file
_DIGITS = 16  # of the digest in a file's name
_WITHOUT_NUMBERS = ("runtime", "settings")  # packages whose code decides no number; the settings' values count


class Checkpoint:
    """A file with the variables and the history of one training after its last finished epoch.

    Args:
        path: of the file.

    Attributes:
        pictures: by epoch, (n, h, w, c), those that a generator drew during training; saved and restored with the rest.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pictures: dict[int, NDArray[np.uint8]] = {}

    def save(self, variables: Sequence[keras.Variable], history: Mapping[str, Sequence[float]]) -> None:
        """Replace the file; a process that is killed meanwhile leaves the previous one.

        Args:
            variables: all that a step changes: of the networks (random generators included) and of the optimizers.
            history: losses and metrics of all epochs so far.
        """
        arrays = {f"{_VARIABLE}{index}": keras.ops.convert_to_numpy(value) for index, value in enumerate(variables)}
        arrays |= {f"{_HISTORY}{name}": np.asarray(values, np.float64) for name, values in history.items()}
        arrays |= {f"{_PICTURES}{epoch}": drawn for epoch, drawn in self.pictures.items()}
        writing.write_arrays(arrays, self.path)

    def restore(self, variables: Sequence[keras.Variable]) -> dict[str, list[float]]:
        """Set variables and pictures to the saved state, if there is one, and return the history so far.

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
            expected = "what this program wrote (the file can be deleted: then the training starts anew)"
            raise InputError("checkpoint", where=self.path, expected=expected, received="something else") from None
        self.pictures.update((int(epoch), drawn) for epoch, drawn in _with_prefix(arrays, _PICTURES))
        return {name: array.tolist() for name, array in _with_prefix(arrays, _HISTORY)}


def _with_prefix(arrays: Mapping[str, NDArray[Any]], prefix: str) -> list[tuple[str, NDArray[Any]]]:
    """Return the arrays whose names have the prefix, with their names without it."""
    return [(name.removeprefix(prefix), array) for name, array in arrays.items() if name.startswith(prefix)]


def settings_of(settings: Params, section: str) -> dict[str, Any]:
    """Return a section, ``a`` or ``a.b``, and the settings that every training reads, as plain values."""
    included: Any = True
    for name in reversed(section.split(".")):
        included = {name: included}
    return settings.model_dump(mode="json", include={"seed": True, "precision": True, "threads": True, **included})


def of_training(
    name: str, *, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any], folder: Path = FOLDER
) -> Checkpoint:
    """Return the checkpoint of a training; its file's name has a digest of everything that decides the numbers.

    That is data, settings, code, libraries and processor, so a training never continues from the state of another one.
    The code is that of the running script and of all imported modules of the project, except the packages ``runtime``
    and ``settings``. Comments and docstrings do not count.

    Args:
        name: of the training.
        arrays: pictures, targets, and all else that is drawn or computed before the training.
        settings: plain values.
        folder: of the files; made with the first one.
    """
    package = Path(imagelab.__file__).parent
    # A stage may hold settings of its own; an interactive session has no file.
    script = Path(getattr(sys.modules["__main__"], "__file__", None) or "")
    depends_on = {
        "arrays": digests.of_arrays(arrays),
        "code": digests.of_code(package, sorted(_imported_code(package))),
        "script": digests.of_code(script.parent, [script.name]) if script.suffix == ".py" else None,
        "settings": settings,
        "environment": backend.environment(),
    }
    return Checkpoint(folder / f"{name}-{digests.of_settings(depends_on)[:_DIGITS]}.npz")


def remove_others(name: str, kept: Checkpoint) -> None:
    """Remove all states of a training but one, also those that killed processes left half-written."""
    own = re.compile(rf"\.?{re.escape(name)}-[0-9a-f]{{{_DIGITS}}}(\.partial)?\.npz")
    for path in kept.path.parent.glob("*.npz"):
        if own.fullmatch(path.name) and path != kept.path:
            path.unlink(missing_ok=True)


def _imported_code(package: Path) -> Iterator[str]:
    """Yield the paths, relative to the package, of its imported modules that can decide a number."""
    for name, module in sys.modules.items():
        first, *parts = name.split(".")
        if first == imagelab.__name__ and not (parts and parts[0] in _WITHOUT_NUMBERS) and module.__file__ is not None:
            yield Path(module.__file__).relative_to(package).as_posix()
