"""A stage as a command: its argument, and one line for an error or an interruption."""

import argparse
import gc
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from imagelab.runtime import terminal
from imagelab.runtime.errors import InputError, of_system


def run(main: Callable[..., None], choices: Sequence[str] = ()) -> None:
    """Call a stage from the command line.

    Errors that the user can correct, and those of a full or read-only disk, give one line on the standard error stream
    and exit status 1. Ctrl-C and SIGTERM give one line and status 128 + the signal's number. Checkpoints of a training
    or a search are kept, and no half-written file is left.

    Args:
        main: takes one of the choices, or nothing if there are none.
        choices: the values that the stage's argument can have.
    """
    from imagelab.runtime import interruption  # needs packages; ``begin`` reports missing ones

    gc.freeze()  # what was imported is never garbage
    gc.enable()
    parser = argparse.ArgumentParser(description=main.__doc__)
    if choices:
        parser.add_argument("which", choices=choices)
    arguments: dict[str, Any] = vars(parser.parse_args())
    try:
        main(*arguments.values())
    except BaseException as error:
        interruption.end_if_interrupted()
        if not isinstance(error, InputError | OSError):
            raise
        print(f"error: {error if isinstance(error, InputError) else of_system(error)}", file=sys.stderr)
        sys.exit(1)


def begin(check: Callable[[], None]) -> None:
    """Prepare this process for a stage, before the stage's own imports.

    Args:
        check: raises ``InputError`` in an environment in which no stage should run.
    """
    gc.disable()  # during the imports, in which it would search a growing number of objects again and again
    terminal.replace_unencodable()
    sys.excepthook = _excepthook
    check()
    from imagelab.runtime import interruption

    interruption.end_in_order()


def _excepthook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Print one line about what the user can correct before a stage begins."""
    if isinstance(error, ModuleNotFoundError) and str(error.name).split(".")[0] not in ("imagelab", "stages"):
        expected = "that of the project (make env, then .venv/bin/dvc repro, or dvc repro after activation)"
        error = InputError("Python", where=sys.executable, expected=expected, received=f"one without {error.name}")
    if isinstance(error, InputError):
        print(f"error: {error}", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)
