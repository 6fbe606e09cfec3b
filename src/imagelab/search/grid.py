"""Points of a grid, and the trajectories that they share."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sklearn.model_selection import ParameterGrid

from imagelab.params import CnnFamily, MlpFamily, Network


class Point(NamedTuple):
    """One combination of settings."""

    variant: str | None  # names the network where a family has several
    network: Network
    optimizer: str
    learning_rate: float
    batch_size: int  # rows
    epochs: int

    def row(self) -> dict[str, Any]:
        """Return the settings as columns of a table."""
        columns = self._asdict()
        del columns["network"]
        if self.variant is None:
            del columns["variant"]
        return columns


class Trajectory(NamedTuple):
    """One training, measured on its way: points that differ in epochs only.

    With the same seed, training for 5 epochs is the beginning of training for 10, bit for bit.
    """

    network: Network
    optimizer: str
    learning_rate: float
    batch_size: int  # rows
    epochs: tuple[int, ...]  # at which it is measured, ascending; trained to the last

    def __str__(self) -> str:
        """Describe it in a few words for screen and messages."""
        settings = f"{self.optimizer}, {self.learning_rate:g}, batch {self.batch_size}, {self.epochs[-1]} epochs"
        return f"{settings}; {self.network}"


def points(family: MlpFamily | CnnFamily) -> list[Point]:
    """List a family's points, sub-grid by sub-grid as ``ParameterGrid`` orders them.

    A point that is listed twice comes twice, as the report prints some; it is still trained once.
    """
    grid = ParameterGrid([{name: list(values) for name, values in sub_grid} for sub_grid in family.grid])
    if isinstance(family, MlpFamily):
        return [Point(network=family.variants[settings["variant"]], **settings) for settings in grid]
    return [Point(variant=None, network=family.network, **settings) for settings in grid]


def trajectory_of(point: Point) -> Trajectory:
    """Return the trajectory of one point alone."""
    return Trajectory(point.network, point.optimizer, point.learning_rate, point.batch_size, (point.epochs,))


def trajectories(points: Iterable[Point]) -> list[Trajectory]:
    """Join points that differ in epochs only, in the order in which they first appear."""
    joined: dict[Trajectory, set[int]] = {}
    for point in points:
        joined.setdefault(trajectory_of(point)._replace(epochs=()), set()).add(point.epochs)
    return [trajectory._replace(epochs=tuple(sorted(epochs))) for trajectory, epochs in joined.items()]
