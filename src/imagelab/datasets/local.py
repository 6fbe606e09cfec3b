"""Paths that the settings name, and what is refused there."""

import os
from pathlib import Path

from imagelab.runtime.errors import InputError

_EXPERIMENTS = (".dvc", "tmp", "exps")  # the folder in the repository where DVC keeps copies of it for experiments


def find(source: str) -> Path:
    """Return the path that a setting names.

    ``~`` is the home folder. A relative path is relative to the repository, also where a stage runs in a copy of it:
    ``dvc exp run --queue`` makes one in ``.dvc/tmp/exps``, ``--temp`` in ``.dvc/tmp/exps/standalone``.

    Raises:
        InputError: if the home folder is unknown.
    """
    try:
        path = Path(
            os.fsdecode(source.encode())
        ).expanduser()  # from UTF-8, as in the settings, to the file system's encoding
    except RuntimeError as error:
        raise InputError("source", where=source, expected="a path", received=error) from None
    for folder in Path.cwd().parents:  # a stage runs at the top of the repository or of a copy
        if folder.parts[-len(_EXPERIMENTS) :] == _EXPERIMENTS:
            return folder.parents[len(_EXPERIMENTS) - 1] / path
    return path


def require(source: Path, *, expected: str, what: str = "source") -> None:
    """Refuse a path at which nothing lies.

    Args:
        source: the path.
        expected: which layouts are read.
        what: the name of the source in the message.

    Raises:
        InputError: if there is no such path.
    """
    if not source.exists():
        raise InputError(what, where=source, expected=expected, received="no such path")


def empty(where: object) -> InputError:
    """Return the error about a file without content."""
    return InputError("source", where=where, expected="content", received="0 bytes")
