import math

import numpy as np
import pytest

from imagelab.clocks.commands import answers
from imagelab.clocks.reader.readings import Readings
from imagelab.runtime.errors import InputError


def reading(time: float = 608, probability: float = 0.98, shape: tuple[float, float, float] = (40, 0, 30)) -> Readings:
    pose = [[shape[0], shape[1], 100], [shape[1], shape[2], 60]]
    found = (time, probability, 61, 0.01234567, pose, 0, 0)
    return Readings(*(np.array([value], np.float64) for value in found))


@pytest.mark.parametrize(
    ("time", "probability", "line"),
    [
        (608, 0.98, "10:08 (probability 0.98)"),
        (0, 1.0, "12:00 (probability 1.00)"),
        (5, 0.5, "12:05 (probability 0.50)"),  # the threshold itself is sure
        (608, 0.31, "not sure: perhaps 10:08 (probability 0.31)"),
    ],
)
def test_a_line_says_the_time_and_whether_it_is_sure(time: float, probability: float, line: str) -> None:
    assert answers.as_line(reading(time, probability), threshold=0.5) == line


def test_two_lines_say_the_second_best_time_too() -> None:
    assert answers.as_two_lines(reading(), threshold=0.5) == "10:08 (0.98)\nsecond best: 1:01 (0.01)"
    assert answers.as_two_lines(reading(), threshold=0.99).startswith("not sure: perhaps 10:08 (0.98)\n")


def test_an_object_holds_the_best_guess_whether_it_is_sure_and_where_the_face_is() -> None:
    assert answers.as_object(reading(probability=0.3123456), threshold=0.5) == {
        "time": "10:08",
        "hour": 10,
        "minute": 8,
        "confidence": 0.3123,
        "sure": False,
        "second_time": "1:01",
        "second_confidence": 0.0123,
        "face": {"x": 100, "y": 60, "semi_axes": [40, 30], "degrees": 0},
        "box": [60, 30, 80, 60],
    }
    assert answers.as_object(reading(), threshold=0.98)["sure"]


@pytest.mark.parametrize("degrees", [0.0, 30.0, 90.0, 150.0, 179.99])
def test_an_oblique_face_is_the_ellipse_of_its_pose(degrees: float) -> None:
    along = np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
    shape = 20 * np.eye(2) + 30 * np.outer(along, along)  # semi-axes of 50 along the direction, 20 across it
    found = answers.as_object(reading(shape=(shape[0, 0], shape[0, 1], shape[1, 1])), threshold=0.5)
    assert found["face"]["semi_axes"] == [50, 20]
    assert found["face"]["degrees"] == pytest.approx(degrees % 179.99, abs=0.06)
    angles = np.linspace(0, 2 * np.pi, 3601)
    edge = shape @ np.stack([np.cos(angles), np.sin(angles)]) + [[100], [60]]
    (left, top), (right, bottom) = edge.min(axis=1), edge.max(axis=1)
    assert found["box"] == pytest.approx([left, top, right - left, bottom - top], abs=0.06)


@pytest.mark.parametrize("threshold", [-0.1, 1.1, math.nan])
def test_a_threshold_is_a_probability(threshold: float) -> None:
    with pytest.raises(
        InputError, match=f"read-clock: --threshold: expected a number from 0 to 1, received {threshold}"
    ):
        answers.check_threshold(threshold, command="read-clock")
