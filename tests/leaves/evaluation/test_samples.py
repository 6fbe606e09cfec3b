from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from imagelab.leaves.evaluation.samples import (
    SPACES,
    References,
    read_references,
    read_samples,
    read_snapshots,
    write_features,
)
from imagelab.runtime.errors import InputError
from imagelab.storage import writing

RANDOM = np.random.default_rng(0)


def features(*shape: int) -> dict[str, NDArray[np.float64]]:
    return {space: RANDOM.normal(size=shape) for space in SPACES}


def test_what_was_drawn_is_read_back_by_space(tmp_path: Path) -> None:
    images, own, late = RANDOM.random((6, 4, 4, 3)), features(6, 5), features(2, 6, 5)
    writing.write_array(images, tmp_path / "samples.npy")
    writing.write_array(np.array([1, 5]), tmp_path / "snapshot_epochs.npy")
    writing.write_array(np.zeros((2, 6, 4, 4, 3), np.uint8), tmp_path / "snapshots.npy")
    write_features(own, tmp_path, "sample")
    write_features(late, tmp_path, "snapshot")
    samples, snapshots = read_samples(tmp_path), read_snapshots(tmp_path, tmp_path)
    assert samples.classes is None
    assert np.array_equal(samples.images, images)
    assert snapshots.epochs.tolist() == [1, 5]
    for space in SPACES:
        assert np.array_equal(samples.features[space], own[space])
        assert np.array_equal(snapshots.features[space], late[space])
    writing.write_array(np.arange(6), tmp_path / "classes.npy")
    assert np.array_equal(read_samples(tmp_path).classes, np.arange(6))


def test_references_are_read_by_space_and_a_missing_one_is_named(tmp_path: Path) -> None:
    kinds = {kind: features(3, 5) for kind in References._fields}
    for kind, own in kinds.items():
        write_features(own, tmp_path, kind)
    found = read_references(tmp_path)
    for space in SPACES:
        assert all(np.array_equal(getattr(found[space], kind), own[space]) for kind, own in kinds.items())
    (tmp_path / "noise_random_features.npy").unlink()
    with pytest.raises(InputError, match=r"noise_random_features\.npy: array: expected a \.npy file"):
        read_references(tmp_path)
