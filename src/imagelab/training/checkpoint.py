"""The state of a training after each epoch: a killed training continues from it, with the same bits.

The last state of a finished training stays until the next training of that name finishes. DVC does not track the
folder. It can be deleted at any time; then the trainings start anew.

The name of a file has two digests: of all that decides the numbers but the processor, and of the processors that
trained. A training goes on from a state that another processor has touched only if the user says so
(``variables.ANY_PROCESSOR``), and its own state then names both.
"""

import json
import re
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

import imagelab
from imagelab.runtime.errors import InputError
from imagelab.settings.params import Params
from imagelab.storage import reading, writing
from imagelab.training import backend, digests, variables
from imagelab.training.environment import processor_in, without_processor

FOLDER = Path(".imagelab/checkpoints")

_VARIABLE, _HISTORY, _PICTURES = "variable_", "history_", "pictures_"  # prefixes of the names of arrays in the file
_PARTS = "parts"  # name of an array with a text: ``Checkpoint.parts`` as JSON
_DIGITS, _PROCESSOR_DIGITS = 16, 8  # of the digests in a file's name
# Code that decides no number, because what it reads is in the digest: data, settings, environment.
_WITHOUT_NUMBERS = (
    *("runtime", "settings", "storage", "training.checkpoint", "training.digests", "training.durations"),
    *("training.environment", "training.processor", "training.run"),
)


class Part(NamedTuple):
    """The epochs that one process trained."""

    processor: dict[str, str]  # on which: ``environment.processor_in``
    epochs: int
    images: int
    seconds: float  # by the clock: measuring after each epoch and saving included


class Checkpoint:
    """A file with the variables and the history of one training after its last finished epoch.

    Args:
        path: of the file.
        begun: a file with a state from which the training goes on; None: that of ``path``, if there is one.
        processor: on which this process trains, for ``parts``.

    Attributes:
        path: of the file that is written.
        kept: the file with the latest state, if there is one: ``path``, or what this process began with.
        pictures: by epoch, (n, h, w, c), those that a generator drew during training; saved and restored with the rest.
        parts: of the training so far, one for each process that finished an epoch; saved and restored, too. No number
            depends on them.
    """

    def __init__(self, path: Path, *, begun: Path | None = None, processor: Mapping[str, str] | None = None) -> None:
        self.path = path
        self.kept = begun or path
        self.pictures: dict[int, NDArray[np.uint8]] = {}
        self.parts: list[Part] = []
        self._before: list[Part] = []  # of other processes
        self._own = Part(dict(processor or {}), 0, 0, 0.0)
        self._saved_at = time.perf_counter()

    def save(self, variables: Sequence[keras.Variable], history: Mapping[str, Sequence[float]], *, images: int) -> None:
        """Replace the file; a process that is killed meanwhile leaves the previous one.

        Args:
            variables: all that a step changes: of the networks (random generators included) and of the optimizers.
            history: losses and metrics of all epochs so far.
            images: in the epoch that ends here. It began with the last ``save``, or with ``restore``.
        """
        now = time.perf_counter()
        processor, epochs, before, seconds = self._own
        self._own = Part(processor, epochs + 1, before + images, seconds + now - self._saved_at)
        self._saved_at = now
        self.parts = [*self._before, self._own]
        arrays = {f"{_VARIABLE}{index}": keras.ops.convert_to_numpy(value) for index, value in enumerate(variables)}
        arrays |= {f"{_HISTORY}{name}": np.asarray(values, np.float64) for name, values in history.items()}
        arrays |= {f"{_PICTURES}{epoch}": drawn for epoch, drawn in self.pictures.items()}
        arrays[_PARTS] = np.array(json.dumps(self.parts))
        writing.write_arrays(arrays, self.path)
        self.kept = self.path

    def restore(self, variables: Sequence[keras.Variable]) -> dict[str, list[float]]:
        """Set variables and pictures to the saved state, if there is one, and return the history so far.

        Raises:
            InputError: if the file is damaged.
        """
        self._saved_at = time.perf_counter()
        if not self.kept.exists():
            return {}
        try:
            arrays = reading.read_arrays(self.kept)
            values = [arrays[f"{_VARIABLE}{index}"] for index in range(len(variables))]
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
            self._before = self.parts = _parts_in(arrays)
        except _DAMAGED:
            raise _damaged(self.kept) from None
        self.pictures.update((int(epoch), drawn) for epoch, drawn in _with_prefix(arrays, _PICTURES))
        return {name: array.tolist() for name, array in _with_prefix(arrays, _HISTORY)}


def _parts_in(arrays: Mapping[str, NDArray[Any]]) -> list[Part]:
    return [Part(*part) for part in json.loads(arrays[_PARTS].item())]


_DAMAGED = (InputError, KeyError, ValueError, TypeError)  # what reading anything else raises


def _damaged(path: Path) -> InputError:
    expected = "what this program wrote (the file can be deleted: then the training starts anew)"
    return InputError("checkpoint", where=path, expected=expected, received="something else")


def _with_prefix(arrays: Mapping[str, NDArray[Any]], prefix: str) -> list[tuple[str, NDArray[Any]]]:
    """Return the arrays whose names have the prefix, with their names without it."""
    return [(name.removeprefix(prefix), array) for name, array in arrays.items() if name.startswith(prefix)]


def settings_of(settings: Params, names: Collection[str]) -> dict[str, Any]:
    """Return some settings, ``a`` or ``a.b``, and those that every training reads, as plain values."""
    included: dict[str, Any] = {"seed": True, "precision": True, "threads": True}
    for name in names:
        *sections, last = name.split(".")
        place = included
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = True
    return settings.model_dump(mode="json", include=included)


def of_training(
    name: str, *, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any], folder: Path = FOLDER
) -> Checkpoint:
    """Return the checkpoint of a training; its file's name has digests of everything that decides the numbers.

    That is data, settings, code, libraries and processor, so a training never continues from the state of another one.
    With ``variables.ANY_PROCESSOR`` the processor may be another: the state with the most epochs is taken.

    The code is that of the running script and of all imported modules of the project, except those that decide no
    number: what they read is in the digest itself. Comments and docstrings do not count.

    Args:
        name: of the training.
        arrays: pictures, targets, and all else that is drawn or computed before the training.
        settings: plain values.
        folder: of the files; made with the first one.

    Raises:
        InputError: with that variable, if a state of the training is damaged.
    """
    package = Path(imagelab.__file__).parent
    # A stage may hold settings of its own; an interactive session has no file.
    script = Path(getattr(sys.modules["__main__"], "__file__", None) or "")
    environment = backend.environment()
    depends_on = {
        "arrays": digests.of_arrays(arrays),
        "code": digests.of_code(package, sorted(_imported_code(package))),
        "script": digests.of_code(script.parent, [script.name]) if script.suffix == ".py" else None,
        "settings": settings,
        "environment": without_processor(environment),
    }
    processor = processor_in(environment)
    training = f"{name}-{digests.of_settings(depends_on)[:_DIGITS]}"
    own = _path(folder, training, [processor])
    if not variables.any_processor():
        return Checkpoint(own, processor=processor)
    states = {path: _read_parts(path) for path in sorted(folder.glob(f"{training}-*.npz"))}
    begun = max(states, key=lambda path: (sum(part.epochs for part in states[path]), path == own), default=own)
    before = [part.processor for part in states.get(begun, [])]
    return Checkpoint(_path(folder, training, [*before, processor]), begun=begun, processor=processor)


def _path(folder: Path, training: str, processors: Sequence[Mapping[str, str]]) -> Path:
    """Return the path of a state that these processors have trained, in any order."""
    each = {digests.of_settings(processor): processor for processor in processors}
    digest = digests.of_settings(dict(sorted(each.items())))[:_PROCESSOR_DIGITS]
    return folder / f"{training}-{digest}.npz"


def _read_parts(path: Path) -> list[Part]:
    try:
        return _parts_in(reading.read_arrays(path))
    except _DAMAGED:
        raise _damaged(path) from None


def remove_others(name: str, kept: Checkpoint) -> None:
    """Remove all states of a training but one, also those that killed processes left half-written."""
    digits = rf"[0-9a-f]{{{_DIGITS}}}(-[0-9a-f]{{{_PROCESSOR_DIGITS}}})?"  # former versions wrote the first one only
    own = re.compile(rf"\.?{re.escape(name)}-{digits}(\.partial)?\.npz")
    for path in kept.path.parent.glob("*.npz"):
        if own.fullmatch(path.name) and path != kept.kept:
            path.unlink(missing_ok=True)


def _imported_code(package: Path) -> Iterator[str]:
    """Yield the paths, relative to the package, of its imported modules that can decide a number."""
    for name, module in sys.modules.items():
        first, _, inner = name.partition(".")
        decides = not f"{inner}.".startswith(tuple(f"{without}." for without in _WITHOUT_NUMBERS))
        if first == imagelab.__name__ and decides and module.__file__ is not None:
            yield Path(module.__file__).relative_to(package).as_posix()
