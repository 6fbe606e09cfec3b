"""What is seen of a search while it runs: a bar, and on request DVCLive's page."""

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
    """A bar over all pictures to be seen, with the trajectories done, the best accuracy so far, and the time left.

    Args:
        name: of the search.
        trajectories: all of them.
        kept: those that need not be trained; they count as done, and not for the speed.
        images: in the training split.
    """

    def __init__(
        self, name: str, trajectories: Sequence[Trajectory], kept: Mapping[Trajectory, Outcome], *, images: int
    ) -> None:
        self.name = name
        self.count = len(trajectories)
        self.images = images
        self.expected = sum(trajectory.epochs[-1] for trajectory in kept) * images  # pictures of those that are done
        total = sum(trajectory.epochs[-1] for trajectory in trajectories) * images
        self.bar = progress.bar(total=total, label=name, unit="img", scale=True, done=self.expected)
        self.bar.smoothing = 0  # the mean speed, since other processes report whole trajectories
        self.done = 0
        self.best = (0.0, "")
        for trajectory, outcome in kept.items():
            self._count(trajectory, outcome)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self.bar.__exit__(*error)

    def seen(self, images: int) -> None:
        """Count pictures of a trajectory that is running."""
        self.bar.update(images)

    def finished(self, trajectory: Trajectory, outcome: Outcome) -> None:
        """Count a trajectory."""
        self._count(trajectory, outcome)
        self.expected += trajectory.epochs[-1] * self.images
        self.bar.update(self.expected - self.bar.n)  # what ran in another process, or ended early

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
    """Write each finished trajectory to ``dvclive/<name>/report.html``, if the environment asks for it.

    ``dvc.yaml`` stays as it is, and the page is no output of the pipeline.

    Raises:
        InputError: if DVCLive is asked for and not installed.
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
