"""Ratios of distances between the generators of one run."""

import numpy as np
import pytest
from numpy.typing import NDArray

from imagelab.leaves.evaluation import ratios
from imagelab.leaves.evaluation.samples import SPACES, References, Samples, Snapshots
from imagelab.leaves.groups import LeafGroups

RANDOM = np.random.default_rng(0)
GROUPS = LeafGroups(np.repeat(np.arange(150), 2), np.arange(300))
REAL = {space: References(*(RANDOM.normal(size=(300, 4)) for _ in range(3))) for space in SPACES}


def features(place: float, *, count: int = 400) -> dict[str, NDArray[np.float64]]:
    """Normal with a mean that is this far from 0 in each of four dimensions; so far apart in both spaces."""
    return {space: RANDOM.normal(place, 1, (count, 4)) for space in SPACES}


def samples(place: float) -> Samples:
    return Samples(np.zeros((400, 1, 1, 3)), None, features(place))


def snapshots(*places: float, epochs: tuple[int, ...]) -> Snapshots:
    drawn = [features(place) for place in places]
    by_space = {space: np.stack([own[space] for own in drawn]) for space in SPACES}
    return Snapshots(np.array(epochs), np.zeros((len(epochs), 400, 1, 1, 3), np.uint8), by_space)


def test_each_further_generator_is_divided_by_the_first() -> None:
    table = ratios.over_the_first({"a": samples(2.0), "b": samples(1.0), "c": samples(2.0)}, REAL, GROUPS, seed=1)
    assert tuple(table) == ratios.COLUMNS
    assert table["compared"].tolist() == ["b over a"] * 2 + ["c over a"] * 2
    assert table["space"].tolist() == [*SPACES] * 2
    assert table["images"].tolist() == [300] * 4
    assert table["ratio"].tolist() == pytest.approx([4 / 16] * 2 + [1] * 2, rel=0.15)
    assert (table["ratio_low"] < table["ratio"]).all() and (table["ratio"] < table["ratio_high"]).all()
    assert table["epoch"].isna().all()


def test_a_later_epoch_is_divided_by_the_earlier_one_where_both_are_there() -> None:
    found = {
        "a": snapshots(3.0, 2.0, 1.0, epochs=(1, 50, 100)),
        "b": snapshots(2.0, 1.0, epochs=(1, 50)),
    }
    table = ratios.over_an_earlier_epoch(found, REAL, GROUPS, earlier=50, later=100, seed=1)
    assert table["compared"].tolist() == ["a, epoch 100 over 50"] * 2
    assert table["ratio"].tolist() == pytest.approx([4 / 16] * 2, rel=0.15)
    assert (
        table[["generator", "epoch", "over_generator", "over_epoch"]].to_numpy().tolist() == [["a", 100, "a", 50]] * 2
    )


def test_no_generator_with_both_epochs_is_a_table_without_rows() -> None:
    table = ratios.over_an_earlier_epoch(
        {"a": snapshots(1.0, epochs=(1,))}, REAL, GROUPS, earlier=50, later=100, seed=1
    )
    assert tuple(table) == ratios.COLUMNS and table.empty
