"""Work for engines under test; spawned processes import it, so it needs little."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path


def square(shared: int, item: int, seen: Callable[[int], None]) -> tuple[int, int]:
    """Return the item's square plus what is shared, and the process that did it."""
    seen(1)
    time.sleep(0.05)
    return item * item + shared, os.getpid()


def die_once(folder: Path, item: int, seen: Callable[[int], None]) -> int:
    """Die at the first try of every odd item."""
    tried = folder / f"{item}"
    if item % 2 and not tried.exists():
        tried.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def die_always(folder: Path, item: int, seen: Callable[[int], None]) -> int:
    """Die whenever the item is 2; count the tries."""
    if item == 2:
        (folder / f"try_{len(list(folder.iterdir()))}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def fail(shared: object, item: int, seen: Callable[[int], None]) -> int:
    """Raise what a user's mistake raises."""
    from imagelab.runtime.errors import InputError

    raise InputError("precision", where="params.yaml", expected="float32", received=item)


def wait_and_tell(folder: Path, item: int, seen: Callable[[int], None]) -> tuple[int, str]:
    """Write that the item has begun, where, and in which process; wait for ``go``; return where it ended."""
    import ray

    node = ray.get_runtime_context().get_node_id()
    (folder / f"{item}_{node}").write_text(str(os.getpid()))
    while not (folder / "go").exists():
        time.sleep(0.1)
    return item, node


def sleep(folder: Path, item: int, seen: Callable[[int], None]) -> None:
    """Write the process's number and stay."""
    (folder / str(os.getpid())).touch()
    time.sleep(600)


def identity(shared: object, item: int, seen: Callable[[int], None]) -> int:
    """Return the item."""
    return item


class DeadlyToUnpickle:
    """Kills the process that receives it, so many times."""

    def __init__(self, folder: Path, times: int) -> None:
        self.folder = folder
        self.times = times

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        deaths = len(list(self.folder.iterdir()))
        if deaths < self.times:
            (self.folder / f"{deaths}_{os.getpid()}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
