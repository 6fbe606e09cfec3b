"""Names of classes beside the data that have them: ``classes.json``."""

from collections.abc import Sequence
from pathlib import Path

from imagelab.runtime.errors import InputError
from imagelab.storage import reading, writing

FILE = "classes.json"
_OWN = "own_pictures"  # a key that other pictures do not have
FEWEST, MOST = 2, 256  # a classifier distinguishes two or more; labels are bytes


def write(names: Sequence[str], folder: Path, *, own: bool = False) -> None:
    """Write the names of classes into a folder.

    Args:
        names: in the order of the labels.
        folder: where to write; made if it is missing.
        own: whether the pictures are the user's own, and not those of a published data set or its stand-in.
    """
    writing.write_json({"classes": list(names)} | ({_OWN: True} if own else {}), folder / FILE)


def read(folder: Path, *, fewest: int = FEWEST) -> tuple[str, ...]:
    """Read the names that ``write`` wrote: ``fewest`` to ``MOST`` of them, the name of class 0 first.

    Raises:
        InputError: if the file is missing or damaged, or there are too few names or too many, or two are equal.
    """
    path = folder / FILE
    names = reading.read_json(path, keys=["classes"])["classes"]
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise InputError("classes", where=path, expected="a list of names", received=names)
    if not fewest <= len(names) <= MOST:
        raise InputError("classes", where=path, expected=f"{fewest} to {MOST} names", received=len(names))
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError("classes", where=path, expected="each name once", received=f"{twice[0]} twice")
    return tuple(names)


def are_of_own_pictures(folder: Path) -> bool:
    """Tell whether ``write`` was told that the pictures are the user's own; raises ``InputError`` as ``read``."""
    return reading.read_json(folder / FILE, keys=["classes"]).get(_OWN) is True
