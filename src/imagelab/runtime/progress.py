"""Progress bars that all look the same."""

import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from tqdm import tqdm

SECONDS = "TQDM_MININTERVAL"  # environment variable of tqdm: between two states of a bar

Item = TypeVar("Item")


class _Bar(tqdm):  # type: ignore[type-arg] # generic for the type checker only
    """A bar that is removed when an error ends it, so that the error's message has the line."""

    def __exit__(self, kind: type[BaseException] | None, *error: Any) -> None:
        self.leave = kind is None
        super().__exit__(kind, *error)

    def make_room(self) -> None:
        """Clear the bar's line in a terminal, so that something else can be printed; the next state returns to it."""
        if sys.stderr.isatty():
            self.clear()


def bar(
    *, total: int | None, label: str, unit: str = "it", scale: bool = False, done: int = 0, delay: float = 0
) -> _Bar:
    """Open a progress bar on the standard error stream.

    In a terminal it is redrawn ten times a second, elsewhere every ten seconds or as ``TQDM_MININTERVAL`` says:
    ``make run`` reads the bars of its stages from pipes.

    Args:
        total: number of units; None if it is unknown.
        label: before the bar.
        unit: what is counted.
        scale: whether to write thousands and millions with a letter.
        done: units that were done before.
        delay: seconds that pass before the bar appears. A bar of work that ends sooner never appears.
    """
    interval = 0.1 if sys.stderr.isatty() else float(os.environ.get(SECONDS, 10.0))
    return _Bar(
        total=total,
        desc=label,
        unit=unit,
        unit_scale=scale,
        initial=done,
        mininterval=interval,
        delay=delay,
        file=sys.stderr,
    )


def track(items: Iterable[Item], *, label: str, unit: str = "it") -> Iterator[Item]:
    """Yield the items while a progress bar counts them; it does not know how many there are."""
    with bar(total=None, label=label, unit=unit) as progress:
        for item in items:
            yield item
            progress.update()
