"""Files of trained networks, without Keras: the committed ones, and what a file says about its network's training."""

import zipfile
import zlib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from imagelab.runtime.errors import InputError
from imagelab.settings.params import Params
from imagelab.settings.section import PositiveInt, Section, Text
from imagelab.settings.training import Views

COMMITTED = Path("results/models")
"""Folder of the committed models, in the repository's folder."""

RECORD = "trained_on.json"  # a member of the archive that Keras does not read
WEIGHTS = "model.weights.h5"  # Keras's name of the member with the weights

Task = Literal["classifier", "leaf generator", "clock reader"]


class Framing(Section):
    """How grey training pictures show their objects; pictures to classify are framed likewise."""

    bright_objects: bool  # on a dark background; false: dark objects on a bright one
    share: float = Field(gt=0, le=1)  # of the object's longer side, over the picture's


class Classes(Section):
    """What a classifier's outputs mean, and what its pictures are like."""

    names: tuple[Text, ...] = Field(min_length=2)  # in the order of the outputs
    framing: Framing | None  # null: whole pictures
    test_time_views: Views  # over which logits are averaged


class TrainedOn(Section):
    """What a network was trained on."""

    task: Task
    data: Text
    stand_in: bool  # whether the project made the data in place of a data set that it needs
    pictures: PositiveInt  # that the network was trained on
    seed: int
    precision: Literal["float32", "mixed_bfloat16"]
    settings: dict[str, Any]  # the training's own section of params.yaml
    classes: Classes | None = None  # of a classifier


def describe(
    settings: Params,
    section: Section,
    *,
    task: Task,
    data: str,
    stand_in: bool,
    pictures: int,
    classes: Classes | None = None,
) -> TrainedOn:
    """Describe a training.

    Args:
        settings: all of them.
        section: the training's own section of the settings.
        task: of the network.
        data: the name of the training data.
        stand_in: whether the project made the data in place of a data set that the network needs.
        pictures: how many it is trained on.
        classes: of a classifier.
    """
    return TrainedOn(
        task=task,
        data=data,
        stand_in=stand_in,
        pictures=pictures,
        seed=settings.seed,
        precision=settings.precision,
        settings=section.model_dump(mode="json"),
        classes=classes,
    )


def committed(name: str) -> Path:
    """Return the file of a committed model, which need not exist."""
    return COMMITTED / f"{name}.keras"


def check_exists(path: Path, *, what: str) -> None:
    """Refuse the path of a model where nothing is.

    Args:
        path: of a committed model, or any other.
        what: the network that is needed.

    Raises:
        InputError: if there is nothing.
    """
    if path.exists():
        return
    expected, received = what, "nothing of that name"
    if path.parent == COMMITTED:
        expected = f"{what} (of the repository, if this is run in its folder; --model names another)"
        received = "no committed model of that name"
    raise InputError("model", where=path, expected=expected, received=received)


def note(trained_on: TrainedOn | None) -> str | None:
    """Return a line of warning about a model that was trained on stand-ins, or whose file does not say on what."""
    if trained_on is None:
        return "note: what this model was trained on is unknown"
    return f"note: this model was trained on a stand-in: {trained_on.data}" if trained_on.stand_in else None


def as_object(trained_on: TrainedOn | None) -> dict[str, Any] | str:
    """Return what a model was trained on as plain values for JSON; ``unknown`` if its file does not say it."""
    return (
        "unknown"
        if trained_on is None
        else trained_on.model_dump(mode="json", include={"data", "stand_in", "pictures"})
    )


def check_archive(path: Path) -> None:
    """Refuse what is no ``.keras`` archive; whether it holds a network is not looked at.

    Raises:
        InputError: for a missing file, another format, and a file that is no archive.
    """
    if path.suffix != ".keras" or not path.is_file():  # Keras would also load HDF5 files, folders and checkpoints
        file = f"a {path.suffix or 'nameless'} file"
        received = file if path.is_file() else "a folder" if path.is_dir() else "no such file"
        raise InputError("model", where=path, expected="a .keras archive", received=received)
    if not zipfile.is_zipfile(path):  # Keras's message would be that the file is missing
        raise InputError("model", where=path, expected="a .keras archive", received="no archive, or not all of it")


def read_trained_on(path: Path) -> TrainedOn | None:
    """Read what a model was trained on; None if its file does not say it.

    Raises:
        InputError: as ``check_archive``, and if the record is damaged.
    """
    content = _member(path, RECORD)
    if content is None:
        return None
    try:
        return TrainedOn.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        received = f"{key}: {first['msg']}" if key else first["msg"]
        raise InputError(RECORD, where=path, expected="what imagelab wrote", received=received) from None


def read_weights(path: Path) -> bytes:
    """Return the bytes of the member with the weights, which identify a network whatever else its file holds.

    Raises:
        InputError: as ``check_archive``, and if the member is missing or damaged.
    """
    content = _member(path, WEIGHTS)
    if content is None:
        raise InputError("model", where=path, expected="a .keras archive", received=f"no {WEIGHTS} in it")
    return content


def _member(path: Path, name: str) -> bytes | None:
    check_archive(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read(name)
    except KeyError:
        return None
    # zipfile raises NotImplementedError for an unknown method of compression, RuntimeError for an encrypted member.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError("model", where=path, expected="a .keras archive", received=error) from None
