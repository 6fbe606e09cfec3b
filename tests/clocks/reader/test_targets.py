import numpy as np
import pytest

from imagelab.clocks.reader.targets import from_readings, to_readings

ALL_TIMES = np.arange(720)


def test_readings_decode_to_the_time_they_encode_and_say_how_sure() -> None:
    readings = to_readings(ALL_TIMES)
    read, confidence = from_readings(20 * np.eye(60)[readings["minute"]], 20 * np.eye(60)[readings["hour_part"]])
    assert np.array_equal(read, ALL_TIMES)
    assert (confidence > 0.999).all()
    _, blind = from_readings(np.zeros((1, 60)), np.zeros((1, 60)))
    assert blind == pytest.approx(1 / 720)


def test_the_hour_hand_decides_which_full_hour_an_undecided_minute_belongs_to() -> None:
    minutes, parts = np.full((1, 60), -20.0), np.full((1, 60), -20.0)
    minutes[0, [59, 0]] = np.log(0.5)
    parts[0, [4, 5]] = np.log([0.4, 0.6])  # just before and just after one o'clock
    read, _ = from_readings(minutes, parts)
    assert read.tolist() == [60]


def test_a_time_off_the_dial_has_no_readings() -> None:
    with pytest.raises(ValueError, match="received 720 to 720"):
        to_readings(np.array([720]))
