"""Ctrl-C and SIGTERM: end the process in order, with one line, within ten seconds."""

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

_GRACE_SECONDS = 8  # from a signal to a forced exit, which may itself take two seconds
_SECONDS_BETWEEN_CHECKS = 0.5  # of DVC, which takes longer than that to start a stage again

_received: list[int] = []  # the signal that ends this process, if any


def end_in_order() -> None:
    """Arrange that SIGTERM and Ctrl-C raise ``KeyboardInterrupt``, and that this process ends in time.

    During imports, which take seconds with TensorFlow, the process then ends with one line. Later,
    ``end_if_interrupted`` must be called where the exception is caught. The process also ends if it was started by DVC
    and DVC is gone.
    """
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    sys.excepthook = partial(_excepthook, sys.excepthook)
    threading.Thread(target=_watch, args=(read_end, processes.find_dvc()), daemon=True).start()


def end_if_interrupted() -> None:
    """Exit with one line and status 128 + the signal's number, if a signal arrived.

    Call it for any exception: workers of a pool get the signal as well, and the pool then raises another error.
    """
    if _received:
        _print_signal()
        sys.exit(128 + _received[0])


def is_interrupted() -> bool:
    """Tell whether a signal that ends this process has arrived."""
    return bool(_received)


def _interrupt(number: int, _: object) -> None:
    for other in (signal.SIGINT, signal.SIGTERM):
        signal.signal(other, signal.SIG_IGN)  # a second signal must not disturb the cleaning up
    _received.append(number)
    raise KeyboardInterrupt


def _print_signal() -> None:
    name = signal.Signals(_received[0]).name
    print(f"interrupted by {name}: run the same command again to continue from what is finished", file=sys.stderr)


def _excepthook(
    otherwise: Callable[[type[BaseException], BaseException, TracebackType | None], object],
    kind: type[BaseException],
    error: BaseException,
    traceback: TracebackType | None,
) -> None:
    """Exit with one line if a signal ended the imports; else handle the error as before."""
    if not _received:
        otherwise(kind, error, traceback)
        return
    _print_signal()
    os._exit(128 + _received[0])


def _watch(read_end: int, dvc: psutil.Process | None) -> None:
    """End this process after a signal, or when DVC is gone, if nothing else does; files on disk are always whole.

    Python handles a signal only when the running operation returns to it, which may take long. A killed DVC cannot end
    its stage, and the next ``dvc repro`` would start the same stage a second time.

    Args:
        read_end: file descriptor at which a byte arrives for each signal, before it is handled.
        dvc: the DVC process that started this one, if any.
    """
    while dvc is None or processes.is_alive(dvc):
        ready, _, _ = select.select([read_end], [], [], _SECONDS_BETWEEN_CHECKS)
        if ready and (number := os.read(read_end, 1)[0]) in (signal.SIGINT, signal.SIGTERM):
            time.sleep(_GRACE_SECONDS)
            _received.append(number)
            _print_signal()
            os._exit(128 + number)
    os._exit(1)
