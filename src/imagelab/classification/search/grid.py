"""Points of a grid, and the trajectories that points share."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import ParameterGrid

from imagelab.settings.classification import CnnFamily, MlpFamily, Network


class Point(NamedTuple):
    """One combination of settings."""

    variant: str | None  # name of the network in a family with several
    network: Network
    optimizer: str
    learning_rate: float
    batch_size: int  # rows
    epochs: int
    run: int = 1  # 2 if the same settings are listed a second time

    def row(self) -> dict[str, Any]:
        """Return the settings and the run as columns of a table."""
        columns = self._asdict()
        del columns["network"]
        if self.variant is None:
            del columns["variant"]
        return columns


class Trajectory(NamedTuple):
    """One training with several measurements, for points of one run that differ in epochs only.

    With the same seed, the first 5 epochs of a training for 10 are a training for 5, bit for bit.
    """

    network: Network
    optimizer: str
    learning_rate: float
    batch_size: int  # rows
    epochs: tuple[int, ...]  # at which it is measured, ascending; training ends with the last
    run: int = 1

    def __str__(self) -> str:
        """Return a short description for screen and messages."""
        settings = f"{self.optimizer}, {self.learning_rate:g}, batch {self.batch_size}, {self.epochs[-1]} epochs"
        return f"{settings}{f', run {self.run}' if self.run > 1 else ''}; {self.network}"


def points(family: MlpFamily | CnnFamily) -> list[Point]:
    """List a family's points, sub-grid by sub-grid as ``ParameterGrid`` orders them.

    A point that is listed twice, as some are in the report, becomes run 1 and run 2; run 2 has another seed.
    """
    grid = ParameterGrid([{name: list(values) for name, values in sub_grid} for sub_grid in family.grid])
    if isinstance(family, MlpFamily):
        listed = [Point(network=family.variants[settings["variant"]], **settings) for settings in grid]
    else:
        listed = [Point(variant=None, network=family.network, **settings) for settings in grid]
    times: Counter[Point] = Counter()
    numbered = []
    for point in listed:
        times[point] += 1
        numbered.append(point._replace(run=times[point]))
    return numbered


def seed_of(seed: int, run: int) -> int:
    """Return the seed of a run's weights, dropout and order: for run 1 the setting, else one derived from both."""
    return seed if run == 1 else int(np.random.SeedSequence((seed, run)).generate_state(1)[0] >> 1)  # 31 bits


def trajectory_of(point: Point) -> Trajectory:
    """Return the trajectory of one point alone."""
    settings = (point.network, point.optimizer, point.learning_rate, point.batch_size)
    return Trajectory(*settings, (point.epochs,), point.run)


def trajectories(points: Iterable[Point]) -> list[Trajectory]:
    """Join points of one run that differ in epochs only, in the order of their first points."""
    joined: dict[Trajectory, set[int]] = {}
    for point in points:
        joined.setdefault(trajectory_of(point)._replace(epochs=()), set()).add(point.epochs)
    return [trajectory._replace(epochs=tuple(sorted(epochs))) for trajectory, epochs in joined.items()]
