"""The exception for errors that the user can correct, with a message of one line."""

import errno
from typing import Any

_EXPECTED = {
    errno.EACCES: "permission to read or write",
    errno.EPERM: "permission to read or write",
    errno.EROFS: "a file system that can be written",
    errno.ENOENT: "a file or folder of that name",
    errno.EEXIST: "a folder, or nothing of that name",
    errno.ENOTDIR: "a folder, and folders all the way to it",
    errno.EISDIR: "a file",
    errno.ENAMETOOLONG: "a shorter name",
    errno.ENOSPC: "room on the disk",
    errno.EDQUOT: "room in the quota",
    errno.EFBIG: "room for a file of this size",
}


class InputError(Exception):
    """Bad input: a setting, a file, an array or the environment.

    A stage that meets one prints its message as a single line and exits with status 1, without a traceback.

    Args:
        what: the thing that is wrong, e.g. ``"labels"``.
        where: the file, key or address in which it was found.
        expected: what would be right.
        received: what was found instead.
    """

    def __init__(self, what: str, *, where: object, expected: object, received: object) -> None:
        super().__init__(_in_one_line(f"{where}: {what}: expected {expected}, received {received}"))

    def __reduce__(self) -> tuple[Any, ...]:
        """Support pickling, which passes it between processes: ``args`` holds the message only."""
        return _rebuild, (type(self), self.args)


def of_system(error: OSError, *, what: str = "file or folder", where: object = None) -> InputError:
    """Turn an error of the operating system into an ``InputError``.

    Args:
        error: of the system.
        what: the kind of thing that the error is about; ``"output"`` for what was being written.
        where: the file or folder, if the error does not name it.
    """
    where = where or error.filename or "this machine"
    unnumbered = "room on the disk" if what == "output" else "access"  # NumPy raises it after writing a part
    expected = _EXPECTED.get(error.errno or 0, unnumbered)
    received = str(error) if error.strerror is None else error.strerror
    return InputError(what, where=where, expected=expected, received=received)


def _in_one_line(message: str) -> str:
    """Join lines and escape unprintable characters, which names in archives and messages of libraries may hold."""
    joined = " ".join(part for line in message.splitlines() if (part := line.strip()))
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in joined)


def _rebuild(kind: type[InputError], args: tuple[Any, ...]) -> InputError:
    error = kind.__new__(kind)
    error.args = args
    return error
