import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, log_loss

from imagelab import evaluation

RANDOM = np.random.default_rng(0)


def test_classification_metrics_agree_with_scikit_learn() -> None:
    logits, classes = RANDOM.normal(size=(200, 5)) * 3, RANDOM.integers(0, 5, 200)
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    metrics = evaluation.classification_metrics(logits, classes)
    assert metrics["accuracy"] == accuracy_score(classes, logits.argmax(axis=1))
    assert metrics["loss"] == pytest.approx(log_loss(classes, probabilities, labels=range(5)), rel=1e-6)


def test_classification_metrics_stay_finite_for_extreme_logits() -> None:
    metrics = evaluation.classification_metrics(np.array([[1e4, -1e4]], np.float32), np.array([1]))
    assert metrics == {"accuracy": 0.0, "loss": 2e4}


def test_clock_metrics_of_a_perfect_reader_and_of_one_an_hour_off() -> None:
    times = np.arange(720)
    perfect = evaluation.clock_metrics(times.astype(float), times)
    assert perfect["common_sense_error_minutes"] == 0
    assert perfect["share_exact"] == perfect["hour_accuracy"] == 1
    late = evaluation.clock_metrics((times + 60.0) % 720, times)
    assert late["common_sense_error_minutes"] == late["common_sense_error_median_minutes"] == 60
    assert late["share_within_15_minutes"] == late["hour_accuracy"] == 0


def test_guessing_is_off_by_180_minutes_on_average() -> None:
    guesses = RANDOM.uniform(0, 720, 200_000)
    metrics = evaluation.clock_metrics(guesses, RANDOM.integers(0, 720, len(guesses)))
    assert metrics["common_sense_error_minutes"] == pytest.approx(180, abs=1)


def test_every_error_is_in_one_bin() -> None:
    table = evaluation.shares(np.array([0, 9.9, 10, 355, 360]), {"test": np.arange(5)}, width=10, end=360)
    assert table["test"].sum() == pytest.approx(1)
    assert table.set_index("from")["test"][[0, 10, 350]].tolist() == [0.4, 0.2, 0.4]


def test_hands_are_together_at_twelve_and_opposite_at_six() -> None:
    assert evaluation.degrees_between_hands(np.array([0, 360, 180, 30])).tolist() == [0, 180, 90, 165]


def test_errors_are_averaged_over_the_clocks_that_share_a_condition() -> None:
    views = pd.DataFrame({"roll_degrees": [5.0, -5.0], "tilt_degrees": [0.0, 4.9], "glare_x": [np.nan, 30.0]})
    conditions = evaluation.clock_conditions(np.array([0, 360]), views, np.array([False, True]))
    table = evaluation.errors_by_condition(np.array([0.0, 12.0]), conditions).set_index(["condition", "value"])
    assert table.loc[("degrees of roll", "330 to 360"), "mean_error_minutes"] == 12
    assert table.loc[("degrees of tilt", "000 to 005"), ["images", "mean_error_minutes", "share_exact"]].tolist() == [
        2,
        6,
        0.5,
    ]
    assert table.loc[("glare", "on a hand"), "mean_error_minutes"] == 12
    assert table.loc[("glare", "none"), "share_exact"] == 1


def test_clocks_that_are_no_renderings_have_the_angle_between_the_hands_only() -> None:
    assert list(evaluation.clock_conditions(np.array([0]), None, None)) == ["degrees between the hands"]
