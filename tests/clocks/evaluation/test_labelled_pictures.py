import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from imagelab.clocks.evaluation import labelled_pictures
from imagelab.clocks.evaluation.labelled_pictures import smallest_threshold

TRUE = np.array([0, 60, 119, 300, 480])
READ = np.array([0.0, 61, 121, 300, 120])  # exact, off by 1, 2, 0 and 360 minutes
STATED = np.array([0.99, 0.8, 0.6, 0.5, 0.4])


def test_shares_errors_and_confidence_are_measured() -> None:
    found = labelled_pictures.measure_clocks(READ, STATED, TRUE, threshold=0.5)
    assert found["pictures"] == 5
    assert found["common_sense_error_minutes"] == pytest.approx(363 / 5)
    assert found["common_sense_error_minutes_low"] < 363 / 5 < found["common_sense_error_minutes_high"]
    assert found["share_within_1_minute"] == pytest.approx(3 / 5)
    assert found["share_exact"] == pytest.approx(2 / 5)
    assert found["share_sure"] == pytest.approx(4 / 5)
    assert found["share_right_of_sure"] == pytest.approx(3 / 4)
    for name in ("share_within_1_minute", "share_exact", "share_sure", "share_right_of_sure"):
        assert found[f"{name}_low"] < found[name] < found[f"{name}_high"]
    assert found["threshold_for_90_percent"] == 0.8
    assert found["mean_stated_probability"] == pytest.approx(STATED.mean())
    assert found["wrong_readings"] == 2
    assert found["expected_calibration_error"] == pytest.approx((0.01 + 0.2 + 0.6 + 0.5 + 0.4) / 5)


def test_around_twelve_a_minute_is_a_minute() -> None:
    assert labelled_pictures.are_right(np.array([719.0, 718]), np.array([0, 0])).tolist() == [True, False]


def test_one_picture_has_no_interval_of_its_mean_and_none_sure_no_share() -> None:
    found = labelled_pictures.measure_clocks(READ[:1], STATED[:1], TRUE[:1], threshold=1.0)
    assert found["common_sense_error_minutes"] == 0
    assert "common_sense_error_minutes_low" not in found
    sure = labelled_pictures.measure_clocks(READ[:1], STATED[:1], TRUE[:1], threshold=0.0)
    assert found.keys() == sure.keys()  # else several seeds could not be joined
    assert [found[f"share_right_of_sure{end}"] for end in ("", "_low", "_high")] == [None] * 3


def test_pictures_without_a_clock_should_be_unsure() -> None:
    found = labelled_pictures.measure_without_clock(np.array([0.1, 0.2, 0.5, 0.05]), threshold=0.5)
    assert (found["pictures"], found["share_sure"], found["highest_stated_probability"]) == (4, 0.25, 0.5)
    assert 0 < found["share_sure_low"] < 0.25 < found["share_sure_high"] < 1
    none = labelled_pictures.measure_without_clock(np.array([]), threshold=0.5)
    assert none == dict.fromkeys(found) | {"pictures": 0}


@given(
    arrays.arrays(np.float64, 12, elements=st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9])),
    arrays.arrays(np.bool_, 12),
    st.sampled_from([0.0, 0.5, 0.9, 1.0]),
)
def test_above_the_smallest_threshold_enough_readings_are_right(
    stated: np.ndarray, right: np.ndarray, share: float
) -> None:
    enough = [value for value in stated if right[stated >= value].mean() >= share]
    assert smallest_threshold(stated, right, share=share) == (min(enough) if enough else None)
