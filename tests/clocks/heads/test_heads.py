from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest

from imagelab.clocks.heads import trunk
from imagelab.clocks.heads.available import HEADS
from imagelab.clocks.heads.cyclic import from_cyclic, to_cyclic
from imagelab.clocks.heads.head import Head, build_clock_network
from imagelab.clocks.heads.multi_head import from_multi_head
from imagelab.clocks.heads.regression import from_regression, to_regression
from imagelab.clocks.times import on_dial
from imagelab.clocks.training import predict_times, train_clock_network
from imagelab.settings import clocks as settings
from imagelab.storage.splits import Split

pytestmark = pytest.mark.usefixtures("repeatable")

ALL_TIMES = np.arange(720)
of_every_head = pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)


def without_error(targets: Any, outputs: Any, loss: Any) -> Any:
    """What outputs of these shapes are when they are exactly right: a one for the class, or the numbers themselves."""
    if isinstance(targets, dict):
        assert targets.keys() == outputs.keys() == loss.keys()
        return {name: without_error(targets[name], outputs[name], loss[name]) for name in targets}
    classes = isinstance(loss, keras.losses.SparseCategoricalCrossentropy)
    right = np.eye(len(np.unique(targets)))[targets] if classes else targets.reshape(len(targets), -1)
    assert right.shape[1] == outputs.shape[1]
    return right


@of_every_head
def test_targets_decode_to_the_time_they_encode(head: Head) -> None:
    outputs = build_clock_network(
        head, (16, 16, 1), settings.MultiHead(learning_rate=0.001, epochs=1, minute_filters=2), seed=1
    ).output
    read = head.from_outputs(without_error(head.to_targets(ALL_TIMES), outputs, head.loss))
    assert read.dtype == np.float64
    assert np.array_equal(read, ALL_TIMES)


@of_every_head
@pytest.mark.parametrize("time", [-1, 720])
def test_a_time_off_the_dial_is_refused(head: Head, time: int) -> None:
    with pytest.raises(ValueError, match=f"received {time} to {time}"):
        head.to_targets(np.array([time]))


def test_every_head_has_settings() -> None:  # tests/pipeline/test_graph.py compares the settings with dvc.yaml
    assert tuple(HEADS) == settings.HEAD_NAMES, (
        f"settings/clocks.py: Clock: expected a field for each of {', '.join(HEADS)}"
    )


def _build_quarters(image: keras.KerasTensor, stream: Iterator[int], _own: settings.ClockHead) -> keras.KerasTensor:
    return trunk.output(trunk.features(image, stream), 48, stream, name="quarters")


QUARTERS = Head(
    name="quarters",
    to_targets=lambda minutes: on_dial(minutes) // 15,
    from_outputs=lambda scores: np.asarray(15.0 * scores.argmax(axis=1)),
    build_outputs=_build_quarters,
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)


def test_a_head_that_the_project_does_not_know_trains_and_reads() -> None:
    random = np.random.default_rng(1)
    split = Split(random.integers(0, 256, (8, 16, 16, 1), dtype=np.uint8), random.integers(0, 720, 8))
    model = build_clock_network(
        QUARTERS, (16, 16, 1), settings.MultiHead(learning_rate=0.001, epochs=1, minute_filters=2), seed=1
    )
    before = model.get_layer("quarters").get_weights()[0].copy()
    one_step = {"learning_rate": 0.01, "batch_size": 8, "epochs": 1, "seed": 1}
    history = train_clock_network(model, QUARTERS, split, split, **one_step)
    assert list(history) == ["epoch", "accuracy", "loss", "test_accuracy", "test_loss"]
    assert not np.array_equal(model.get_layer("quarters").get_weights()[0], before)
    assert set(predict_times(model, QUARTERS, split.images)) <= set(np.arange(0.0, 720.0, 15.0))


def test_the_trunk_makes_12_by_12_by_32_of_150_by_150() -> None:
    network = build_clock_network(
        HEADS["multi_head"], (150, 150, 1), settings.MultiHead(learning_rate=0.001, epochs=1, minute_filters=64), seed=1
    )
    assert network.get_layer("trunk_dropout_3").output.shape[1:] == (12, 12, 32)
    assert network.get_layer("minute_flatten").output.shape[1:] == (5184,)


def test_each_time_is_a_number_of_hours_of_its_own() -> None:
    hours = to_regression(ALL_TIMES)
    assert len(np.unique(hours)) == 720
    assert hours[330] == 5.5


def test_hours_off_the_dial_stay_there() -> None:
    assert from_regression(np.array([12.5, -0.5, 11.99999])).tolist() == [750.0, -30.0, 720.0]


def test_a_minute_beyond_the_hour_does_not_move_the_hour() -> None:
    nine = np.eye(12)[[9, 9]]
    read = from_multi_head({"hour": nine, "minute": np.array([61.5, -3.0])})
    assert read.tolist() == [9 * 60 + 59, 9 * 60]


def test_hands_on_circles_of_any_size_are_read() -> None:
    circles = to_cyclic(ALL_TIMES)
    assert np.array_equal(from_cyclic(circles * 0.3), ALL_TIMES)


def test_the_times_before_and_after_twelve_are_neighbours() -> None:
    last, first = to_cyclic(np.array([719, 0]))
    assert np.linalg.norm(last - first) < 0.11  # a minute of the minute hand: 6 degrees


def test_an_hour_hand_read_ten_degrees_wrong_leaves_the_hour_right() -> None:
    circles = to_cyclic(ALL_TIMES)
    angles = 2 * np.pi * ALL_TIMES / 720 + np.radians(10)
    circles[:, :2] = np.stack([np.sin(angles), np.cos(angles)], axis=1)
    assert np.array_equal(from_cyclic(circles), ALL_TIMES)
