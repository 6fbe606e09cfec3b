"""Contestants that take turns, so that a slow minute of the machine affects all of them."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from benchmarks import REPOSITORY
from imagelab.runtime import cores

THREADS = cores.available()

Speeds = dict[str, list[float]]


def take_turns(contestants: Mapping[str, Callable[[], object]], *, images: int, rounds: int) -> Speeds:
    """Return images per second of each contestant in each round.

    Args:
        contestants: by name; each call handles so many images. A first call of each, which traces and allocates, is
            not measured. A call that returns a float has measured itself, in seconds.
        images: of a call.
        rounds: in each of which every contestant is called once.
    """
    for contestant in contestants.values():
        contestant()
    speeds: Speeds = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, contestant in contestants.items():
            started = time.perf_counter()
            measured = contestant()
            seconds = measured if isinstance(measured, float) else time.perf_counter() - started
            speeds[name].append(images / seconds)
    return speeds


def ratio(speeds: Speeds, first: str, second: str) -> float:
    """Return how much faster the first is than the second, each in its best round: the one that was least disturbed.

    Other processes can only make a round slower, so the best one is nearest to the truth, as in Python's ``timeit``.
    """
    return max(speeds[first]) / max(speeds[second])


@contextmanager
def bare_script(module: str, *arguments: object) -> Iterator[Callable[[], None]]:
    """Start a script of this folder that trains one epoch for each line it receives, and answers with a line.

    Yields:
        A function that makes the script train one epoch, and returns when it has.
    """
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as script:
        requests, answers = script.stdin, script.stdout
        assert requests is not None
        assert answers is not None

        def epoch() -> None:
            print(file=requests, flush=True)
            if not answers.readline():
                sys.exit(f"error: benchmarks.{module} ended")

        yield epoch
        requests.close()  # the script ends with its input
