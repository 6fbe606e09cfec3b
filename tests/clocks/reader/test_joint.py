import keras
import numpy as np
import pytest

from imagelab.clocks.reader.joint import JointReading
from imagelab.clocks.reader.targets import to_targets
from imagelab.clocks.times import MINUTES_PER_DIAL

pytestmark = pytest.mark.usefixtures("repeatable")

RANDOM = np.random.default_rng(0)


def shared(places: np.ndarray, count: int) -> np.ndarray:
    distance = np.abs(np.arange(count) - places[..., None])
    return np.log(np.maximum(0, 1 - np.minimum(distance, count - distance)) + 1e-6).astype(np.float32)


def logits(times: np.ndarray, rolls: np.ndarray, *, directions: int, dial: bool = True) -> list[np.ndarray]:
    """Of a network that sees the hands, and reads the dial or does not."""
    wanted = to_targets(times, rolls, np.ones(len(times), bool), directions=directions)
    upright = np.arange(directions) * 60 / directions
    minutes = shared((upright - wanted["dial"][:, None]) % 60, 60)
    hands = [shared(wanted[name], directions) for name in ("minute_hand", "hour_hand")]
    return [*hands, minutes if dial else np.zeros_like(minutes)]


def read(inputs: list[np.ndarray], layer: JointReading | None = None) -> np.ndarray:
    return keras.ops.convert_to_numpy((layer or JointReading())(inputs))


@pytest.mark.parametrize("directions", [60, 120])
def test_every_time_is_read_at_any_turn_of_the_dial(directions: int) -> None:
    times = np.arange(MINUTES_PER_DIAL)
    found = read(logits(times, RANDOM.random(len(times)), directions=directions))
    assert np.allclose(np.exp(found).sum(axis=1), 1, atol=1e-4)
    assert (found.argmax(axis=1) == times).mean() > (0.99 if directions == 120 else 0.9)
    distance = np.abs(found.argmax(axis=1) - times)
    assert np.minimum(distance, MINUTES_PER_DIAL - distance).max() <= 1


def test_without_a_dial_the_preference_for_upright_decides() -> None:
    times = np.array([200, 455])
    inputs = logits(times, np.zeros(2), directions=120, dial=False)
    undecided = np.exp(read(inputs).max(axis=1))
    assert (undecided < 0.2).all()  # twelve turns of the dial, twelve times
    layer = JointReading()
    layer.build([inputs[0].shape, inputs[1].shape, inputs[2].shape])
    layer.preference.assign([8.0] + [0.0] * 11)
    assert read(inputs, layer).argmax(axis=1).tolist() == times.tolist()


def test_the_hour_hand_decides_between_two_minutes_that_look_alike() -> None:
    """Two directions of the minute hand are as probable; only one agrees with the hour hand between its hours."""
    time = np.array([195])  # 3:15: the hour hand a quarter on its way
    minute_hand, hour_hand, dial = logits(time, np.zeros(1), directions=120)
    other = logits(np.array([225]), np.zeros(1), directions=120)[0]  # 3:45
    inputs = [np.logaddexp(minute_hand, other), hour_hand, dial]
    found = np.exp(read(inputs))[0]
    assert found[195] > 20 * found[225]
    assert found[194:197].sum() > 0.9
