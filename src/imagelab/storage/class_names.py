"""Names of classes beside the data that have them: ``classes.json``."""

from collections.abc import Sequence
from pathlib import Path

from imagelab.runtime.errors import InputError
from imagelab.storage import reading, writing

FILE = "classes.json"
FEWEST, MOST = 2, 256  # a classifier distinguishes two or more; labels are bytes


def write(names: Sequence[str], folder: Path) -> None:
    """Write the names of classes, in the order of their labels, into a folder."""
    writing.write_json({"classes": list(names)}, folder / FILE)


def read(folder: Path) -> tuple[str, ...]:
    """Read the names that ``write`` wrote: ``FEWEST`` to ``MOST`` of them, the name of class 0 first.

    Raises:
        InputError: if the file is missing or damaged, or there are too few names or too many, or two are equal.
    """
    path = folder / FILE
    names = reading.read_json(path, keys=["classes"])["classes"]
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise InputError("classes", where=path, expected="a list of names", received=names)
    if not FEWEST <= len(names) <= MOST:
        raise InputError("classes", where=path, expected=f"{FEWEST} to {MOST} names", received=len(names))
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError("classes", where=path, expected="each name once", received=f"{twice[0]} twice")
    return tuple(names)
