"""Run the pipeline as ``dvc repro`` does, but with independent stages beside each other.

DVC itself runs one stage at a time, and cores are idle, because most stages start and end on one. Here, too, DVC
decides everything: its graph says which stage waits for which, and its functions tell whether a stage has changed,
restore it from the run-cache, save and record it. All this happens in one thread, one stage after the other. Only the
stages' commands run beside each other, in processes. DVC's lock is held all the time, so that no other DVC changes
anything meanwhile.
"""

import gc
import logging
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import NoReturn

from dvc import cli
from dvc.exceptions import DvcException, ReproductionError
from dvc.repo import Repo, lock_repo
from dvc.stage import Stage

from imagelab.pipeline.command import Command, Ended, Output
from imagelab.pipeline.order import Order
from imagelab.pipeline.params_cache import parsed_once
from imagelab.pipeline.recovery import recover, release
from imagelab.pipeline.screen import Screen, Shown
from imagelab.pipeline.stages import Stages, load
from imagelab.runtime import cores, progress

_FAILED = 255  # exit status of DVC
_BAR_ON_A_TERMINAL = {progress.SECONDS: "0.5"}

_log = logging.getLogger("dvc")  # prints errors with their causes, in the form of ``dvc repro``
_Event = Output | Ended | signal.Signals


def default_jobs() -> int:
    """How many stages run at a time: two, or one on a single core."""
    return min(2, cores.available())


def run(root: Path, *, jobs: int) -> int:
    """Bring all outputs of ``dvc.yaml`` up to date.

    Args:
        root: the repository, which is the current folder.
        jobs: how many stages run at a time. With 1 this is ``dvc repro``, after ``recover``.

    Returns:
        The exit status: 0, or 128 + the number of the signal that ended the run, or 255 if a stage failed.

    Raises:
        InputError: if another DVC is running a stage. (Beside another run of this function the status is 255.)
    """
    if jobs == 1:
        _print(recover(root))
        return int(cli.main(["repro"]))
    try:
        with Repo(str(root)) as repo, lock_repo(repo), repo.scm_context, parsed_once():
            _print(release(root))
            stages, restored = load(repo, root)
            _print(restored)
            gc.freeze()  # the modules and the graph stay; no collection needs to look at them again
            return _Run(stages, jobs).go()
    except DvcException:
        _log.exception("")
        return _FAILED


def _print(mended: list[str]) -> None:
    for line in mended:
        print(line, file=sys.stderr)


class _Run:
    """A run of the pipeline.

    Args:
        stages: of a repository whose lock is held.
        jobs: how many commands run at a time.
    """

    def __init__(self, stages: Stages, jobs: int) -> None:
        self._stages = stages
        self._order: Order[Stage] = Order(stages.dependencies)
        self._jobs = jobs
        self._events: SimpleQueue[_Event] = SimpleQueue()
        self._screen = Screen(len(stages.dependencies))
        self._changed: Stage | None = None  # a stage that can begin at once
        self._running: dict[Command, Shown] = {}
        self._failed: list[tuple[Stage, Exception, list[str]]] = []  # with the last lines of their output
        self._signal: signal.Signals | None = None

    def go(self) -> int:
        """Run what has changed, and return the exit status.

        Raises:
            ReproductionError: if a stage failed.
        """
        began = time.monotonic()
        with self._screen, self._signals_as_events():
            self._fill_lanes()
            while self._running:
                self._handle(self._events.get())
                self._fill_lanes()
        if self._signal is not None:
            return 128 + self._signal
        if self._failed:
            self._raise_failure()
        print(f"Everything is up to date after {time.monotonic() - began:.0f} s")
        return 0

    @contextmanager
    def _signals_as_events(self) -> Iterator[None]:
        """SIGINT and SIGTERM do not interrupt DVC while it writes."""
        before = {number: signal.signal(number, self._receive) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _receive(self, number: int, _: object) -> None:
        if self._signal is None:
            self._signal = signal.Signals(number)
            self._events.put(self._signal)

    def _fill_lanes(self) -> None:
        """Start commands until enough run, and find the next one, so that a command that ends is followed at once.

        The outputs of the next one stay until it begins: if the run ends before, nothing is lost.
        """
        while not self._is_ending():
            if self._changed is None:
                stage = self._order.take()
                if stage is None:
                    return
                with self._failure_of(stage):
                    if self._stages.check(stage):
                        self._changed = stage
                    else:
                        self._finish(stage)
            elif len(self._running) < self._jobs:
                self._begin_changed()
            else:
                return

    def _is_ending(self) -> bool:
        return bool(self._failed) or self._signal is not None

    def _begin_changed(self) -> None:
        stage, self._changed = self._changed, None
        if stage is None:
            return
        with self._failure_of(stage):
            if self._stages.begin(stage):
                variables = _BAR_ON_A_TERMINAL if self._screen.is_terminal else {}
                shown = self._screen.begin(stage.addressing)
                self._running[Command(stage, self._events.put, variables)] = shown
            else:
                self._finish(stage)

    def _handle(self, event: _Event) -> None:
        match event:
            case Output(command, content):
                if command in self._running:  # not the late output of a process that outlived its stage
                    self._running[command].write(content)
            case Ended(command, None):
                self._screen.end(self._running.pop(command), "ended")
                if not self._is_ending():
                    self._begin_changed()  # before what has ended is saved, which takes a moment
                with self._failure_of(command.stage):
                    self._stages.save(command.stage)
                    self._finish(command.stage)
            case Ended(command, Exception() as error):
                shown = self._running.pop(command)
                self._screen.end(shown, "failed" if self._signal is None else "was interrupted")
                if self._signal is None:
                    self._failed.append((command.stage, error, list(shown.last_lines)))
            case signal.Signals():
                print(f"{event.name}: ending what runs", file=sys.stderr, flush=True)
                for command in self._running:
                    command.interrupt(event)

    def _finish(self, stage: Stage) -> None:
        self._order.done(stage)
        self._screen.finished += 1

    @contextmanager
    def _failure_of(self, stage: Stage) -> Iterator[None]:
        """Keep an error of DVC's functions until the commands that run have ended."""
        try:
            yield
        except Exception as error:
            self._failed.append((stage, error, []))

    def _raise_failure(self) -> NoReturn:
        for stage, _, lines in self._failed:
            if lines:
                print(f"The last lines of '{stage.addressing}':", *lines, sep="\n  ", file=sys.stderr)
        *others, (last, error, _) = self._failed
        for other, its_error, _ in others:
            _log.error("failed to reproduce '%s'", other.addressing, exc_info=its_error)
        raise ReproductionError(f"failed to reproduce '{last.addressing}'") from error
