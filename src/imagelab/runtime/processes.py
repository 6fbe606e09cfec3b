"""Other processes: children, which end with this process and leave Ctrl-C to it, and DVC, which may have started it."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from multiprocessing import resource_tracker
from pathlib import Path

import psutil


def end_with_parent() -> None:
    """Make this process end when its parent is gone: a killed parent cannot stop its children itself."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Block SIGINT in the processes that are started inside this context.

    A terminal sends SIGINT to all processes of a command, and each would print a traceback. Processes inherit the
    blocked signals of the thread that starts them. A signal that arrives here inside the context is handled after it.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where Ctrl-C is another kind of signal
        yield
        return
    resource_tracker.ensure_running()  # it would start with the first process, and unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def find_dvc() -> psutil.Process | None:
    """Return the DVC process that runs this stage, if any; a shell may be between them."""
    if "DVC_STAGE" not in os.environ:
        return None
    try:
        return next((above for above in psutil.Process().parents() if is_dvc(above)), None)
    except psutil.Error:
        return None


def is_dvc(process: psutil.Process) -> bool:
    """Tell whether a process runs stages with DVC, by its command line; False if that cannot be read."""
    try:
        names = [Path(part).name for part in process.cmdline()]
    except psutil.Error:
        return False
    # python [-m] dvc; python [-m] imagelab run
    return any(name in ("dvc", "dvc.exe") for name in names[:3]) or ("imagelab", "run") in pairwise(names)


def is_alive(process: psutil.Process) -> bool:
    """Tell whether a process has not ended; a zombie has ended."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
