from pathlib import Path

import numpy as np
import pytest

from imagelab.clocks.arrays import read_known_views, read_raw_clocks, read_views
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


def test_clocks_to_be_read_beside_others_must_have_their_size(tmp_path: Path) -> None:
    write_clocks(tmp_path, IMAGES, LABELS)
    size = IMAGES.shape[1]
    read_raw_clocks(tmp_path, image_size=size)
    with pytest.raises(InputError, match=rf"expected {size + 1} pixels wide, as the clocks are .*, received {size}"):
        read_raw_clocks(tmp_path, image_size=size + 1)


def test_clocks_without_views_are_told_apart_from_renderings(tmp_path: Path) -> None:
    assert read_views(tmp_path, count=3, columns=[]) is None
    with pytest.raises(InputError, match=r"expected that of the renderer, or reader\.auxiliary_weight: 0"):
        read_known_views(tmp_path, count=3, columns=[])
