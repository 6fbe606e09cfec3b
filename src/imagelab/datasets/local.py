"""Paths in the settings: resolved, and refused if nothing is there."""

import os
from pathlib import Path

from imagelab.runtime.errors import InputError

_EXPERIMENTS = (".dvc", "tmp", "exps")  # where DVC puts copies of the repository for experiments


def find(source: str) -> Path:
    """Return the path that a setting names.

    ``~`` is the home folder. A relative path is relative to the repository, also where a stage runs in a copy of it:
    ``dvc exp run --queue`` makes one in ``.dvc/tmp/exps``, ``--temp`` in ``.dvc/tmp/exps/standalone``.

    Raises:
        InputError: if the home folder is unknown.
    """
    try:
        # From UTF-8, the encoding of the settings, to that of the file system.
        path = Path(os.fsdecode(source.encode())).expanduser()
    except RuntimeError as error:
        raise InputError("source", where=source, expected="a path", received=error) from None
    for folder in Path.cwd().parents:  # a stage runs at the top of the repository or of a copy
        if folder.parts[-len(_EXPERIMENTS) :] == _EXPERIMENTS:
            return folder.parents[len(_EXPERIMENTS) - 1] / path
    return path


def require(source: Path, *, expected: str, what: str = "source") -> None:
    """Refuse a path that does not exist.

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
