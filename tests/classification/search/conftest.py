"""A small study: pictures that any classifier can tell apart, and a grid for it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imagelab.classification.data import SPLITS
from imagelab.classification.search.grid import Point, Trajectory, points
from imagelab.classification.search.store import Store
from imagelab.classification.search.trajectory import Outcome, Study
from imagelab.settings.classification import CnnFamily, MlpFamily
from imagelab.storage.splits import Split
from imagelab.training import backend

MLP = {
    "variants": {
        "small": {"hidden": [16], "dropout": [0.2], "l1_on_first": 0.0},
        "penalised": {"hidden": [16], "dropout": [0.2], "l1_on_first": 0.5},
    },
    "grid": [
        {"variant": ["small"], "optimizer": ["adam"], "learning_rate": [0.01], "batch_size": [16], "epochs": [1, 2]}
    ],
}
CNN = {
    "network": {"filters": [2, 3, 4], "dense": [6, 5], "dropout": 0.5, "batch_normalization": True},
    "grid": [{"optimizer": ["nadam"], "learning_rate": [0.01], "batch_size": [20], "epochs": [1, 3]}],
}


def make_study(*, classes: int = 10, seed: int = 1, brightness: int = 150) -> Study:
    random = np.random.default_rng(0)
    splits = {}
    for name, count in zip(SPLITS, (50, 20, 30), strict=True):
        targets = (np.arange(count) % 2).astype(np.uint8)
        images = random.integers(0, 100, (count, 8, 8, 1)) + brightness * targets[:, None, None, None]
        splits[name] = Split(images.astype(np.uint8), targets)
    return Study(splits, classes, seed, "float32", 1)


def mlp_points(**changes: Any) -> list[Point]:
    """The points of the MLP family with other lists of values."""
    content = {**MLP, "grid": [{**MLP["grid"][0], **changes}]}  # type: ignore[dict-item]
    return points(MlpFamily.model_validate(content, strict=False))


def cnn_points(**changes: Any) -> list[Point]:
    content = {**CNN, "grid": [{**CNN["grid"][0], **changes}]}  # type: ignore[dict-item]
    return points(CnnFamily.model_validate(content, strict=False))


@pytest.fixture
def study() -> Study:
    return make_study()


@pytest.fixture
def store(study: Study, tmp_path: Path) -> Store:
    return Store(study, tmp_path)


class CountingEngine:
    """Trains nothing: makes up outcomes from the settings, and remembers what it was asked for."""

    def __init__(self, *, dies_after: int | None = None) -> None:
        self.asked: list[Trajectory] = []
        self.dies_after = dies_after

    def __call__(
        self, work: object, study: Study, items: Sequence[Trajectory], seen: Callable[[int], None]
    ) -> Iterator[tuple[int, Any]]:
        for index, trajectory in enumerate(items):
            if index == self.dies_after:
                raise KeyboardInterrupt
            self.asked.append(trajectory)
            yield index, made_up(trajectory)


def made_up(trajectory: Trajectory) -> Outcome:
    def metrics(epoch: int) -> dict[str, float]:
        accuracy = trajectory.learning_rate * 10 + epoch / 1000
        return {
            "validation_loss": 1.0,
            "validation_accuracy": accuracy,
            "test_loss": 1.0,
            "test_accuracy": accuracy / 2,
            "penalty": 0.0,
        }

    return Outcome({epoch: metrics(epoch) for epoch in trajectory.epochs}, None, backend.environment())
