import numpy as np
import pytest

from imagelab.clocks import labels
from imagelab.clocks.evaluation.metrics import common_sense_error_minutes
from imagelab.clocks.reader.targets import from_readings, to_readings
from imagelab.clocks.times import as_text, to_minutes
from imagelab.runtime.errors import InputError

ALL_TIMES = np.arange(720)


def test_rows_of_hour_and_minute_are_counted_from_twelve() -> None:
    rows = np.array([[0, 0], [5, 30], [11, 59]])
    assert to_minutes(rows).tolist() == [0, 330, 719]


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


def test_hours_beyond_the_dial_stay_there() -> None:
    assert labels.from_regression(np.array([12.5, -0.5, 11.99999])).tolist() == [750.0, -30.0, 720.0]


def test_a_minute_beyond_the_hour_leaves_the_hour_as_it_was_read() -> None:
    nine = np.eye(12)[[9, 9]]
    assert labels.from_multi_head(nine, np.array([61.5, -3.0])).tolist() == [9 * 60 + 59, 9 * 60]


@pytest.mark.parametrize("row", [[12, 0], [-1, 0], [0, 60], [0, -1]])
def test_times_off_the_dial_are_refused_by_row(row: list[int]) -> None:
    with pytest.raises(InputError, match=r"label 1: expected hours 0..11 and minutes 0..59, received"):
        to_minutes(np.array([[0, 0], row]))


@pytest.mark.parametrize("wrong", [np.zeros((3, 2)), np.zeros(4, int), np.zeros((3, 3), int)])
def test_labels_of_another_form_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(InputError, match="expected integers, shape"):
        to_minutes(wrong)


@pytest.mark.parametrize("transform", labels.TRANSFORMS.values(), ids=labels.TRANSFORMS)
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


def test_cyclic_labels_decode_to_the_time_they_encode_at_any_length() -> None:
    circles = labels.to_cyclic(ALL_TIMES)
    assert np.array_equal(labels.from_cyclic(circles), ALL_TIMES)
    assert np.array_equal(labels.from_cyclic(circles * 0.3), ALL_TIMES)
    neighbours = circles[[719, 0]]
    assert np.linalg.norm(neighbours[0] - neighbours[1]) < 0.11  # a minute of the minute hand: 6 degrees


def test_an_hour_hand_read_ten_degrees_wrong_leaves_the_hour_right() -> None:
    circles = labels.to_cyclic(ALL_TIMES)
    angles = 2 * np.pi * ALL_TIMES / 720 + np.radians(10)
    circles[:, :2] = np.stack([np.sin(angles), np.cos(angles)], axis=1)
    assert np.array_equal(labels.from_cyclic(circles), ALL_TIMES)


def test_double_classification_labels_decode_to_the_time_they_encode() -> None:
    hour, minute = labels.to_double_classification(ALL_TIMES).T
    assert np.array_equal(labels.from_double_classification(np.eye(12)[hour], np.eye(60)[minute]), ALL_TIMES)


def test_reader_labels_decode_to_the_time_they_encode_and_say_how_sure() -> None:
    minute, part = to_readings(ALL_TIMES).values()
    read, confidence = from_readings(20 * np.eye(60)[minute], 20 * np.eye(60)[part])
    assert np.array_equal(read, ALL_TIMES)
    assert (confidence > 0.999).all()
    _, blind = from_readings(np.zeros((1, 60)), np.zeros((1, 60)))
    assert blind == pytest.approx(1 / 720)


def test_the_hour_hand_decides_which_full_hour_an_undecided_minute_belongs_to() -> None:
    minutes, parts = np.full((1, 60), -20.0), np.full((1, 60), -20.0)
    minutes[0, [59, 0]] = np.log(0.5)
    parts[0, [4, 5]] = np.log([0.4, 0.6])  # just before and just after one o'clock
    read, _ = from_readings(minutes, parts)
    assert read.tolist() == [60]


def test_times_are_written_as_the_clock_shows_them() -> None:
    assert [as_text(time) for time in (5, 719, 719.9)] == ["12:05", "11:59", "12:00"]
