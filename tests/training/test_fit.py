from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from imagelab.classification.mlp import build_mlp
from imagelab.evaluation.classifiers import classification_metrics
from imagelab.storage.splits import Split
from imagelab.training import classifier, inference
from imagelab.training import fit as fit_module
from imagelab.training.batches import EVALUATION_BATCH_SIZE, Batches, as_pixels, for_measuring
from imagelab.training.fit import Diverged, Evaluation, check_losses, fit
from imagelab.training.steps import Steps

pytestmark = pytest.mark.usefixtures("repeatable")

RANDOM = np.random.default_rng(0)


def bright_and_dark(count: int) -> Split:
    """Two classes that any classifier can tell apart."""
    classes = np.arange(count) % 2
    images = RANDOM.integers(0, 100, (count, 6, 6, 1)) + 150 * classes[:, None, None, None]
    return Split(images.astype(np.uint8), classes)


SPLIT = bright_and_dark(70)


def train(
    epochs: int, *, learning_rate: float = 0.01, seed: int = 1, l1: float = 0
) -> tuple[keras.Model, pd.DataFrame]:
    model = build_mlp((6, 6, 1), hidden=(16,), dropout=(0.2,), l1_on_first=l1, classes=2, seed=seed)
    history = classifier.train(
        model,
        SPLIT,
        SPLIT,
        optimizer=classifier.make_optimizer("adam", learning_rate),
        batch_size=16,
        epochs=epochs,
        seed=seed,
        label="test",
    )
    return model, history


def test_a_classifier_learns_and_its_history_has_a_row_an_epoch() -> None:
    model, history = train(10)
    assert history["epoch"].tolist() == list(range(1, 11))
    assert list(history) == ["epoch", "accuracy", "loss", "validation_accuracy", "validation_loss"]
    assert history["validation_accuracy"].iloc[-1] == 1
    assert classifier.measure(Evaluation(model), SPLIT)["accuracy"] == 1


def test_the_same_seed_trains_the_same_bits_and_another_seed_others() -> None:
    (first, history), (second, again), (third, _) = train(3), train(3), train(3, seed=2)
    pd.testing.assert_frame_equal(history, again, check_exact=True)
    assert all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True))
    assert not np.array_equal(first.get_weights()[0], third.get_weights()[0])


def test_a_shorter_training_is_the_beginning_of_a_longer_one() -> None:
    _, short = train(2)
    _, long = train(4)
    pd.testing.assert_frame_equal(short, long.head(2), check_exact=True)


def test_a_loss_that_is_no_number_stops_the_training() -> None:
    with pytest.raises(Diverged, match=r"test, epoch \d+: loss: expected a finite number"):
        train(30, learning_rate=1e38)


def test_the_loss_of_a_penalised_network_is_its_cross_entropy_and_the_penalty_stands_beside_it() -> None:
    model, history = train(3, l1=0.05)
    assert list(history) == ["epoch", "accuracy", "loss", "validation_accuracy", "validation_loss", "penalty"]
    measured = classifier.measure(Evaluation(model), SPLIT)
    expected = classification_metrics(inference.predict(model, SPLIT.images), SPLIT.targets)
    assert measured == pytest.approx({name: expected[name] for name in ("loss", "accuracy")}, rel=1e-5)
    assert history["validation_loss"].iloc[-1] == measured["loss"]
    weights = keras.ops.convert_to_numpy(model.get_layer("dense_1").kernel)
    assert classifier.penalty(model) == pytest.approx(0.05 * np.abs(weights).sum(), rel=1e-5)
    assert 1 < classifier.penalty(model) < history["penalty"].iloc[-1] < history["penalty"].iloc[0]  # they shrink


def test_a_penalty_of_its_own_changes_no_bit_of_a_training() -> None:
    separated, history = train(3, l1=0.05)
    plain = build_mlp((6, 6, 1), hidden=(16,), dropout=(0.2,), l1_on_first=0.05, classes=2, seed=1)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    plain.compile(optimizer=classifier.make_optimizer("adam", 0.01), loss=loss, metrics=["accuracy"])
    batches = Batches(SPLIT.images, SPLIT.targets, batch_size=16, shuffle_seed=1)
    whole = fit(plain, batches, for_measuring(SPLIT.images, SPLIT.targets), epochs=3, label="test")
    assert all(np.array_equal(a, b) for a, b in zip(separated.get_weights(), plain.get_weights(), strict=True))
    assert whole["accuracy"].tolist() == history["accuracy"].tolist()
    assert (history["loss"] + history["penalty"]).tolist() == pytest.approx(whole["loss"].tolist(), rel=1e-6)


def test_a_penalty_that_is_no_number_stops_the_training() -> None:
    with pytest.raises(Diverged, match="test, epoch 1: loss: expected a finite number"):
        train(1, l1=3e38)  # infinite in float32; Adam divides by infinity, so the cross-entropy stays as it is


def test_each_epoch_has_every_row_once_in_an_order_of_its_own() -> None:
    batches = Batches(np.zeros((10, 1, 1, 1)), None, batch_size=4, shuffle_seed=3)
    orders = [batches.order(epoch).tolist() for epoch in range(2)]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(10))
    assert orders[0] != orders[1]
    assert batches.order(0).tolist() == orders[0]
    assert batches._replace(shuffle_seed=None).order(1).tolist() == list(range(10))
    assert batches.steps == 3


class Recorder(keras.Model):
    """Sums up what its steps receive."""

    def __init__(self) -> None:
        super().__init__()
        self.sums = keras.Variable(np.zeros((10, 2), np.float32), trainable=False, name="sums")
        self.position = keras.Variable(0, dtype="int32", trainable=False, name="position")
        self.scale = keras.Variable(1.0, name="scale")

    def call(self, images: Any) -> Any:
        return self.scale * images

    def compute_loss(self, x: Any = None, y: Any = None, *_: Any, **__: Any) -> Any:
        row = keras.ops.stack([keras.ops.sum(x), keras.ops.cast(keras.ops.sum(y), "float32")])
        self.sums.assign_add(keras.ops.one_hot(self.position, 10)[:, None] * row[None])
        self.position.assign_add(1)
        return keras.ops.sum(self.scale)


def test_each_step_gets_the_next_rows_as_pixels_with_their_targets() -> None:
    """Also when a part of an epoch is run in one call."""
    model = Recorder()
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    model.optimizer.build(model.trainable_variables)
    images = np.arange(0, 250, 25, dtype=np.uint8).reshape(10, 1, 1, 1)
    run = Steps(model, training=True).over(Batches(images, np.arange(10), batch_size=4))
    model.position.assign(0)  # the steps are traced without data first
    order = np.array([7, 1, 2, 9, 0, 3, 4, 5, 6, 8], np.int32)
    run(order[:8])
    run(order[8:])
    expected = [order[:4].sum(), order[4:8].sum(), order[8:].sum()]
    sums = keras.ops.convert_to_numpy(model.sums)[:3]
    np.testing.assert_array_equal(sums[:, 1], expected)
    np.testing.assert_allclose(sums[:, 0], np.multiply(expected, 25 / 255), rtol=1e-6)


def test_a_network_with_several_inputs_gets_each_by_name_and_only_bytes_are_scaled() -> None:
    picture, number = keras.Input((1, 1, 1), name="picture"), keras.Input((1,), name="number")
    added = keras.layers.Add()([keras.layers.Flatten()(picture), number])
    scaled = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones", trainable=False)(added)
    model = keras.Model({"picture": picture, "number": number}, scaled)
    model.compile(loss="mean_absolute_error")
    pictures = np.full((6, 1, 1, 1), 255, np.uint8)
    inputs = {"picture": pictures, "number": np.arange(6, dtype=np.float32)[:, None]}
    measured = Evaluation(model)(for_measuring(inputs, np.zeros((6, 1), np.float32)))
    assert measured["loss"] == pytest.approx(1 + 2.5)
    assert Batches(inputs, None, batch_size=4).steps == 2


def test_parts_of_an_epoch_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, history = train(2)
    monkeypatch.setattr(fit_module, "_SECONDS_BETWEEN_REPORTS", 0)  # a call for each batch
    in_parts, again = train(2)
    pd.testing.assert_frame_equal(history, again, check_exact=True)
    assert all(np.array_equal(a, b) for a, b in zip(whole.get_weights(), in_parts.get_weights(), strict=True))


def test_bytes_are_scaled_and_floats_are_left_as_they_are() -> None:
    assert as_pixels(np.array([0, 255], np.uint8)).tolist() == [0.0, 1.0]
    assert as_pixels(np.array([0.0, 0.5], np.float32)).tolist() == [0.0, 0.5]


@pytest.mark.parametrize("name", ["loss", "validation_loss", "validation_kl_loss"])
def test_no_loss_of_either_split_may_be_no_number(name: str) -> None:
    """Checked by hand: kernels that turn NaN into 0 make a network that shows it hard to build."""
    check_losses({"loss": 1.0, "validation_accuracy": np.nan}, where="test, epoch 1")
    with pytest.raises(Diverged, match="test, epoch 3: loss: expected a finite number"):
        check_losses({"loss": 1.0, "validation_loss": 1.0, name: np.nan}, where="test, epoch 3")


@pytest.mark.parametrize("count", [1, EVALUATION_BATCH_SIZE, EVALUATION_BATCH_SIZE + 1, 3600])
def test_what_is_measured_comes_in_order_in_batches_of_nearly_one_size(count: int) -> None:
    batches = for_measuring(np.zeros((count, 1, 1, 1), np.uint8), None)
    assert batches.order(0).tolist() == list(range(count))
    last = count - (batches.steps - 1) * batches.batch_size
    assert batches.batch_size <= EVALUATION_BATCH_SIZE
    assert 0 <= batches.batch_size - last <= batches.steps


@pytest.mark.parametrize("count", [1, EVALUATION_BATCH_SIZE, EVALUATION_BATCH_SIZE + 1, 600])
def test_predictions_stand_in_the_order_of_the_rows_whatever_their_number(count: int) -> None:
    inputs = [keras.Input((3,)), keras.Input((1,))]
    model = keras.Model(inputs, {"sum": inputs[0] + inputs[1], "same": inputs[1]})
    first, second = RANDOM.random((count, 3), np.float32), RANDOM.random((count, 1), np.float32)
    found = inference.predict(model, [first, second])
    np.testing.assert_allclose(found["sum"], first + second, rtol=1e-6)
    np.testing.assert_array_equal(found["same"], second)
