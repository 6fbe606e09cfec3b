"""One short script a stage: read settings, load, call the library, write."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

# The library beside this folder goes before an installed one: ``dvc exp run --queue`` runs the stages in a copy of
# the repository.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from imagelab import interruption
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


if sys.argv[0] == "-m":  # ``python -m stages.<name>`` at its very beginning; not where a test imports a stage
    interruption.end_in_order()
