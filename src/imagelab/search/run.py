"""Run a search: what is kept, what is trained, and the table of all points."""

import sys
from collections.abc import Sequence
from typing import Any

import pandas as pd

from imagelab import backend
from imagelab.errors import InputError
from imagelab.search import watch
from imagelab.search.engines import Engine, Lost
from imagelab.search.grid import Point, Trajectory, trajectories, trajectory_of
from imagelab.search.store import Store
from imagelab.search.trajectory import MEASURED, Outcome, Study, train


def run(name: str, points: Sequence[Point], study: Study, *, engine: Engine, store: Store) -> pd.DataFrame:
    """Train and measure every point.

    Points that differ in epochs only are one training. What the store holds is not trained again, and each finished
    trajectory is kept at once.

    Args:
        name: of the search, for the screen.
        points: to try.
        study: data, seed and how to compute.
        engine: where to train.
        store: of finished trajectories.

    Returns:
        One row a point, in order: its settings, ``run`` (2 for the second time that the same point is listed), then
        ``validation_loss``, ``validation_accuracy``, ``test_loss`` and ``test_accuracy`` after its last epoch, and
        ``failure``. Where that names a reason, the metrics are missing.

    Raises:
        InputError: if all points fail, or this machine cannot compute in the precision asked for.
    """
    backend.configure(seed=study.seed, precision=study.precision, threads=study.threads)  # fails before any work
    joined = trajectories(points)
    outcomes = _outcomes(name, joined, study, engine=engine, store=store)
    by_training = {trajectory._replace(epochs=()): outcomes[trajectory] for trajectory in joined}
    rows = [{**point.row(), **_measured(by_training, point)} for point in points]
    table = pd.DataFrame(rows)
    settings = [column for column in points[0].row() if column in table]
    table.insert(len(settings), "run", table.groupby(settings).cumcount() + 1)
    if table["failure"].ne("").all():
        raise InputError(name, where="search", expected="one point at least that trains", received=table["failure"][0])
    return table


def warn_of_failures(table: pd.DataFrame) -> None:
    """Say on the standard error stream which points have no result, and why."""
    failed = table[table["failure"].ne("")]
    if len(failed):
        print(f"warning: {len(failed)} of {len(table)} points failed and have no accuracy:", file=sys.stderr)
        for reason, group in failed.groupby("failure", sort=False):
            print(f"warning:   {reason} ({len(group)} points)", file=sys.stderr)


def _outcomes(
    name: str, joined: Sequence[Trajectory], study: Study, *, engine: Engine, store: Store
) -> dict[Trajectory, Outcome]:
    outcomes: dict[Trajectory, Outcome] = {}
    bar = watch.SearchBar(name, joined, images=len(study.splits["train"].images))
    with watch.live_page(name) as log:
        try:
            for trajectory in joined:
                kept = store.find(trajectory)
                if kept is not None:
                    outcomes[trajectory] = kept
                    bar.finished(trajectory, kept)
                    log(kept)
            missing = [trajectory for trajectory in joined if trajectory not in outcomes]
            for index, result in engine(train, study, missing, bar.seen) if missing else ():
                trajectory = missing[index]
                outcome = Outcome({}, f"{trajectory}: {result.reason}") if isinstance(result, Lost) else result
                store.keep(trajectory, outcome)
                outcomes[trajectory] = outcome
                bar.finished(trajectory, outcome)
                log(outcome)
        finally:
            bar.close()
    return outcomes


def _measured(by_training: dict[Trajectory, Outcome], point: Point) -> dict[str, Any]:
    outcome = by_training[trajectory_of(point)._replace(epochs=())]
    if point.epochs in outcome.measured:
        return {**outcome.measured[point.epochs], "failure": ""}
    nothing = {f"{split}_{metric}": float("nan") for split in MEASURED for metric in ("loss", "accuracy")}
    return {**nothing, "failure": outcome.failure}
