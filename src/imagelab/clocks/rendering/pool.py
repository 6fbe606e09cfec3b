"""Rendering in several processes, with results that do not depend on their number."""

import multiprocessing
from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

from imagelab.runtime import processes
from imagelab.runtime.errors import InputError

CHUNK = 60
"""Pictures per task: far more work than starting a task, far less than the whole."""

FEWEST_FOR_WORKERS = 500
"""Fewer pictures are rendered in this process: starting workers takes longer."""

_Task = TypeVar("_Task")
_Chunk = TypeVar("_Chunk")


def map_chunks(
    render: Callable[[_Task], _Chunk], tasks: Sequence[_Task], *, workers: int, count: int
) -> Generator[_Chunk]:
    """Render each task, and yield the results in the order of the tasks.

    Workers are spawned, so a script that calls this needs ``if __name__ == "__main__"``. Close the generator to end
    the workers early.

    Args:
        render: a function of a module, so that workers can import it.
        tasks: its arguments.
        workers: number of processes; with 1, everything runs in this process.
        count: pictures in all tasks; below ``FEWEST_FOR_WORKERS``, everything runs in this process.

    Raises:
        InputError: if a worker dies.
    """
    if workers == 1 or count < FEWEST_FOR_WORKERS:
        yield from map(render, tasks)
        return
    from pebble import ProcessExpired, ProcessPool  # the standard pool prints tracebacks when a signal ends its workers

    pool = ProcessPool(
        max_workers=workers,
        initializer=processes.end_with_parent,
        context=multiprocessing.get_context("spawn"),  # the caller may have threads; a fork copies their locks
    )
    try:
        with processes.interrupts_blocked():
            chunks = [pool.schedule(render, args=(task,)) for task in tasks]
        for chunk in chunks:
            yield chunk.result()
    except ProcessExpired as error:
        expected = f"room for {workers} processes (each takes some 100 MB)"
        received = f"one that died with code {error.exitcode}"
        raise InputError("rendering", where="this machine", expected=expected, received=received) from None
    finally:  # also when the caller is interrupted
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()
