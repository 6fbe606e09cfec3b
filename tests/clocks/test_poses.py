import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from imagelab.clocks import poses

PIVOT = np.array([[3.0, 4.0]])


def turned(turns: float) -> np.ndarray:
    angle = 2 * np.pi * turns
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


@given(st.floats(0, 1, exclude_max=True), st.floats(0.5, 2), st.floats(0.5, 2), st.floats(0, 1))
def test_a_map_is_a_symmetric_one_after_a_turn_of_the_dial(
    roll: float, first: float, second: float, axis: float
) -> None:
    symmetric = turned(axis) @ np.diag([first, second]) @ turned(-axis)
    found, rolls = poses.from_maps(PIVOT, (symmetric @ turned(roll))[None])
    np.testing.assert_allclose(found[0], [3, 4, symmetric[0, 0], symmetric[0, 1], symmetric[1, 1]], atol=1e-9)
    assert min(abs(rolls[0] - roll), 1 - abs(rolls[0] - roll)) < 1e-9
    np.testing.assert_allclose(poses.symmetric_maps(found)[0], symmetric, atol=1e-9)
    assert np.isclose(poses.longest_radius(found)[0], max(first, second))


def test_a_clock_that_is_turned_by_a_quarter_has_its_twelve_on_the_right() -> None:
    _, rolls = poses.from_maps(PIVOT, turned(0.25)[None])
    twelve = turned(rolls[0]) @ [0, -1]
    np.testing.assert_allclose(twelve, [1, 0], atol=1e-9)
