from pathlib import Path

import numpy as np
import pytest

from imagelab import artifacts, datasets
from imagelab.errors import InputError

IMAGES = np.zeros((3, 8, 8), np.uint8)
LABELS = np.array([[0, 0], [5, 30], [11, 59]])


def write_clocks(folder: Path, images: np.ndarray, labels: np.ndarray) -> None:
    artifacts.write_array(images, folder / "images.npy")
    artifacts.write_array(labels, folder / "labels.npy")


def test_clocks_come_with_a_channel_and_times_in_minutes(tmp_path: Path) -> None:
    write_clocks(tmp_path, IMAGES, LABELS)
    images, minutes = datasets.read_raw_clocks(tmp_path)
    assert images.shape == (3, 8, 8, 1)
    assert minutes.tolist() == [0, 330, 719]


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES.astype(float), LABELS, r"images.npy: images: expected uint8, \(n, size, size\), received float64"),
        (IMAGES[:, :4], LABELS, "expected uint8"),
        (IMAGES[..., None], LABELS, "expected 3 dimensions"),
        (IMAGES[:2], LABELS, "labels.npy: labels: expected one for each of 2 images, received 3"),
        (
            IMAGES,
            LABELS + np.array([1, 0]),
            r"labels.npy: label 2: expected hours 0..11 and minutes 0..59, received \[12, 59\]",
        ),
        (IMAGES, LABELS.astype(float), "expected integers"),
    ],
)
def test_clocks_of_another_form_are_refused(
    images: np.ndarray, labels: np.ndarray, message: str, tmp_path: Path
) -> None:
    write_clocks(tmp_path, images, labels)
    with pytest.raises(InputError, match=message):
        datasets.read_raw_clocks(tmp_path)


def test_clocks_to_be_read_beside_others_must_have_their_size(tmp_path: Path) -> None:
    write_clocks(tmp_path, IMAGES, LABELS)
    size = IMAGES.shape[1]
    datasets.read_raw_clocks(tmp_path, image_size=size)
    with pytest.raises(InputError, match=rf"expected {size + 1} pixels wide, as the clocks are .*, received {size}"):
        datasets.read_raw_clocks(tmp_path, image_size=size + 1)


def test_clocks_without_views_are_told_apart_from_renderings(tmp_path: Path) -> None:
    assert datasets.read_views(tmp_path) is None
    with pytest.raises(InputError, match=r"expected that of the renderer, or reader\.helper_weight: 0"):
        datasets.read_known_views(tmp_path)
