import numpy as np
import pytest

from imagelab.clocks.times import as_text, to_minutes
from imagelab.runtime.errors import InputError


def test_rows_of_hour_and_minute_are_counted_from_twelve() -> None:
    rows = np.array([[0, 0], [5, 30], [11, 59]])
    assert to_minutes(rows).tolist() == [0, 330, 719]


@pytest.mark.parametrize("row", [[12, 0], [-1, 0], [0, 60], [0, -1]])
def test_times_off_the_dial_are_refused_by_row(row: list[int]) -> None:
    with pytest.raises(InputError, match=r"label 1: expected hours 0..11 and minutes 0..59, received"):
        to_minutes(np.array([[0, 0], row]))


@pytest.mark.parametrize("wrong", [np.zeros((3, 2)), np.zeros(4, int), np.zeros((3, 3), int)])
def test_labels_of_another_form_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(InputError, match="expected integers, shape"):
        to_minutes(wrong)


def test_times_are_written_as_the_clock_shows_them() -> None:
    assert [as_text(time) for time in (5, 719, 719.9)] == ["12:05", "11:59", "12:00"]
