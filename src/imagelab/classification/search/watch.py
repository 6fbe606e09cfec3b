"""The progress of a search: a bar, and on request DVCLive's page."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from imagelab.classification.search.grid import Trajectory
from imagelab.classification.search.trajectory import Outcome
from imagelab.runtime import progress
from imagelab.runtime.errors import InputError

LIVE = "IMAGELAB_LIVE"  # environment variable: 1 writes DVCLive's page as well
LIVE_FOLDER = Path("dvclive")


class SearchBar:
    """A bar over the images of all epochs, with the finished trajectories, the best accuracy and the time left.

    Args:
        name: of the search.
        trajectories: all of them.
        kept: those that need not be trained; they count as finished, but not for the speed.
        images: in the training split.
    """

    def __init__(
        self, name: str, trajectories: Sequence[Trajectory], kept: Mapping[Trajectory, Outcome], *, images: int
    ) -> None:
        self.name = name
        self.count = len(trajectories)
        self.images = images
        self.expected = sum(trajectory.epochs[-1] for trajectory in kept) * images  # of finished trajectories
        total = sum(trajectory.epochs[-1] for trajectory in trajectories) * images
        self.bar = progress.bar(total=total, label=name, unit="img", scale=True, done=self.expected)
        self.bar.smoothing = 0  # show the mean speed: other processes report whole trajectories
        self.done = 0
        self.best = (0.0, "")
        for trajectory, outcome in kept.items():
            self._count(trajectory, outcome)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self.bar.__exit__(*error)

    def add_images(self, images: int) -> None:
        """Count images of a running trajectory."""
        self.bar.update(images)

    def finished(self, trajectory: Trajectory, outcome: Outcome) -> None:
        """Count a finished trajectory."""
        self._count(trajectory, outcome)
        self.expected += trajectory.epochs[-1] * self.images
        self.bar.update(self.expected - self.bar.n)  # images of another process, or of epochs that a failure left out

    def _count(self, trajectory: Trajectory, outcome: Outcome) -> None:
        self.done += 1
        for epoch, metrics in outcome.measured.items():
            if metrics["validation_accuracy"] > self.best[0]:
                self.best = metrics["validation_accuracy"], f"{trajectory._replace(epochs=(epoch,))}"
        accuracy, described = self.best
        best = f", best on validation {accuracy:.4f} ({described})" if described else ""
        self.bar.set_description(f"{self.name}: {self.done}/{self.count} trajectories{best}", refresh=False)


@contextmanager
def live_page(name: str) -> Iterator[Callable[[Outcome], None]]:
    """Write each finished trajectory to ``dvclive/<name>/report.html``, if ``IMAGELAB_LIVE`` is 1.

    The page is no output of the pipeline, and DVCLive does not change ``dvc.yaml``.

    Raises:
        InputError: if DVCLive is wanted and not installed.
    """
    if os.environ.get(LIVE) != "1":
        yield lambda outcome: None
        return
    try:
        from dvclive.live import Live
    except ModuleNotFoundError:
        expected = "the package dvclive (pip install dvclive)"
        raise InputError(LIVE, where="environment", expected=expected, received="1") from None
    with Live(str(LIVE_FOLDER / name.rpartition("@")[2]), report="html", dvcyaml=None, save_dvc_exp=False) as live:
        best = 0.0

        def log(outcome: Outcome) -> None:
            nonlocal best
            for metrics in outcome.measured.values():
                best = max(best, metrics["validation_accuracy"])
                for metric, value in metrics.items():
                    live.log_metric(metric, value)
                live.log_metric("best_validation_accuracy", best)
                live.next_step()

        yield log
