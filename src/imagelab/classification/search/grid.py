"""Points of a grid, and the trajectories that they share."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import ParameterGrid

from imagelab.settings.classification import CnnFamily, MlpFamily, Network


class Point(NamedTuple):
    """One combination of settings."""

    variant: str | None  # names the network where a family has several
    network: Network
    optimizer: str
    learning_rate: float
    batch_size: int  # rows
    epochs: int
    run: int = 1  # 2 for the second time that the same settings are listed

    def row(self) -> dict[str, Any]:
        """Return the settings and the run as columns of a table."""
        columns = self._asdict()
        del columns["network"]
        if self.variant is None:
            del columns["variant"]
        return columns


class Trajectory(NamedTuple):
    """One training, measured on its way: points of one run that differ in epochs only.

    With the same seed, training for 5 epochs is the beginning of training for 10, bit for bit.
    """

    network: Network
    optimizer: str
    learning_rate: float
    batch_size: int  # rows
    epochs: tuple[int, ...]  # at which it is measured, ascending; trained to the last
    run: int = 1

    def __str__(self) -> str:
        """Describe it in a few words for screen and messages."""
        settings = f"{self.optimizer}, {self.learning_rate:g}, batch {self.batch_size}, {self.epochs[-1]} epochs"
        return f"{settings}{f', run {self.run}' if self.run > 1 else ''}; {self.network}"


def points(family: MlpFamily | CnnFamily) -> list[Point]:
    """List a family's points, sub-grid by sub-grid as ``ParameterGrid`` orders them.

    A point that is listed twice, as the report prints some, comes as run 1 and as run 2, which has another seed.
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
    """Return the seed of a run's weights, dropout and order: the setting itself for run 1, else derived from both."""
    return seed if run == 1 else int(np.random.SeedSequence((seed, run)).generate_state(1)[0] >> 1)  # 31 bits


def trajectory_of(point: Point) -> Trajectory:
    """Return the trajectory of one point alone."""
    settings = (point.network, point.optimizer, point.learning_rate, point.batch_size)
    return Trajectory(*settings, (point.epochs,), point.run)


def trajectories(points: Iterable[Point]) -> list[Trajectory]:
    """Join points of one run that differ in epochs only, in the order in which they first appear."""
    joined: dict[Trajectory, set[int]] = {}
    for point in points:
        joined.setdefault(trajectory_of(point)._replace(epochs=()), set()).add(point.epochs)
    return [trajectory._replace(epochs=tuple(sorted(epochs))) for trajectory, epochs in joined.items()]
