import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from imagelab.evaluation.reliability import calibration_metrics, reliability

readings = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


@hypothesis_settings(deadline=None)  # of a busy machine
@given(readings)
def test_bins_are_those_of_scikit_learn_and_hold_every_reading(pairs: list[tuple[float, bool]]) -> None:
    stated, right = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
    table = reliability(stated, right, answers="readings")
    shares, means = calibration_curve(right, stated, n_bins=10, strategy="uniform")
    assert table["share_right"].tolist() == pytest.approx(shares.tolist())
    assert table["mean_stated_probability"].tolist() == pytest.approx(means.tolist())
    assert table["readings"].sum() == len(pairs)
    assert (
        (table["share_right_low"] <= table["share_right"]) & (table["share_right"] <= table["share_right_high"])
    ).all()
    assert 0 <= calibration_metrics(stated, right, answers="readings")["expected_calibration_error"] <= 1  # type: ignore[operator]


def test_intervals_are_wilsons_and_none_of_many_is_not_exactly_none() -> None:
    table = reliability(np.full(2000, 0.95), np.zeros(2000, bool), answers="readings")
    z = 1.959964
    assert table["share_right_low"].item() == 0
    assert table["share_right_high"].item() == pytest.approx(z**2 / (2000 + z**2), rel=1e-5)
    assert table["from"].item() == pytest.approx(0.9)


def test_the_calibration_error_is_the_mean_distance_over_the_readings() -> None:
    stated = np.array([0.95, 0.95, 0.95, 0.95, 0.55])
    right = np.array([True, True, True, False, True])
    metrics = calibration_metrics(stated, right, answers="readings")
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
    metrics = calibration_metrics(stated, right, answers="readings")
    assert metrics["mean_stated_probability"] == pytest.approx(right.mean())
    assert metrics["expected_calibration_error"] == pytest.approx(0.25)
    assert metrics["share_of_wrong_readings_stated_above_90_percent"] == 0.5


def test_readers_that_are_right_as_often_as_they_say_have_next_to_no_error() -> None:
    random = np.random.default_rng(0)
    stated = random.random(200_000)
    right = random.random(200_000) < stated
    assert calibration_metrics(stated, right, answers="readings")["expected_calibration_error"] < 0.01  # type: ignore[operator]
    table = reliability(stated, right, answers="readings")
    assert ((table["share_right_low"] - table["share_right_high"]).abs() < 0.02).all()


def test_a_task_s_own_word_for_its_answers_names_what_counts_them() -> None:
    stated, right = np.array([0.95, 0.55]), np.array([True, False])
    assert "predictions" in reliability(stated, right, answers="predictions")
    found = calibration_metrics(stated, right, answers="predictions")
    assert list(found)[2:] == ["wrong_predictions", "share_of_wrong_predictions_stated_above_90_percent"]


def test_where_nothing_is_wrong_no_share_of_it_is_made_up() -> None:
    metrics = calibration_metrics(np.array([1.0, 0.9]), np.array([True, True]), answers="readings")
    assert metrics["wrong_readings"] == 0
    assert metrics["share_of_wrong_readings_stated_above_90_percent"] is None
