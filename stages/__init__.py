"""One short script a stage: read settings, load, call the library, write."""

import argparse
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

# The library beside this folder goes before an installed one: ``dvc exp run --queue`` runs the stages in a copy of
# the repository.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from imagelab.errors import InputError

_GRACE_SECONDS = 8  # from a signal to the end at the latest; the rest of ten is for starting to end
_SECONDS_BETWEEN_LOOKS = 0.5  # at DVC; it needs longer than that to start a stage again

_received: list[int] = []  # the signal that ends this process, if one came


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
        if _received:  # whatever it looks like by now: a pool whose workers got the signal too has an error of its own
            _say_interrupted()
            sys.exit(128 + _received[0])
        if not isinstance(error, InputError | OSError):
            raise
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(1)


def _end_in_order() -> None:
    """Let SIGTERM and Ctrl-C end this process in order and in time, and let it end when DVC is gone."""
    hears, says = socket.socketpair()
    says.setblocking(False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    signal.set_wakeup_fd(says.fileno(), warn_on_full_buffer=False)
    sys.excepthook = _end_of_imports
    threading.Thread(target=_watch, args=(hears, says, _find_dvc()), daemon=True).start()


def _interrupt(number: int, _: object) -> None:
    """Unwind as Ctrl-C does; a second signal must not disturb that."""
    for other in (signal.SIGINT, signal.SIGTERM):
        signal.signal(other, signal.SIG_IGN)
    _received.append(number)
    raise KeyboardInterrupt


def _say_interrupted() -> None:
    name = signal.Signals(_received[0]).name
    print(f"interrupted by {name}: run the same command again, it goes on with what is finished", file=sys.stderr)


def _end_of_imports(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Say it in one line also while the stage's modules are being imported, which takes seconds with TensorFlow."""
    if not _received:
        sys.__excepthook__(kind, error, traceback)
        return
    _say_interrupted()
    os._exit(128 + _received[0])


def _watch(hears: socket.socket, says: socket.socket, dvc: psutil.Process | None) -> None:
    """End this process where nothing else does.

    A signal is handled when the operation that runs returns to Python, and that may take long; and DVC, killed, cannot
    end its stage, beside which the next ``dvc repro`` would start the same one. What is on disk is whole at any moment.

    Args:
        hears: one byte a signal arrives here, before it is handled.
        says: the other end; kept open.
        dvc: the process that started this stage, if there is one.
    """
    while not _is_gone(dvc):
        ready, _, _ = select.select([hears], [], [], _SECONDS_BETWEEN_LOOKS)
        if ready and (number := hears.recv(1)[0]) in (signal.SIGINT, signal.SIGTERM):
            time.sleep(_GRACE_SECONDS)
            _received.append(number)
            _say_interrupted()
            os._exit(128 + number)
    os._exit(1)


def _find_dvc() -> psutil.Process | None:
    """Find the DVC process that runs this stage; a shell may stand between."""
    if "DVC_STAGE" not in os.environ:
        return None
    try:
        above = psutil.Process().parents()
        return next((one for one in above if any("dvc" in Path(part).name for part in one.cmdline()[:3])), None)
    except psutil.Error:  # not ours to look at
        return None


def _is_gone(process: psutil.Process | None) -> bool:
    try:
        return process is not None and process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


if sys.argv[0] == "-m":  # ``python -m stages.<name>`` at its very beginning; not where a test imports a stage
    _end_in_order()
