"""The command ``classify``."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imagelab.datasets.photographs import Photograph, file_at, read_photographs
from imagelab.runtime import progress, terminal
from imagelab.runtime.errors import InputError
from imagelab.settings.classification import BEST_CLASSIFIED
from imagelab.storage import model_files
from imagelab.storage.model_files import TrainedOn
from imagelab.training import variables

if TYPE_CHECKING:
    from imagelab.classification.trained_classifier import TrainedClassifier

_SMALLEST = 8  # pixels on each side
_LONGEST = 512  # pixels; larger photographs are reduced, and keep far more than networks of 28 or 32 pixels take
_BATCH = 256  # photographs in memory at a time, up to 200 MB
_SECONDS = 5  # after which a progress bar appears


def classify(paths: Sequence[Path], *, model: str, top: int, as_json: bool) -> int:
    """Print what each picture shows, with the classes' probabilities; return the exit status.

    A picture that cannot be read costs a line on the standard error stream, and the others are classified.

    Args:
        paths: of the pictures.
        model: the name of a committed classifier, or the path of a ``.keras`` file.
        top: how many classes are named.
        as_json: whether to print an object in a line for each picture, with all classes.

    Returns:
        1 if a picture could not be classified, else 0.

    Raises:
        InputError: for other bad input.
    """
    if top < 1:
        raise InputError("--top", where="classify", expected="a whole number from 1", received=top)
    path = find_model(model)
    variables.check(training=False)
    trained_on = model_files.read_trained_on(path)
    from imagelab.classification.trained_classifier import load_classifier  # Keras takes seconds to import

    classifier = load_classifier(path, trained_on)
    if warning := model_files.note(trained_on):
        print(warning, file=sys.stderr)
    status = 0
    for picture, found in zip(paths, classify_files(classifier, paths), strict=True):
        if isinstance(found, InputError):
            print(f"error: {found}", file=sys.stderr)
            status = 1
        elif as_json:
            print(_as_json(picture, classifier.classes.names, found, trained_on))
        else:
            print(f"{terminal.printable(picture)}: {_as_text(classifier.classes.names, found, top)}")
    return status


def find_model(model: str) -> Path:
    """Return the file of a committed classifier by its name, or the path that was given.

    Raises:
        InputError: if there is nothing.
    """
    if model in BEST_CLASSIFIED:
        path = model_files.committed(model)
        model_files.check_exists(path, what="a trained classifier")
    else:
        path = Path(model)
        model_files.check_exists(path, what=f"{', '.join(BEST_CLASSIFIED)} or a .keras file")
    return path


def classify_files(
    classifier: "TrainedClassifier", paths: Sequence[Path]
) -> Iterator[NDArray[np.float64] | InputError]:
    """Yield for each picture the probabilities of the classes, or the error that says why there are none."""
    with progress.bar(total=len(paths), label="classifying", unit="picture", delay=_SECONDS) as bar:
        for first in range(0, len(paths), _BATCH):
            part = [file_at(path) for path in paths[first : first + _BATCH]]
            read = read_photographs(part, smallest=_SMALLEST, longest=_LONGEST)
            prepared = [_prepared(classifier, one, file.where) for one, file in zip(read, part, strict=True)]
            pictures = [one for one in prepared if not isinstance(one, InputError)]
            found = iter(classifier.probabilities(np.stack(pictures))) if pictures else iter(())
            bar.update(len(part))
            bar.make_room()  # for what the caller prints
            for one in prepared:
                yield one if isinstance(one, InputError) else next(found)


def _prepared(
    classifier: "TrainedClassifier", photograph: Photograph | InputError, where: str
) -> NDArray[np.uint8] | InputError:
    if isinstance(photograph, InputError):
        return photograph
    try:
        return classifier.prepare(photograph.pixels, where=where)
    except InputError as error:
        return error


def _as_text(names: Sequence[str], probabilities: NDArray[np.float64], top: int) -> str:
    best = np.argsort(-probabilities, kind="stable")[:top]
    return ", ".join(f"{names[place]} {100 * probabilities[place]:.0f} %" for place in best)


def _as_json(
    picture: Path, names: Sequence[str], probabilities: NDArray[np.float64], trained_on: TrainedOn | None
) -> str:
    rounded = {name: round(float(value), 4) for name, value in zip(names, probabilities, strict=True)}
    best = names[int(probabilities.argmax())]
    found = {"picture": terminal.name_for_json(picture), "class": best, "probability": rounded[best]}
    return json.dumps(found | {"probabilities": rounded, "trained_on": model_files.as_object(trained_on)})
