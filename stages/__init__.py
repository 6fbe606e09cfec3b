"""One short script a stage: read settings, load, call the library, write."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

# The library beside this folder goes before an installed one: ``dvc exp run --queue`` runs the stages in a copy of
# the repository.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from imagelab import numerics, terminal
from imagelab.errors import InputError, of_system


def run(main: Callable[..., None], choices: Sequence[str] = ()) -> None:
    """Call a stage from the command line.

    The user's mistakes, and a disk that is full or not writable, end in one line on the standard error stream and
    exit status 1; Ctrl-C and SIGTERM in one line and status 128 + the signal's number. What a training or a search has
    kept stays, and nothing half-written does.

    Args:
        main: takes one of the choices, or nothing where there are none.
        choices: what the stage can be run for.
    """
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


def _end_of_imports(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Say in one line what the user can mend before a stage begins."""
    if isinstance(error, ModuleNotFoundError) and str(error.name).split(".")[0] not in ("imagelab", "stages"):
        expected = "that of the project (make env, then .venv/bin/dvc repro, or dvc repro after activation)"
        error = InputError("Python", where=sys.executable, expected=expected, received=f"one without {error.name}")
    if isinstance(error, InputError):
        print(f"error: {error}", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)


_AS_A_COMMAND = sys.argv[0] == "-m"  # the beginning of ``python -m stages.<name>``; not an import by a test

if _AS_A_COMMAND:
    terminal.print_what_it_can_show()
    sys.excepthook = _end_of_imports
    numerics.check()

from imagelab import interruption  # noqa: E402 - needs packages, which may be missing

if _AS_A_COMMAND:
    interruption.end_in_order()
