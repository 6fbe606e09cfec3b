import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelab import intervals


def test_a_proportion_of_none_or_all_has_an_interval_that_is_no_point() -> None:
    none = intervals.wilson("share", np.zeros(2000, bool))
    assert none["share"] == none["share_low"] == 0
    assert none["share_high"] == pytest.approx(1.96**2 / (2000 + 1.96**2), rel=1e-3)  # the formula for no success
    everything = intervals.wilson("share", np.ones(2000, bool))
    assert everything["share_high"] == 1 > everything["share_low"]


@given(st.integers(1, 500), st.floats(0, 1))
def test_a_proportion_lies_in_its_interval_and_that_in_0_to_1(count: int, share: float) -> None:
    found = intervals.wilson("share", np.arange(count) < share * count)
    assert 0 <= found["share_low"] <= found["share"] <= found["share_high"] <= 1


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution() -> None:
    values = np.random.default_rng(0).normal(5, 2, 400)
    found = intervals.bootstrap("mean", lambda rows: values[rows].mean(), (400,), seed=1)
    assert found["mean"] == values.mean()
    assert found["mean_high"] - found["mean_low"] == pytest.approx(2 * 1.96 * 2 / np.sqrt(400), rel=0.15)


def test_a_reflected_interval_holds_the_estimate_of_a_statistic_that_resampling_moves() -> None:
    """Points drawn twice leave fewer different ones: resampling can only lower their number."""
    found, reflected = (
        intervals.bootstrap("n", lambda rows: float(len(np.unique(rows))), (100,), seed=1, reflected=flag)
        for flag in (False, True)
    )
    assert found["n_high"] < found["n"] < reflected["n_low"]
