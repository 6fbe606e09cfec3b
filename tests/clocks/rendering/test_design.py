import numpy as np
import pytest
from numpy.typing import NDArray

from imagelab.clocks.rendering.design import REPORT_STYLE, WALL, WALL_WIDTH, direction, draw_dial, draw_wood

SIZE = 300


def ink_at(place: NDArray[np.float64]) -> NDArray[np.floating]:
    """Coverage at points of the dial, in radii; shape (..., 2)."""
    ink, scale = draw_dial(SIZE, REPORT_STYLE)
    columns, rows = np.moveaxis(((place + 1) * scale).astype(int), -1, 0)
    return np.asarray(ink[rows, columns])


def test_strokes_are_at_the_hours_and_dots_at_the_other_minutes() -> None:
    reach = np.linspace(0.735, 0.87, 400)
    lengths = [(ink_at(reach[:, None] * direction(minute / 60)) > 0.3).mean() * np.ptp(reach) for minute in range(60)]
    strokes, dots = lengths[::5], [length for minute, length in enumerate(lengths) if minute % 5]
    begin, end, _ = REPORT_STYLE.stroke
    np.testing.assert_allclose(strokes, end - begin, atol=0.01)
    np.testing.assert_allclose(dots, 2 * REPORT_STYLE.dot[1], atol=0.008)


def numeral(hour: int) -> NDArray[np.floating]:
    """Coverage of the upright square around a numeral, without the strokes."""
    side = np.linspace(-0.1, 0.1, 81)
    points = REPORT_STYLE.numeral_radius * direction(hour / 12) + np.stack(np.meshgrid(side, side), axis=-1)
    return np.where(np.hypot(*np.moveaxis(points, -1, 0)) < REPORT_STYLE.stroke[0] - 0.01, ink_at(points), 0)


def test_numerals_are_upright_small_and_thin() -> None:
    for hour in range(1, 13):
        rows = np.flatnonzero(numeral(hour).max(axis=1) > 0.5)
        height = (rows[-1] - rows[0] + 1) * 0.0025 / REPORT_STYLE.face_radius
        assert height == pytest.approx(0.13, abs=0.015), hour
        assert (numeral(hour) > 0.5).mean() < 0.1 * len(str(hour)), hour


def test_the_numerals_of_two_digits_are_where_they_belong() -> None:
    digits = {}
    for hour in range(1, 13):
        inked = (numeral(hour).max(axis=0) > 0.4).astype(int)
        digits[hour] = int((np.diff(inked, prepend=0) == 1).sum())
    assert digits == {hour: 2 if hour >= 10 else 1 for hour in range(1, 13)}


def test_the_loop_of_the_six_is_below_and_that_of_the_nine_above() -> None:
    for hour, loop, stem in ((6, slice(45, None), slice(36)), (9, slice(36), slice(45, None))):
        rows = numeral(hour).sum(axis=1)
        assert rows[loop].sum() > 1.03 * rows[stem].sum()


def test_the_wood_continues_at_the_opposite_edge() -> None:
    levels, grain = draw_wood(SIZE)
    assert grain.shape == (len(levels), len(levels))
    rows = np.arange(-3, 3)
    assert (levels[rows] == WALL.gap_level).any()  # the seam is in a gap
    along = np.abs(np.diff(grain.astype(int), axis=1, append=grain[:, :1].astype(int)))
    assert along[:, -1].mean() < 2 * along.mean()


def test_the_wood_has_planks_with_grain_along_them() -> None:
    levels, grain = draw_wood(SIZE)
    in_gap = levels == WALL.gap_level
    assert np.diff(in_gap.astype(int), append=in_gap[:1]).clip(0).sum() == round(WALL_WIDTH / WALL.plank_width)
    low, high = WALL.plank_levels
    assert (levels[~in_gap] >= low).all() and (levels[~in_gap] <= high).all()
    wood = grain[~in_gap].astype(float)
    step = round(len(levels) / WALL_WIDTH / 20)
    assert np.abs(wood[:, step:] - wood[:, :-step]).mean() < np.abs(wood[step:] - wood[:-step]).mean()
