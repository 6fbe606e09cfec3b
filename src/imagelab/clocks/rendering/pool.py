"""Rendering in several processes, with results that do not depend on their number."""

import multiprocessing
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import TypeVar

from imagelab.runtime import cores, processes, progress
from imagelab.runtime.errors import InputError

CHUNK = 60
"""Pictures per task: far more work than starting a task, far less than the whole."""

FEWEST_FOR_WORKERS = 500
"""Fewer pictures are rendered in this process: starting workers takes longer."""

_Task = TypeVar("_Task")
_Chunk = TypeVar("_Chunk")


def render_in_chunks(
    render: Callable[[range], _Chunk],
    store: Callable[[range, _Chunk], None],
    *,
    count: int,
    workers: int | None,
    label: str,
) -> None:
    """Render pictures chunk by chunk, as ``map_chunks`` does; a progress bar goes to stderr.

    Args:
        render: is called with the numbers of some pictures; workers must be able to import it.
        store: is called with the same numbers and what ``render`` returned, in the order of the numbers.
        count: number of pictures.
        workers: number of processes, all available cores if None; small jobs run in this process.
        label: of the progress bar.

    Raises:
        InputError: if a worker dies.
    """
    tasks = [range(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK)]
    workers = cores.available() if workers is None else workers
    with (
        progress.bar(total=count, label=label, unit="image") as bar,
        closing(map_chunks(render, tasks, workers=workers, count=count)) as chunks,
    ):
        for indices, chunk in zip(tasks, chunks, strict=True):
            store(indices, chunk)
            bar.update(len(indices))


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
