import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from imagelab.clocks.arrays import read_probabilities
from imagelab.clocks.evaluation import plots
from imagelab.clocks.evaluation.reliability import calibration_metrics, reliability
from imagelab.runtime.errors import InputError
from imagelab.storage import writing

readings = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


@hypothesis_settings(deadline=None)  # of a busy machine
@given(readings)
def test_bins_are_those_of_scikit_learn_and_hold_every_reading(pairs: list[tuple[float, bool]]) -> None:
    stated, right = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
    table = reliability(stated, right)
    shares, means = calibration_curve(right, stated, n_bins=10, strategy="uniform")
    assert table["share_right"].tolist() == pytest.approx(shares.tolist())
    assert table["mean_stated_probability"].tolist() == pytest.approx(means.tolist())
    assert table["readings"].sum() == len(pairs)
    assert (
        (table["share_right_low"] <= table["share_right"]) & (table["share_right"] <= table["share_right_high"])
    ).all()
    assert 0 <= calibration_metrics(stated, right)["expected_calibration_error"] <= 1  # type: ignore[operator]


def test_intervals_are_wilsons_and_none_of_many_is_not_exactly_none() -> None:
    table = reliability(np.full(2000, 0.95), np.zeros(2000, bool))
    z = 1.959964
    assert table["share_right_low"].item() == 0
    assert table["share_right_high"].item() == pytest.approx(z**2 / (2000 + z**2), rel=1e-5)
    assert table["from"].item() == pytest.approx(0.9)


def test_the_calibration_error_is_the_mean_distance_over_the_readings() -> None:
    stated = np.array([0.95, 0.95, 0.95, 0.95, 0.55])
    right = np.array([True, True, True, False, True])
    metrics = calibration_metrics(stated, right)
    assert metrics == pytest.approx(
        {
            "mean_stated_probability": 0.87,
            "expected_calibration_error": (4 * 0.2 + 0.45) / 5,
            "wrong_readings": 1,
            "share_of_wrong_readings_stated_above_90_percent": 1,
        }
    )


def test_means_that_are_equal_do_not_hide_a_reader_that_is_too_sure_and_too_unsure() -> None:
    stated = np.repeat([0.95, 0.45], 100)
    right = np.repeat([True, False, True, False], [70, 30, 70, 30])
    metrics = calibration_metrics(stated, right)
    assert metrics["mean_stated_probability"] == pytest.approx(right.mean())
    assert metrics["expected_calibration_error"] == pytest.approx(0.25)
    assert metrics["share_of_wrong_readings_stated_above_90_percent"] == 0.5


def test_readers_that_are_right_as_often_as_they_say_have_next_to_no_error() -> None:
    random = np.random.default_rng(0)
    stated = random.random(200_000)
    right = random.random(200_000) < stated
    assert calibration_metrics(stated, right)["expected_calibration_error"] < 0.01  # type: ignore[operator]
    table = reliability(stated, right)
    assert ((table["share_right_low"] - table["share_right_high"]).abs() < 0.02).all()


def test_where_nothing_is_wrong_no_share_of_it_is_made_up() -> None:
    metrics = calibration_metrics(np.array([1.0, 0.9]), np.array([True, True]))
    assert metrics["wrong_readings"] == 0
    assert metrics["share_of_wrong_readings_stated_above_90_percent"] is None


def test_the_diagram_has_a_point_for_each_bin_of_each_set() -> None:
    tables = [
        reliability(np.linspace(0, 1, 50), np.arange(50) % 3 > 0).assign(set=name, data="clocks")
        for name in ("test", "unlike")
    ]
    figure = plots.reliability(pd.concat(tables), width=0.1)
    upper = figure.axes[:2]
    assert [axis.get_title() for axis in upper] == ["clocks\n(test)", "clocks\n(unlike)"]
    for axis, bars in zip(upper, figure.axes[2:], strict=True):
        (points,) = (line for line in axis.lines if line.get_linestyle() == "None" and line.get_marker() == "o")
        assert len(points.get_xdata()) == len(bars.patches) == 10
        assert math.isclose(sum(bar.get_height() for bar in bars.patches), 50)


@pytest.mark.parametrize("value", [-0.1, 1.5])
def test_what_is_no_probability_is_refused(value: float, tmp_path: Path) -> None:
    path = tmp_path / "probability.npy"
    writing.write_array(np.array([0.5, value]), path)
    with pytest.raises(InputError, match=r"probability\.npy: probabilities: expected numbers 0\.\.1, received"):
        read_probabilities(path, count=2)
