import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from imagelab.evaluation import intervals


def test_a_proportion_of_none_or_all_has_an_interval_that_is_no_point() -> None:
    none = intervals.wilson("share", np.zeros(2000, bool))
    assert none["share"] == none["share_low"] == 0
    assert none["share_high"] == pytest.approx(1.96**2 / (2000 + 1.96**2), rel=1e-3)  # the formula for no success
    everything = intervals.wilson("share", np.ones(2000, bool))
    assert everything["share_high"] == 1 > everything["share_low"]


@hypothesis_settings(deadline=None)  # of a busy machine
@given(st.integers(1, 500), st.floats(0, 1))
def test_a_proportion_lies_in_its_interval_and_that_in_0_to_1(count: int, share: float) -> None:
    found = intervals.wilson("share", np.arange(count) < share * count)
    assert 0 <= found["share_low"] <= found["share"] <= found["share_high"] <= 1


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution() -> None:
    values = np.random.default_rng(0).normal(5, 2, 400)
    found = intervals.bootstrap("mean", lambda rows: values[rows].mean(), (400,), seed=1)
    assert found["mean"] == values.mean()
    assert found["mean_high"] - found["mean_low"] == pytest.approx(2 * 1.96 * 2 / np.sqrt(400), rel=0.15)


def test_estimate_and_interval_are_about_the_same_quantity_where_resampling_moves_a_statistic() -> None:
    """The variance of few values is too small by a known part: here by a fifth."""
    values = np.random.default_rng(0).normal(0, 1, (2000, 5))
    plain, corrected = (
        np.mean(
            [
                intervals.bootstrap("v", lambda rows, own=own: own[rows].var(), (5,), seed=1, bias_corrected=flag)["v"]
                for own in values[:150]
            ]
        )
        for flag in (False, True)
    )
    assert plain == pytest.approx(0.8, abs=0.1)
    assert corrected == pytest.approx(0.96, abs=0.1)
    found = intervals.bootstrap("v", lambda rows: values[0][rows].var(), (5,), seed=1, bias_corrected=True)
    assert found["v_low"] <= found["v"] <= found["v_high"]
