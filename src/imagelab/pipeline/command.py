"""The command of a stage as a process, whose output and end arrive as events."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import IO, Any, NamedTuple

import psutil
from dvc.stage import PipelineStage
from dvc.stage.exceptions import StageCmdFailedError
from dvc.stage.run import _enforce_cmd_list, _make_cmd, get_executable, prepare_kwargs

_SECONDS_FOR_THE_REST = 1.0  # of the output, if a process that outlives the command holds it open


class Output(NamedTuple):
    """A command wrote something."""

    command: "Command"
    content: bytes


class Ended(NamedTuple):
    """A command ended, well or with an error."""

    command: "Command"
    error: Exception | None


class Command:
    """The command of a stage, or its commands one after the other, in the shell and environment that DVC gives them.

    Args:
        stage: of the pipeline.
        tell: is called, from another thread, with each ``Output`` and finally with ``Ended``.
        variables: further environment variables.
    """

    def __init__(
        self, stage: PipelineStage, tell: Callable[[Output | Ended], object], variables: Mapping[str, str]
    ) -> None:
        self.stage = stage
        self._tell = tell
        self._settings: dict[str, Any] = prepare_kwargs(stage, run_env=variables)
        self._process: subprocess.Popen[bytes] | None = None
        self._signal: signal.Signals | None = None
        threading.Thread(target=self._run_all, daemon=True).start()

    def interrupt(self, sent: signal.Signals) -> None:
        """Send a signal to the command's process and to those that it has started; start no further command."""
        self._signal = sent
        if self._process is None or self._process.poll() is not None:  # its number may be another process's by now
            return
        with suppress(psutil.NoSuchProcess):
            first = psutil.Process(self._process.pid)  # may be a shell, which does not pass signals on
            for process in (first, *first.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(sent)

    def _run_all(self) -> None:
        error = None
        try:
            for line in _enforce_cmd_list(self.stage.cmd):
                if self._signal is not None:
                    raise StageCmdFailedError(line)
                self._run(line)
        except Exception as raised:
            error = raised
        self._tell(Ended(self, error))

    def _run(self, line: str) -> None:
        self._process = subprocess.Popen(
            _make_cmd(get_executable(), line),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **self._settings,
        )
        if self._signal is not None:  # it came before this process was known
            self.interrupt(self._signal)
        assert self._process.stdout is not None
        reading = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        reading.start()
        status = self._process.wait()
        reading.join(_SECONDS_FOR_THE_REST)
        if status != 0:
            raise StageCmdFailedError(line, status)

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            while content := os.read(stream.fileno(), 2**16):
                self._tell(Output(self, content))
