"""What the user sees of stages that run beside each other."""

import logging
import sys
import time
from collections import deque
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text as Paragraph

from imagelab.pipeline.text import Text

_SECONDS_BETWEEN_STATES = 60.0  # of a progress bar in a log
_LAST_LINES = 20


class Shown:
    """A running stage as the user sees it: each line that it writes, with its name in front.

    Args:
        name: of the stage.
        log: whether what is printed is kept. Then its progress bar is printed once a minute.

    Attributes:
        last_lines: the last that were printed, without the name.
    """

    def __init__(self, name: str, *, log: bool) -> None:
        self.name = name
        self.last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._began = self._logged = time.monotonic()
        self._log = log
        self._text = Text()

    def seconds(self) -> float:
        """How long the stage has been running."""
        return time.monotonic() - self._began

    def state(self) -> str:
        """The stage, its seconds and its progress bar, in one line."""
        return f"{self.name}  {self.seconds():.0f} s  {self._text.state}"

    def write(self, content: bytes, *, final: bool = False) -> None:
        """Print the lines that are complete now; with ``final`` also the beginning of one."""
        for line in self._text.add(content, final=final):
            self._print(line)
            self.last_lines.append(line)
        if self._log and self._text.state and time.monotonic() - self._logged >= _SECONDS_BETWEEN_STATES:
            self._logged = time.monotonic()
            self._print(self._text.state)

    def _print(self, line: str) -> None:
        print(line if line.startswith(f"{self.name}:") else f"{self.name}: {line}", flush=True)


class Screen:
    """A context in which lines of running stages stay at the bottom of the terminal, below what is printed.

    Nothing is added if standard output is no terminal.

    Args:
        total: number of stages in all.

    Attributes:
        is_terminal: whether standard output is a terminal whose lines can be rewritten.
        finished: number of stages that are up to date.
    """

    def __init__(self, total: int) -> None:
        console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False, soft_wrap=True)
        self.is_terminal = sys.stdout.isatty() and not console.is_dumb_terminal
        self.finished = 0
        self._running: list[Shown] = []
        self._total = total
        self._live = Live(console=console, get_renderable=self._render, transient=True)

    def __enter__(self) -> Self:
        if self.is_terminal:
            self._live.start()
            _redirect_dvc()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.is_terminal:
            self._live.stop()
            _redirect_dvc()

    def begin(self, name: str) -> Shown:
        """Say that a stage was started, and show it from now on."""
        print(f"Running stage '{name}'", flush=True)
        shown = Shown(name, log=not self.is_terminal)
        self._running.append(shown)
        return shown

    def end(self, shown: Shown, how: str) -> None:
        """Say how a stage ended and after how many seconds, and show it no longer."""
        shown.write(b"", final=True)
        self._running.remove(shown)
        print(f"Stage '{shown.name}' {how} after {shown.seconds():.1f} s", flush=True)

    def _render(self) -> Paragraph:
        lines = [shown.state() for shown in tuple(self._running)]
        lines.append(f"{self.finished} of {self._total} stages are up to date")
        return Paragraph("\n".join(lines), no_wrap=True, overflow="ellipsis", style="cyan")


def _redirect_dvc() -> None:
    """Let DVC's messages go to what the standard streams are now, and keep its own progress bars off them."""
    for module in ("dvc.progress", "dvc_data.callbacks"):
        logging.getLogger(module).setLevel(logging.CRITICAL)
    for name in ("dvc", "dvc_objects", "dvc_data"):
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(sys.stderr if handler.level >= logging.WARNING else sys.stdout)
