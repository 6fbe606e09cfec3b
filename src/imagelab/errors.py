"""The one exception for mistakes that are the user's to mend."""

from typing import Any


class InputError(Exception):
    """Bad input: a setting, a file, an array or the environment.

    A stage that meets one prints its message as a single line and exits with status 1, without a traceback.

    Args:
        what: the thing that is wrong, e.g. ``"labels"``.
        where: the file, key or address in which it was found.
        expected: what would have been right.
        received: what was there instead.
    """

    def __init__(self, what: str, *, where: object, expected: object, received: object) -> None:
        super().__init__(f"{where}: {what}: expected {expected}, received {received}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it pass between processes; an exception is rebuilt from ``args``, which is the message only."""
        return _rebuild, (type(self), self.args)


def _rebuild(kind: type[InputError], args: tuple[Any, ...]) -> InputError:
    error = kind.__new__(kind)
    error.args = args
    return error
