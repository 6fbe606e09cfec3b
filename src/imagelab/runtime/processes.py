"""Other processes: those that this one starts end with it and leave Ctrl-C to it; DVC, which may have started it."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from pathlib import Path

import psutil


def end_with_parent() -> None:
    """Make this process leave when its parent is gone: killed, that cannot stop its processes itself."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Let the processes that are started meanwhile never receive SIGINT.

    A terminal sends it to all processes of a command at once, and each would print a traceback. They inherit the
    signals that are blocked in the thread that starts them; a signal that arrives here meanwhile waits.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where Ctrl-C is no signal of this kind
        yield
        return
    resource_tracker.ensure_running()  # starting with the first process, it would end the blocking
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def find_dvc() -> psutil.Process | None:
    """Find the DVC process that runs this stage, if one does; a shell may stand between."""
    if "DVC_STAGE" not in os.environ:
        return None
    try:
        return next((above for above in psutil.Process().parents() if is_dvc(above)), None)
    except psutil.Error:
        return None


def is_dvc(process: psutil.Process) -> bool:
    """Tell whether a process is DVC's, by its command line; False if that cannot be read."""
    try:
        return any("dvc" in Path(part).name for part in process.cmdline()[:3])  # python [-m] dvc
    except psutil.Error:
        return False


def is_alive(process: psutil.Process) -> bool:
    """Tell whether a process has not ended; a zombie, which nobody has waited for yet, has."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
