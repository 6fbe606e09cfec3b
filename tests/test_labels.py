import numpy as np
import pytest

from imagelab import labels
from imagelab.errors import InputError
from imagelab.evaluation import common_sense_error_minutes

ALL_TIMES = np.arange(720)


def test_rows_of_hour_and_minute_are_counted_from_twelve() -> None:
    rows = np.array([[0, 0], [5, 30], [11, 59]])
    assert labels.to_minutes(rows).tolist() == [0, 330, 719]


def test_classification_labels_decode_to_the_time_they_encode() -> None:
    scores = np.eye(720)[labels.to_classification(ALL_TIMES)]
    assert np.array_equal(labels.from_classification(scores), ALL_TIMES)


def test_regression_labels_decode_to_the_time_they_encode() -> None:
    hours = labels.to_regression(ALL_TIMES)
    assert np.array_equal(labels.from_regression(hours), ALL_TIMES)
    assert len(np.unique(hours)) == 720
    assert hours[330] == 5.5


def test_multi_head_labels_decode_to_the_time_they_encode() -> None:
    hour, minute = labels.to_multi_head(ALL_TIMES).T
    assert np.array_equal(labels.from_multi_head(np.eye(12)[hour.astype(int)], minute), ALL_TIMES)


def test_hours_beyond_the_dial_wrap_around() -> None:
    assert labels.from_regression(np.array([12.5, -0.5, 11.99999])).tolist() == [30.0, 690.0, 0.0]


def test_a_minute_beyond_the_hour_leaves_the_hour_as_it_was_read() -> None:
    nine = np.eye(12)[[9, 9]]
    assert labels.from_multi_head(nine, np.array([61.5, -3.0])).tolist() == [9 * 60 + 59, 9 * 60]


@pytest.mark.parametrize("row", [[12, 0], [-1, 0], [0, 60], [0, -1]])
def test_times_off_the_dial_are_refused_by_row(row: list[int]) -> None:
    with pytest.raises(InputError, match=r"label 1: expected hours 0..11 and minutes 0..59, received"):
        labels.to_minutes(np.array([[0, 0], row]))


@pytest.mark.parametrize("wrong", [np.zeros((3, 2)), np.zeros(4, int), np.zeros((3, 3), int)])
def test_labels_of_another_form_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(InputError, match="expected integers, shape"):
        labels.to_minutes(wrong)


@pytest.mark.parametrize("transform", [labels.to_classification, labels.to_regression, labels.to_multi_head])
def test_transforms_refuse_minutes_off_the_dial(transform) -> None:
    with pytest.raises(ValueError, match="received 720 to 720"):
        transform(np.array([720]))


def test_the_common_sense_error_is_the_short_way_round() -> None:
    assert common_sense_error_minutes(np.array([11 * 60, 60]), np.array([60, 11 * 60])).tolist() == [120, 120]


def test_the_common_sense_error_is_symmetric_and_at_most_half_the_dial() -> None:
    first, second = np.meshgrid(ALL_TIMES, ALL_TIMES)
    errors = common_sense_error_minutes(first, second)
    assert np.array_equal(errors, common_sense_error_minutes(second, first))
    assert errors.min() == 0
    assert errors.max() == 360
    assert np.array_equal(errors == 0, first == second)
