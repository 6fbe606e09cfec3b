"""Where trajectories run: in this process, in a pool of spawned processes, or as Ray tasks.

An engine takes a function, what all its calls share, and the items to call it with; it gives the results as they come.
It is chosen by the environment, not by a setting, because it changes no result.
"""

import concurrent.futures
import logging
import math
import multiprocessing
import os
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from imagelab.errors import InputError

WORKERS = "IMAGELAB_WORKERS"  # environment variable: how many processes the pool has
RAY_ADDRESS = "RAY_ADDRESS"  # environment variable of Ray: where the cluster is
RAY_GPUS = "IMAGELAB_RAY_GPUS"  # environment variable: GPUs, or a part of one, that a Ray task takes

_PATIENCE_SECONDS = 10  # for a first answer of the cluster

ATTEMPTS = 3  # a worker that dies is likely to have met the end of the memory, or of its machine

Seen = Callable[[int], None]
Work = Callable[[Any, Any, Seen], Any]  # shared, item, seen


class Lost(NamedTuple):
    """In place of a result: every process that worked on it died."""

    reason: str


Engine = Callable[[Work, Any, Sequence[Any], Seen], Iterator[tuple[int, Any]]]
"""From ``work``, ``shared``, ``items`` and ``seen`` to pairs of an item's index and its result or ``Lost``.

An exception that ``work`` raises stops the engine. ``seen`` is passed on to ``work`` in this process only.
"""


def choose(environment: Mapping[str, str], *, threads: int) -> Engine:
    """Choose the engine.

    Args:
        environment: ``RAY_ADDRESS`` asks for Ray, ``IMAGELAB_WORKERS`` above 1 for a pool.
        threads: that one item keeps busy; what a Ray task reserves.

    Raises:
        InputError: if a variable has no sense.
    """
    workers = _number(environment, WORKERS, default=1, whole=True)
    if RAY_ADDRESS in environment:
        if workers > 1:
            raise InputError(
                WORKERS, where="environment", expected=f"nothing where {RAY_ADDRESS} is set", received=workers
            )
        gpus = _number(environment, RAY_GPUS, default=0, whole=False)
        return partial(ray_tasks, address=environment[RAY_ADDRESS], cpus=threads, gpus=gpus)
    return partial(pool, workers=int(workers)) if workers > 1 else in_process


def in_process(work: Work, shared: Any, items: Sequence[Any], seen: Seen) -> Iterator[tuple[int, Any]]:
    """Work on one item after the other; on a machine of few cores nothing is faster."""
    for index, item in enumerate(items):
        yield index, work(shared, item, seen)


def pool(work: Work, shared: Any, items: Sequence[Any], seen: Seen, *, workers: int) -> Iterator[tuple[int, Any]]:
    """Work on several items at a time in spawned processes, which are used again for item after item."""
    from pebble import ProcessExpired, ProcessPool  # the standard pool gives up all items when one process dies

    processes = ProcessPool(
        max_workers=min(workers, len(items)),
        initializer=_begin,
        initargs=(work, shared),
        context=multiprocessing.get_context("spawn"),  # a forked TensorFlow hangs
    )
    deaths: Counter[int] = Counter()
    try:
        running: dict[concurrent.futures.Future[Any], int] = {
            processes.schedule(_work_on, args=(item,)): index for index, item in enumerate(items)
        }
        while running:
            done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                index = running.pop(future)
                try:
                    yield index, future.result()
                except ProcessExpired as error:
                    deaths[index] += 1
                    if deaths[index] < ATTEMPTS:
                        running[processes.schedule(_work_on, args=(items[index],))] = index
                    else:
                        yield index, Lost(f"its process died {ATTEMPTS} times, the last with code {error.exitcode}")
    finally:  # also where the caller was interrupted
        processes.stop()  # type: ignore[no-untyped-call]
        processes.join()


def ray_tasks(
    work: Work, shared: Any, items: Sequence[Any], seen: Seen, *, address: str, cpus: int, gpus: float
) -> Iterator[tuple[int, Any]]:
    """Work on items as tasks of a Ray cluster, as many at a time as it has room for.

    Raises:
        InputError: if Ray is not installed, the cluster cannot be reached, or no machine of it is large enough.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ModuleNotFoundError:
        expected = "the package ray (pip install ray)"
        raise InputError(RAY_ADDRESS, where="environment", expected=expected, received=address) from None
    try:
        _check_that_somebody_listens(address)
        ray.init(
            address=address, runtime_env=_runtime_environment(), log_to_driver=False, logging_level=logging.WARNING
        )
    except (OSError, ValueError, RuntimeError) as error:
        received = f"{address} ({' '.join(str(error).split())})"
        expected = "the address of a running Ray cluster"
        raise InputError(RAY_ADDRESS, where="environment", expected=expected, received=received) from None
    try:
        nodes = ray.nodes()  # type: ignore[no-untyped-call]
        largest = max((node["Resources"].get("CPU", 0) for node in nodes if node["Alive"]), default=0)
        if largest < cpus:
            expected = f"a machine with {cpus} processors for a task (threads in params.yaml)"
            raise InputError("Ray cluster", where=address, expected=expected, received=f"{largest:g} at most")
        remote = ray.remote(_work_as_task).options(num_cpus=cpus, num_gpus=gpus, max_retries=ATTEMPTS - 1)
        everywhere = ray.put((work, shared))
        running = {remote.remote(everywhere, item): index for index, item in enumerate(items)}
        while running:
            (done,), _ = ray.wait(list(running), num_returns=1)
            index = running.pop(done)
            try:
                yield index, ray.get(done)
            except ray.exceptions.RayTaskError as error:
                raise error.cause from None
            except ray.exceptions.RayError as error:
                reason = str(error).strip().splitlines()[0]
                yield index, Lost(f"its Ray task died {ATTEMPTS} times: {reason}")
    finally:
        ray.shutdown()


_process: dict[str, Any] = {}  # of a process of the pool: the function and what its calls share


def _begin(work: Work, shared: Any) -> None:
    _process.update(work=work, shared=shared)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Leave when the parent is gone: killed, it cannot stop its processes itself."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work_on(item: Any) -> Any:
    return _process["work"](_process["shared"], item, _ignore)


def _work_as_task(everywhere: tuple[Work, Any], item: Any) -> Any:
    work, shared = everywhere
    return work(shared, item, _ignore)


def _ignore(_: int) -> None:
    pass


def _check_that_somebody_listens(address: str) -> None:
    """Try the address itself: Ray waits for minutes where nobody answers.

    Raises:
        OSError: if nobody does.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():  # else a word such as ``auto``, which Ray looks up on this machine
        socket.create_connection((host, int(port)), timeout=_PATIENCE_SECONDS).close()


def _runtime_environment() -> dict[str, Any]:
    """Let the cluster's machines run this code under this process's switches of Keras and its kernels."""
    import imagelab

    prefixes = ("KERAS_", "TF_", "ONEDNN_", "DNNL_", "XLA_", "IMAGELAB_")
    switches = {name: value for name, value in os.environ.items() if name.startswith(prefixes)}
    return {"py_modules": [imagelab], "env_vars": switches}


def _number(environment: Mapping[str, str], name: str, *, default: float, whole: bool) -> float:
    text = environment.get(name) or str(default)
    try:
        number = int(text) if whole else float(text)
    except ValueError:
        number = -1
    if not (number >= 1 if whole else 0 <= number < math.inf):
        expected = "a whole number above 0" if whole else "a number of GPUs"
        raise InputError(name, where="environment", expected=expected, received=repr(text))
    return number
