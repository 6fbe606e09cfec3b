from pathlib import Path

import numpy as np
import pytest

from imagelab.clocks.arrays import read_probabilities, read_raw_clocks, read_views
from imagelab.runtime.errors import InputError
from imagelab.storage import writing

IMAGES = np.zeros((3, 16, 16), np.uint8)
LABELS = np.array([[0, 0], [5, 30], [11, 59]])


def write_clocks(folder: Path, images: np.ndarray, labels: np.ndarray) -> None:
    writing.write_array(images, folder / "images.npy")
    writing.write_array(labels, folder / "labels.npy")


def test_clocks_come_with_a_channel_and_times_in_minutes(tmp_path: Path) -> None:
    write_clocks(tmp_path, IMAGES, LABELS)
    images, minutes = read_raw_clocks(tmp_path)
    assert images.shape == (3, 16, 16, 1)
    assert minutes.tolist() == [0, 330, 719]


def test_clocks_without_views_are_told_apart_from_renderings(tmp_path: Path) -> None:
    assert read_views(tmp_path, count=3, columns=[]) is None


@pytest.mark.parametrize("value", [-0.1, 1.5])
def test_what_is_no_probability_is_refused(value: float, tmp_path: Path) -> None:
    path = tmp_path / "probability.npy"
    writing.write_array(np.array([0.5, value]), path)
    with pytest.raises(InputError, match=r"probability\.npy: probabilities: expected numbers 0\.\.1, received"):
        read_probabilities(path, count=2)
