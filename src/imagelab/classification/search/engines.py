"""Engines that run trajectories: in this process, in a pool of spawned processes, or as Ray tasks.

An engine takes a function, an argument that all calls share, and a sequence of items. It yields results as they finish.
Environment variables choose it, and no setting does, because it changes no result.
"""

import concurrent.futures
import logging
import math
import multiprocessing
import os
import socket
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, NamedTuple

import imagelab
from imagelab.runtime import processes
from imagelab.runtime.errors import InputError
from imagelab.training import variables

WORKERS = "IMAGELAB_WORKERS"  # environment variable: number of the pool's processes
RAY_ADDRESS = "RAY_ADDRESS"  # environment variable of Ray: address of the cluster
RAY_GPUS = "IMAGELAB_RAY_GPUS"  # environment variable: GPUs, or a fraction of one, for a Ray task

_TIMEOUT_SECONDS = 10  # for the first answer of the cluster
_MOST_CHARACTERS = 300  # of a library's message

ATTEMPTS = 3  # a worker that died usually ran out of memory, or its machine was lost

OnImages = Callable[[int], None]  # called after each batch with the number of images in it
Work = Callable[[Any, Any, OnImages], Any]  # shared, item, on_images


class Lost(NamedTuple):
    """The result of an item when each process that worked on it died."""

    reason: str


Engine = Callable[[Work, Any, Sequence[Any], OnImages], Generator[tuple[int, Any]]]
"""From ``work``, ``shared``, ``items`` and ``on_images`` to pairs of an item's index and its result or ``Lost``.

An exception of ``work`` stops the engine. Only work in this process reports to ``on_images``.
"""


def choose(environment: Mapping[str, str], *, threads: int) -> Engine:
    """Choose the engine.

    Args:
        environment: ``RAY_ADDRESS`` chooses Ray, ``IMAGELAB_WORKERS`` a pool of so many processes.
        threads: of one item; a Ray task reserves as many processors.

    Raises:
        InputError: if a variable is invalid.
    """
    if RAY_ADDRESS in environment:
        if WORKERS in environment:
            received = environment[WORKERS]
            raise InputError(WORKERS, where="environment", expected=f"none beside {RAY_ADDRESS}", received=received)
        return partial(ray_tasks, address=environment[RAY_ADDRESS], cpus=threads, gpus=_gpus(environment))
    return partial(pool, workers=_workers(environment)) if WORKERS in environment else in_process


def in_process(work: Work, shared: Any, items: Sequence[Any], on_images: OnImages) -> Generator[tuple[int, Any]]:
    """Work on one item after the other, which is fastest on a machine with few cores."""
    for index, item in enumerate(items):
        yield index, work(shared, item, on_images)


def pool(
    work: Work, shared: Any, items: Sequence[Any], on_images: OnImages, *, workers: int
) -> Generator[tuple[int, Any]]:
    """Work on several items at a time in spawned processes, each for many items.

    Raises:
        InputError: if processes repeatedly die before they start to work.
    """
    unfinished = set(range(len(items)))
    deaths: Counter[int] = Counter()
    for _ in range(ATTEMPTS):
        try:
            for index, result in _one_pool(work, shared, items, unfinished, deaths, workers=workers):
                unfinished.discard(index)
                yield index, result
            return
        except BrokenProcessPool:  # a process died without an item: at its start, or between two items
            continue
    expected = "room for so many processes (each imports Keras)"
    raise InputError(WORKERS, where="environment", expected=expected, received=f"{workers}, which die at their start")


def _one_pool(
    work: Work, shared: Any, items: Sequence[Any], wanted: Iterable[int], deaths: Counter[int], *, workers: int
) -> Generator[tuple[int, Any]]:
    from pebble import ProcessExpired, ProcessPool  # the standard pool fails all items when one process dies

    wanted = sorted(wanted)
    started = ProcessPool(
        max_workers=min(workers, len(wanted)),
        initializer=_begin,
        initargs=(work, shared),
        context=multiprocessing.get_context("spawn"),  # a forked TensorFlow hangs
    )
    try:
        with processes.interrupts_blocked():  # the pool starts its processes here, and the threads that replace them
            running: dict[concurrent.futures.Future[Any], int] = {
                started.schedule(_work_on, args=(items[index],)): index for index in wanted
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
                        running[started.schedule(_work_on, args=(items[index],))] = index
                    else:
                        yield index, _lost(f"its process died with code {error.exitcode}")
    finally:  # also if the caller is interrupted
        started.stop()  # type: ignore[no-untyped-call]
        started.join()


def ray_tasks(
    work: Work, shared: Any, items: Sequence[Any], on_images: OnImages, *, address: str, cpus: int, gpus: float
) -> Generator[tuple[int, Any]]:
    """Work on items as tasks of a Ray cluster, as many at a time as it can run.

    Raises:
        InputError: if Ray is not installed, the cluster cannot be reached or prepared, or none of its machines is large
            enough.
    """
    ray = _connect(address)
    try:
        _check_room(ray, address, cpus=cpus, gpus=gpus)
        # Deaths are counted here: without limit, Ray retries a task that its memory monitor has killed.
        remote = ray.remote(_work_as_task).options(num_cpus=cpus, num_gpus=gpus, max_retries=0)
        everywhere = ray.put((work, shared))
        deaths: Counter[int] = Counter()
        running = {remote.remote([everywhere], item): index for index, item in enumerate(items)}
        while running:
            (done,), _ = ray.wait(list(running), num_returns=1)
            index = running.pop(done)
            try:
                yield index, ray.get(done)
            except ray.exceptions.RayTaskError as error:
                raise error.cause from None
            except ray.exceptions.RuntimeEnvSetupError as error:
                expected = "machines that can install this code"
                raise InputError("Ray cluster", where=address, expected=expected, received=_one_line(error)) from None
            except ray.exceptions.RayError as error:
                deaths[index] += 1
                if deaths[index] < ATTEMPTS:
                    running[remote.remote([everywhere], items[index])] = index
                else:
                    yield index, _lost(f"its Ray task died: {_one_line(error)}")
    finally:
        ray.shutdown()


def _connect(address: str) -> Any:
    """Return the module ``ray``, connected."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ModuleNotFoundError:
        expected = "the package ray (pip install ray)"
        raise InputError(RAY_ADDRESS, where="environment", expected=expected, received=address) from None
    try:
        _check_reachable(address)
        ray.init(
            address=address, runtime_env=_runtime_environment(), log_to_driver=False, logging_level=logging.WARNING
        )
    except (OSError, ValueError, RuntimeError) as error:
        expected = "the address of a running Ray cluster"
        received = f"{address} ({_one_line(error)})"
        raise InputError(RAY_ADDRESS, where="environment", expected=expected, received=received) from None
    return ray


def _check_reachable(address: str) -> None:
    """Connect to the address once: Ray itself would wait for minutes.

    Raises:
        OSError: if there is no answer.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():  # otherwise a word such as ``auto``, which Ray resolves
        socket.create_connection((host, int(port)), timeout=_TIMEOUT_SECONDS).close()


def _check_room(ray: Any, address: str, *, cpus: int, gpus: float) -> None:
    """Refuse tasks that no machine can run: Ray would wait for them endlessly."""
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    sizes = [(machine.get("CPU", 0), machine.get("GPU", 0)) for machine in machines]
    if not any(size[0] >= cpus and size[1] >= gpus for size in sizes):
        expected = (
            f"a machine with {cpus} processors (threads in params.yaml) and {gpus:g} GPUs ({RAY_GPUS}) for a task"
        )
        received = ", ".join(f"{size[0]:g} and {size[1]:g}" for size in sizes)
        raise InputError("Ray cluster", where=address, expected=expected, received=received)


_process: dict[str, Any] = {}  # in a process of the pool: the function and its shared argument


def _begin(work: Work, shared: Any) -> None:
    _process.update(work=work, shared=shared)
    processes.end_with_parent()


def _work_on(item: Any) -> Any:
    return _process["work"](_process["shared"], item, _ignore)


def _work_as_task(everywhere: list[Any], item: Any) -> Any:
    """Work on one item.

    Args:
        everywhere: a list with the reference to the function and its shared argument. Ray would resolve a bare
            reference before this call, and that imports Keras before the variables are checked.
        item: to work on.
    """
    import ray

    variables.check()
    work, shared = ray.get(everywhere[0])
    return work(shared, item, _ignore)


def _ignore(_: int) -> None:
    pass


def _lost(reason: str) -> Lost:
    return Lost(f"given up after {ATTEMPTS} attempts: {reason}")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:_MOST_CHARACTERS]


def _runtime_environment() -> dict[str, Any]:
    """Return a runtime environment with this code and this process's variables for Keras and its kernels."""
    own = {name: value for name, value in os.environ.items() if name.startswith("IMAGELAB_")}
    return {"py_modules": [imagelab], "env_vars": {**variables.switches(), **own}}


def _workers(environment: Mapping[str, str]) -> int:
    text = environment[WORKERS]
    if not text.isdecimal() or int(text) < 1:
        raise InputError(WORKERS, where="environment", expected="a whole number above 0", received=repr(text))
    return int(text)


def _gpus(environment: Mapping[str, str]) -> float:
    text = environment.get(RAY_GPUS, "0")
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (0 <= number <= 1 or number.is_integer()) or number < 0:
        expected = "a number of GPUs, or a fraction of one"
        raise InputError(RAY_GPUS, where="environment", expected=expected, received=repr(text))
    return number
