"""Run a search: reuse kept outcomes, train the others, return the table of all points."""

import math
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

from imagelab.classification.data import SPLITS, read_class_names, read_examples
from imagelab.classification.search import engines, store, watch
from imagelab.classification.search.engines import Engine, Lost
from imagelab.classification.search.grid import Point, Trajectory, trajectories, trajectory_of
from imagelab.classification.search.store import Store
from imagelab.classification.search.trajectory import METRICS, Outcome, Study, train
from imagelab.runtime.errors import InputError
from imagelab.settings.params import Params
from imagelab.storage import writing
from imagelab.training import durations, variables


def search_data_set(name: str, points: Sequence[Point], folder: Path, settings: Params, *, out: Path) -> None:
    """Train and measure every point on a prepared data set with the chosen engine, and warn of failures.

    How long the trainings took is kept by ``durations``.

    Args:
        name: of the stage, for the screen.
        points: to try.
        folder: with the splits that ``data.write_examples`` wrote.
        settings: seed, precision and threads.
        out: where to write the table, as ``tabulate`` returns it.

    Raises:
        InputError: as ``train_missing``, if all points fail, for an invalid environment variable, and if the table
            cannot be written.
    """
    splits = {split: read_examples(folder, split) for split in SPLITS}
    classes = len(read_class_names(folder))
    study = Study(splits, classes, settings.seed, settings.precision, settings.threads)
    kept = Store(study, Path(os.environ.get(store.FOLDER_VARIABLE) or store.FOLDER))
    engine = engines.choose(os.environ, threads=settings.threads)
    outcomes = train_missing(name, trajectories(points), study, engine=engine, kept=kept)
    table = tabulate(name, points, outcomes, processors=variables.any_processor())
    writing.write_csv(table, out)
    durations.keep(
        name,
        [durations.Training(str(trajectory), outcome.parts) for trajectory, outcome in outcomes.items()],
        [out],
        backend=variables.backend_name(),
        precision=settings.precision,
        threads=settings.threads,
    )
    warn_of_failures(name, table)


def tabulate(
    name: str, points: Sequence[Point], outcomes: Mapping[Trajectory, Outcome], *, processors: bool
) -> pd.DataFrame:
    """Make the table of a search.

    Args:
        name: of the search, for the screen.
        points: that were tried.
        outcomes: of the ``trajectories`` of these points.
        processors: whether the table says on which processor each row was computed. Without that, tables of machines
            that compute the same bits are equal.

    Returns:
        One row for each point, in order: its settings, ``run`` (2 if the same settings are listed a second time),
        ``trajectory.METRICS`` after its last epoch, and ``failure``: the reason if it failed, and then the metrics are
        missing. If wanted, also ``processor``: its model, empty if a process died before it said so.

    Raises:
        InputError: if all points fail.
    """
    by_training = {trajectory._replace(epochs=()): outcome for trajectory, outcome in outcomes.items()}
    rows = [{**point.row(), **_measured(by_training, point)} for point in points]
    table = pd.DataFrame(rows)
    if processors:
        table["processor"] = [_of(point, by_training).computed_on.get("processor", "") for point in points]
    if table["failure"].ne("").all():
        raise InputError(name, where="search", expected="one point at least that trains", received=table["failure"][0])
    return table


def warn_of_failures(name: str, table: pd.DataFrame) -> None:
    """Print on the standard error stream which points have no result, why, and how to try them again."""
    failed = table[table["failure"].ne("")]
    if len(failed):
        print(f"warning: {name}: {len(failed)} of {len(table)} points have no result:", file=sys.stderr)
        for reason, group in failed.groupby("failure", sort=False):
            print(f"warning:   {reason} (points: {len(group)})", file=sys.stderr)
        print(f"warning: dvc repro -f -s {name} tries these again, and only these", file=sys.stderr)


def train_missing(
    name: str, joined: Sequence[Trajectory], study: Study, *, engine: Engine, kept: Store
) -> dict[Trajectory, Outcome]:
    """Train and measure trajectories that are not kept, and keep each as soon as it is finished.

    Args:
        name: of the search, for the screen.
        joined: all trajectories.
        study: data, number of classes, seed, precision and threads.
        engine: runs the trainings.
        kept: finished trajectories.

    Returns:
        The outcomes of all, failures too, in the order of ``joined``.

    Raises:
        InputError: as ``backend.configure``, and if a kept file is damaged.
    """
    found = {trajectory: outcome for trajectory in joined if (outcome := kept.find(trajectory)) is not None}
    missing = [trajectory for trajectory in joined if trajectory not in found]
    with (
        watch.live_page(name) as log,
        watch.SearchBar(name, joined, found, images=len(study.splits["train"].images)) as bar,
    ):
        for outcome in found.values():
            log(outcome)
        if not missing:
            return found
        # Closed, so that an interruption ends the engine's processes too.
        with closing(engine(train, study, missing, bar.add_images)) as results:
            for index, result in results:
                trajectory = missing[index]
                outcome = Outcome({}, f"{trajectory}: {result.reason}", {}) if isinstance(result, Lost) else result
                kept.keep(trajectory, outcome)
                found[trajectory] = outcome
                bar.finished(trajectory, outcome)
                log(outcome)
    return {trajectory: found[trajectory] for trajectory in joined}


def _of(point: Point, by_training: Mapping[Trajectory, Outcome]) -> Outcome:
    return by_training[trajectory_of(point)._replace(epochs=())]


def _measured(by_training: Mapping[Trajectory, Outcome], point: Point) -> dict[str, Any]:
    outcome = _of(point, by_training)
    if point.epochs in outcome.measured:
        return {**outcome.measured[point.epochs], "failure": ""}
    return {**dict.fromkeys(METRICS, math.nan), "failure": outcome.failure}
