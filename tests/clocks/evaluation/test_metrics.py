import numpy as np
import pandas as pd
import pytest

from imagelab.clocks.evaluation.conditions import clock_conditions, degrees_between_hands, errors_by_condition
from imagelab.clocks.evaluation.metrics import clock_metrics, common_sense_error_minutes, shares

RANDOM = np.random.default_rng(0)


def test_the_common_sense_error_is_the_short_way_round() -> None:
    assert common_sense_error_minutes(np.array([11 * 60, 60]), np.array([60, 11 * 60])).tolist() == [120, 120]


def test_the_common_sense_error_is_symmetric_and_at_most_half_the_dial() -> None:
    first, second = np.meshgrid(np.arange(720), np.arange(720))
    errors = common_sense_error_minutes(first, second)
    assert np.array_equal(errors, common_sense_error_minutes(second, first))
    assert errors.min() == 0
    assert errors.max() == 360
    assert np.array_equal(errors == 0, first == second)


def test_clock_metrics_of_a_perfect_reader_and_of_one_an_hour_off() -> None:
    times = np.arange(720)
    perfect = clock_metrics(times.astype(float), times)
    assert perfect["common_sense_error_minutes"] == 0
    assert perfect["share_exact"] == perfect["hour_accuracy"] == 1
    late = clock_metrics((times + 60.0) % 720, times)
    assert late["common_sense_error_minutes"] == late["common_sense_error_median_minutes"] == 60
    assert late["share_within_15_minutes"] == late["hour_accuracy"] == 0
    assert late["share_of_minute_errors_below_10"] == 1  # of the minutes of the hour, as the report counts them
    minutes = clock_metrics(np.array([10.0, 9.9, 55.0, 300.0]), np.array([0, 0, 5, 300]))
    assert minutes["share_of_minute_errors_below_10"] == 0.5  # 50 minutes lie between 55 and 5


def test_guessing_is_off_by_180_minutes_on_average() -> None:
    guesses = RANDOM.uniform(0, 720, 200_000)
    metrics = clock_metrics(guesses, RANDOM.integers(0, 720, len(guesses)))
    assert metrics["common_sense_error_minutes"] == pytest.approx(180, abs=1)


def test_the_last_bin_takes_what_lies_beyond_so_that_shares_sum_to_1() -> None:
    table = shares(np.array([0.2, 11.9, 12, 14]), {"test": np.arange(4)}, width=0.5, end=12)
    assert table["test"].iloc[-1] == 0.75
    assert table["test"].sum() == 1


def test_every_error_is_in_one_bin() -> None:
    table = shares(np.array([0, 9.9, 10, 355, 360]), {"test": np.arange(5)}, width=10, end=360)
    assert table["test"].sum() == pytest.approx(1)
    assert table.set_index("from")["test"][[0, 10, 350]].tolist() == [0.4, 0.2, 0.4]


def test_hands_are_together_at_twelve_and_opposite_at_six() -> None:
    assert degrees_between_hands(np.array([0, 360, 180, 30])).tolist() == [0, 180, 90, 165]


def test_errors_are_averaged_over_the_clocks_that_share_a_condition() -> None:
    views = pd.DataFrame({"roll_degrees": [40.0, 355.0], "tilt_degrees": [0.0, 4.9], "glare_x": [np.nan, 30.0]})
    conditions = clock_conditions(np.array([0, 360]), views.assign(glare_on_hand=[False, True]))
    table = errors_by_condition(np.array([0.0, 12.0]), conditions).set_index(["condition", "value"])
    assert table.loc[("degrees of roll", "-5 to 0"), "mean_error_minutes"] == 12
    assert table.loc[("degrees between the hands", "165 to 180"), "mean_error_minutes"] == 12
    assert table.loc[("glare", "on a hand"), "mean_error_minutes"] == 12
    assert table.loc[("glare", "none"), "share_exact"] == 1


def test_clocks_that_are_no_renderings_have_the_angle_between_the_hands_only() -> None:
    assert list(clock_conditions(np.array([0]), None)) == ["degrees between the hands"]


def test_conditions_fall_into_at_most_twelve_intervals_of_round_width_in_their_order() -> None:
    rolls = np.linspace(-180, 179.9, 500)
    flat = pd.DataFrame({"roll_degrees": rolls, "tilt_degrees": 0.0, "glare_x": 5.0, "glare_on_hand": rolls > 0})
    conditions = clock_conditions(np.arange(500), flat)
    table = errors_by_condition(np.ones(500), conditions).groupby("condition", sort=False)["value"].agg(list)
    assert table["degrees of roll"] == [f"{low} to {low + 30}" for low in range(-180, 180, 30)]
    assert table["degrees between the hands"] == [f"{low} to {low + 15}" for low in range(0, 180, 15)]
    assert table["degrees of tilt"] == ["0 to 1"]
    assert table["glare"] == ["elsewhere", "on a hand"]
    odd = clock_conditions(np.arange(500), flat.assign(roll_degrees=12 + rolls / 15))  # from 0 to 24
    assert odd["degrees of roll"].nunique() == 12
    shifted = clock_conditions(np.arange(500), flat.assign(roll_degrees=7 + rolls / 15))  # from -5 to 19
    assert shifted["degrees of roll"].nunique() <= 12
    narrow = clock_conditions(np.arange(500), flat.assign(roll_degrees=rolls / 60))
    assert list(narrow["degrees of roll"].unique()) == [f"{low} to {low + 1}" for low in range(-3, 3)]


def test_a_time_read_off_the_dial_is_a_plain_difference_in_hours_only() -> None:
    metrics = clock_metrics(np.array([-30.0, 750.0]), np.array([0, 719]))
    assert metrics["common_sense_error_minutes"] == pytest.approx((30 + 31) / 2)
    assert metrics["mean_absolute_error_hours"] == pytest.approx((30 + 31) / 120)
    assert metrics["hour_accuracy"] == 0
    assert clock_metrics(np.array([720.2]), np.array([0]))["hour_accuracy"] == 1
    assert clock_metrics(np.array([719.9]), np.array([0]))["hour_accuracy"] == 1  # 12:00, to the minute
