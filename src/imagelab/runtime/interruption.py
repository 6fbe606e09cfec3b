"""Ctrl-C and SIGTERM: the end of a process in order, in one line, and within ten seconds."""

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType

import psutil

from imagelab.runtime import processes

_GRACE_SECONDS = 8  # from a signal to the end at the latest; the rest of ten is for ending
_SECONDS_BETWEEN_LOOKS = 0.5  # at DVC; it needs longer than that to start a stage again

_received: list[int] = []  # the signal that ends this process, if one came


def end_in_order() -> None:
    """Arrange that SIGTERM and Ctrl-C end this process with a ``KeyboardInterrupt``, and that it ends in time.

    While modules are imported, which takes seconds with TensorFlow, that is the end in one line; later
    ``end_if_interrupted`` is to be called where the exception arrives. If DVC started this process and is gone, it ends
    as well.
    """
    hears, says = os.pipe()
    os.set_blocking(says, False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    signal.set_wakeup_fd(says, warn_on_full_buffer=False)
    sys.excepthook = partial(_end_of_imports, sys.excepthook)
    threading.Thread(target=_watch, args=(hears, processes.find_dvc()), daemon=True).start()


def end_if_interrupted() -> None:
    """Exit with one line and status 128 + the signal's number, if a signal came.

    To be called for any exception: a pool whose workers got the signal too has an error of its own.
    """
    if _received:
        _say()
        sys.exit(128 + _received[0])


def _interrupt(number: int, _: object) -> None:
    for other in (signal.SIGINT, signal.SIGTERM):
        signal.signal(other, signal.SIG_IGN)  # a second one must not disturb the tidying up
    _received.append(number)
    raise KeyboardInterrupt


def _say() -> None:
    name = signal.Signals(_received[0]).name
    print(f"interrupted by {name}: run the same command again, it goes on with what is finished", file=sys.stderr)


def _end_of_imports(
    otherwise: Callable[[type[BaseException], BaseException, TracebackType | None], object],
    kind: type[BaseException],
    error: BaseException,
    traceback: TracebackType | None,
) -> None:
    if not _received:
        otherwise(kind, error, traceback)
        return
    _say()
    os._exit(128 + _received[0])


def _watch(hears: int, dvc: psutil.Process | None) -> None:
    """End this process where nothing else does; what is on disk is whole at any moment.

    A signal is handled when the operation that runs returns to Python, which may take long. And DVC, killed, cannot end
    its stage: the next ``dvc repro`` would start the same one beside it.

    Args:
        hears: file descriptor at which one byte a signal arrives, before it is handled.
        dvc: the process that started this one, if there is one.
    """
    while dvc is None or processes.is_alive(dvc):
        ready, _, _ = select.select([hears], [], [], _SECONDS_BETWEEN_LOOKS)
        if ready and (number := os.read(hears, 1)[0]) in (signal.SIGINT, signal.SIGTERM):
            time.sleep(_GRACE_SECONDS)
            _received.append(number)
            _say()
            os._exit(128 + number)
    os._exit(1)
