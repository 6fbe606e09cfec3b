"""Processes that this one starts: they end with it, and leave Ctrl-C to it."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


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
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
