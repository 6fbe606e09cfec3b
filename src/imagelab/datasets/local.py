"""Paths that the settings name."""

import os
from pathlib import Path

from imagelab.runtime.errors import InputError

_EXPERIMENTS = (".dvc", "tmp", "exps")  # in the repository: DVC keeps there the copies in which experiments run


def find(source: str) -> Path:
    """Return the path that a setting names.

    ``~`` is the home folder. What is relative is so to the repository, also where a stage runs in a copy of it:
    ``dvc exp run --queue`` makes one in ``.dvc/tmp/exps``, ``--temp`` in ``.dvc/tmp/exps/standalone``.

    Raises:
        InputError: if nobody knows the home folder.
    """
    try:
        path = Path(os.fsdecode(source.encode())).expanduser()  # settings are UTF-8; file names are what the locale is
    except RuntimeError as error:
        raise InputError("source", where=source, expected="a path", received=error) from None
    for folder in Path.cwd().parents:  # a stage runs at the top of the repository or of the copy
        if folder.parts[-len(_EXPERIMENTS) :] == _EXPERIMENTS:
            return folder.parents[len(_EXPERIMENTS) - 1] / path
    return path
