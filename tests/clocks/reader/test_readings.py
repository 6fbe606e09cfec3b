import numpy as np
import pytest

from imagelab.clocks.reader.readings import Readings, concatenate, hand_directions
from tests.clocks.fake_reader import FakeReader

UPRIGHT = np.array([[10.0, 0, 50], [0, 10, 40]])


def directions(hour: int, minute: int, pose: np.ndarray, roll: float = 0) -> np.ndarray:
    return hand_directions(np.array([60.0 * hour + minute]), pose[None], np.array([roll]))[0]


@pytest.mark.parametrize(
    ("hour", "minute", "roll", "hour_hand", "minute_hand"),
    [
        (0, 0, 0, (0, -10), (0, -10)),  # up is towards smaller y
        (3, 0, 0, (10, 0), (0, -10)),
        (9, 15, 0, (-10 * np.cos(np.radians(7.5)), -10 * np.sin(np.radians(7.5))), (10, 0)),
        (6, 0, 90, (-10, 0), (10, 0)),  # twelve is at the right
    ],
)
def test_hands_point_where_a_dial_has_them(
    hour: int, minute: int, roll: float, hour_hand: tuple[float, float], minute_hand: tuple[float, float]
) -> None:
    assert directions(hour, minute, UPRIGHT, roll) == pytest.approx(np.array([hour_hand, minute_hand]), abs=1e-9)


def test_a_squeezed_face_bends_the_hands_towards_its_longer_axis() -> None:
    pose = np.array([[20.0, 0, 50], [0, 10, 40]])
    assert directions(1, 30, pose)[1] == pytest.approx((0, 10))
    assert directions(1, 30, pose)[0] == pytest.approx((20 * np.sin(np.pi / 4), -10 * np.cos(np.pi / 4)))


def test_readings_are_joined_in_their_order_and_taken_apart_again() -> None:
    reader = FakeReader()
    parts = [reader.read([np.full((20, width, 3), width, np.uint8)] * count) for width, count in ((30, 2), (50, 1))]
    joined = concatenate(parts)
    assert joined.probabilities.tolist() == [0.3, 0.3, 0.5]
    assert joined.poses.shape == (3, 2, 3)
    last = joined.of(2)
    assert isinstance(last, Readings)
    assert all(np.array_equal(one, other) for one, other in zip(last, parts[1], strict=True))
