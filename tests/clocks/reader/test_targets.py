import keras
import numpy as np
import pytest

from imagelab.clocks.reader import targets
from imagelab.clocks.reader.targets import UNREADABLE, to_targets

pytestmark = pytest.mark.usefixtures("repeatable")


def number(values: object) -> list[float]:
    return np.asarray(keras.ops.convert_to_numpy(values)).ravel().tolist()


def test_hands_point_where_they_do_on_a_turned_dial() -> None:
    found = to_targets(np.array([0, 90, 719]), np.array([0.0, 0.25, 0.0]), np.ones(3, bool), directions=120)
    assert found["time"].tolist() == [0, 90, 719]
    assert found["minute_hand"].tolist() == pytest.approx([0, 60 + 30, 118])  # 1:30, turned to the right by a quarter
    assert found["hour_hand"].tolist() == pytest.approx([0, 15 + 30, 120 * 719 / 720])
    assert found["dial"].tolist() == [0, 15, 0]


def test_what_shows_no_time_has_no_targets_and_asks_for_equal_probabilities() -> None:
    found = to_targets(np.array([5]), np.array([0.3]), np.array([False]), directions=60)
    assert {float(values[0]) for values in found.values()} == {UNREADABLE}
    even, sure = np.full((1, 720), -np.log(720), np.float32), np.full((1, 720), -50.0, np.float32)
    sure[0, 7] = 0
    assert number(targets.time_loss(found["time"], even)) == pytest.approx([np.log(720)])
    assert number(targets.time_loss(found["time"], sure))[0] > 40
    assert number(targets.direction_loss(found["minute_hand"], np.zeros((1, 60), np.float32))) == pytest.approx(
        [np.log(60)]
    )
    assert number(targets.dial_loss(found["dial"], np.zeros((1, 60, 60), np.float32))) == pytest.approx([np.log(60)])


def test_a_place_between_two_directions_is_shared_by_them() -> None:
    logits = np.full((3, 8), -30.0, np.float32)
    logits[:, [7, 0]] = 0
    between, on_first, elsewhere = number(targets.direction_loss(np.array([7.5, 7.0, 3.0], np.float32), logits))
    assert between == on_first == pytest.approx(np.log(2), abs=1e-5)
    assert elsewhere > 29


def test_a_turned_dial_shows_each_minute_in_its_direction() -> None:
    wanted = np.full((1, 60, 60), -30.0, np.float32)
    wanted[0, np.arange(60), (np.arange(60) - 15) % 60] = 0  # twelve lies in direction 15
    right, upright = (number(targets.dial_loss(np.array([roll], np.float32), wanted))[0] for roll in (15.0, 0.0))
    assert right == pytest.approx(0, abs=1e-5)
    assert upright > 29


def test_a_minute_to_either_side_counts_also_around_twelve() -> None:
    read = np.full((4, 720), -9.0, np.float32)
    read[np.arange(4), [719, 1, 2, 0]] = 0
    assert number(targets.within_a_minute(np.zeros((4, 1), np.float32), read)) == [1, 1, 0, 1]


def test_a_picture_without_a_time_is_never_read_within_a_minute() -> None:
    read = np.full((3, 720), -9.0, np.float32)
    read[np.arange(3), [718, 719, 0]] = 0
    unreadable = np.full((3, 1), targets.UNREADABLE, np.float32)
    assert number(targets.within_a_minute(unreadable, read)) == [0, 0, 0]


def test_a_time_off_the_dial_has_no_targets() -> None:
    with pytest.raises(ValueError, match="received 720 to 720"):
        to_targets(np.array([720]), np.zeros(1), np.ones(1, bool), directions=60)
