import keras
import numpy as np
import pytest

from imagelab.classification.views import average_over_views, check_views
from imagelab.runtime.errors import InputError
from imagelab.settings.training import Views
from imagelab.training.inference import predict

PICTURES = np.random.default_rng(1).integers(0, 256, (3, 6, 6, 1)).astype(np.uint8)


def network() -> keras.Model:
    """Logits are the brightnesses of the upper left pixel and of its right neighbour."""
    image = keras.Input((6, 6, 1))
    return keras.Model(image, keras.ops.concatenate([image[:, 0, 0], image[:, 0, 1]], axis=1))


def averaged(flips: bool, shift: int) -> np.ndarray:
    model = network()
    logits = predict(model, PICTURES)
    return average_over_views(model, PICTURES, logits, Views(flips=flips, shift=shift)) * 255


def pixel(row: int, column: int) -> np.ndarray:
    return PICTURES[:, row, column, 0].astype(float)


def test_without_views_logits_are_the_pictures_own() -> None:
    assert averaged(flips=False, shift=0)[:, 0] == pytest.approx(pixel(0, 0))


def test_a_picture_and_its_mirror_image_count_the_same() -> None:
    assert averaged(flips=True, shift=0)[:, 0] == pytest.approx((pixel(0, 0) + pixel(0, 5)) / 2)


def test_the_picture_in_its_place_counts_half_and_two_diagonal_shifts_a_quarter_each() -> None:
    expected = pixel(0, 0) / 2 + pixel(2, 2) / 4 + pixel(2, 2) / 4  # back, the edge's mirror image comes in
    assert averaged(flips=False, shift=2)[:, 0] == pytest.approx(expected)
    expected = pixel(0, 1) / 2 + pixel(1, 2) / 4 + pixel(1, 0) / 4
    assert averaged(flips=False, shift=1)[:, 1] == pytest.approx(expected)


def test_mirror_images_of_shifted_pictures_count_too() -> None:
    in_place = (pixel(0, 0) + pixel(0, 5)) / 2
    forward, back = (pixel(1, 1) + pixel(1, 4)) / 2, (pixel(1, 1) + pixel(1, 4)) / 2
    assert averaged(flips=True, shift=1)[:, 0] == pytest.approx(in_place / 2 + (forward + back) / 4)


def test_a_shift_as_large_as_a_picture_is_refused() -> None:
    check_views(Views(flips=True, shift=5), PICTURES)
    with pytest.raises(InputError, match=r"test_time_views: shift: expected less than 6 pixels.*received 6"):
        check_views(Views(flips=True, shift=6), PICTURES)
