from pathlib import Path

import keras
import numpy as np
import pytest

from imagelab.classification.best.network import build_best_classifier
from imagelab.classification.best.training import make_optimizer, train_best_classifier
from imagelab.settings.training import Views
from imagelab.storage.splits import Split
from imagelab.training import backend
from imagelab.training.checkpoint import Checkpoint
from imagelab.training.inference import predict
from tests.classification.best.test_network import SETTINGS

backend.configure(seed=1, precision="float32", threads=1)


def split(count: int, seed: int) -> Split:
    """Pictures whose brightest third, from left to right, is the class."""
    random = np.random.default_rng(seed)
    classes = random.integers(0, 3, count).astype(np.uint8)
    pictures = random.integers(0, 60, (count, 12, 12, 1))
    for row, label in enumerate(classes):
        pictures[row, :, 4 * label : 4 * label + 4] += 150
    return Split(pictures.astype(np.uint8), classes)


SPLITS = {"train": split(96, 1), "validation": split(32, 2), "test": split(50, 3)}


def train(seed: int = 1, checkpoint: Checkpoint | None = None, **changes: object) -> dict:
    settings = SETTINGS.model_copy(update=changes)
    return dict(train_best_classifier(SPLITS, settings, classes=3, seed=seed, name="best", checkpoint=checkpoint))


def accuracy(logits: np.ndarray) -> float:
    return float((logits.argmax(axis=1) == SPLITS["test"].targets).mean())


def test_it_learns_and_its_logits_are_those_of_the_network_that_it_returns() -> None:
    augmentation = SETTINGS.augmentation.model_copy(update={"flips": "none"})
    outputs = train(epochs=12, augmentation=augmentation, test_time_views=Views(flips=False, shift=0))
    assert accuracy(outputs["test_logits.npy"]) > 0.9
    assert np.array_equal(outputs["test_logits.npy"], predict(outputs["model.keras"], SPLITS["test"].images))
    assert np.array_equal(outputs["test_logits.npy"], outputs["test_logits_averaged.npy"])


def test_kernels_offsets_and_the_last_layer_are_trained_each_in_its_own_way() -> None:
    model = build_best_classifier(SPLITS["train"].images, SETTINGS, classes=3, seed=1, name="best")
    optimizer = make_optimizer(SETTINGS, steps=10)
    optimizer.build(model.trainable_variables)
    ways = {
        variable.path: type(own).__name__ + f" {own.get_config()['learning_rate']['config']['initial_learning_rate']:g}"
        for own in optimizer.optimizers
        for variable in own._trainable_variables
    }
    rate = SETTINGS.learning_rate
    assert ways.pop("dense/kernel") == f"SGD {rate:g}"
    assert {way for path, way in ways.items() if path.startswith("norm")} == {f"SGD {4 * rate:g}"}
    assert {way for path, way in ways.items() if path.startswith("conv")} == {f"Muon {SETTINGS.kernel_learning_rate:g}"}
    assert len(ways) == 8


def test_the_validation_split_is_measured_or_trained_on() -> None:
    assert "validation_accuracy" in train()["history.csv"]
    history = train(train_on_validation=True)["history.csv"]
    assert list(history.columns) == ["epoch", "accuracy", "loss"]


def test_a_killed_training_continues_with_the_same_bits(tmp_path: Path) -> None:
    whole = train(epochs=3)

    class Killed(Checkpoint):
        def save(self, variables, history, *, images) -> None:
            super().save(variables, history, images=images)
            if len(history["loss"]) == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(epochs=3, checkpoint=Killed(tmp_path / "state.npz"))
    resumed = train(epochs=3, checkpoint=Checkpoint(tmp_path / "state.npz"))
    assert resumed["history.csv"].equals(whole["history.csv"])
    assert np.array_equal(resumed["test_logits_averaged.npy"], whole["test_logits_averaged.npy"])


def test_in_bfloat16_the_network_is_delivered_in_float32() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = train(epochs=1)["model.keras"]
    finally:
        keras.config.set_dtype_policy("float32")
    assert {layer.compute_dtype for layer in network.layers[1:]} == {"float32"}  # the first is the input
