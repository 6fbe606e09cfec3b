import subprocess
import sys

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


def test_a_proportion_has_the_interval_that_scipy_finds() -> None:
    from scipy import stats

    found = intervals.wilson("share", np.arange(47) < 9)
    expected = stats.binomtest(9, 47).proportion_ci(0.95, method="wilson")
    assert [found["share_low"], found["share_high"]] == pytest.approx([expected.low, expected.high])


def test_examples_of_a_group_count_as_one() -> None:
    once = np.arange(40) < 30
    single, repeated = (
        intervals.wilson("share", successes, groups)
        for successes, groups in ((once, None), (np.repeat(once, 7), np.repeat(np.arange(40), 7)))
    )
    assert repeated == pytest.approx(single)


def test_the_interval_of_a_mean_of_groups_is_that_of_the_groups_means() -> None:
    values = np.random.default_rng(0).normal(5, 2, 100)
    order = np.random.default_rng(1).permutation(400)
    groups, repeated = np.repeat(np.arange(100), 4)[order], np.repeat(values, 4)[order]
    found = intervals.bootstrap("mean", lambda rows: repeated[rows].mean(), (groups,), seed=1)
    assert found["mean"] == pytest.approx(values.mean())
    assert found["mean_high"] - found["mean_low"] == pytest.approx(2 * 1.96 * 2 / np.sqrt(100), rel=0.15)


def test_with_groups_no_more_of_the_bias_is_subtracted_than_single_examples_have() -> None:
    """Groups of one class each: drawing them leaves classes out, which the sample does not."""
    values = np.repeat([0.0, 10.0, 20.0, 30.0], 25) + np.random.default_rng(0).normal(0, 1, 100)
    groups = np.repeat(np.arange(4), 25)
    single, grouped = (
        intervals.bootstrap("v", lambda rows: values[rows].var(), (sample,), seed=1, bias_corrected=True)
        for sample in (100, groups)
    )
    assert grouped["v"] == pytest.approx(single["v"], rel=0.02)
    assert grouped["v_low"] < single["v_low"] < grouped["v"] < single["v_high"] < grouped["v_high"]


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


def test_a_ratio_has_no_upper_end_where_its_denominator_may_be_0() -> None:
    """The squared mean of values around 0 is all bias."""
    values = np.random.default_rng(0).normal(0, 1, 50)
    found = intervals.bootstrap_ratio(
        "ratio", lambda rows: values[rows].mean() ** 2 + 1, lambda rows: values[rows].mean() ** 2, (50,), seed=1
    )
    assert found["ratio_low"] > 5
    assert found["ratio_high"] == np.inf


def test_importing_the_module_sets_no_variable_of_the_environment() -> None:
    """`make run` imports it, and hands its environment on to trainings, whose kept states depend on such variables."""
    code = (
        "import os; before = dict(os.environ); import imagelab.evaluation.intervals; assert before == dict(os.environ)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
