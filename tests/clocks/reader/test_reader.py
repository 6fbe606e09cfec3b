from pathlib import Path

import keras
import numpy as np
import pytest

from imagelab.clocks.reader.network import build_reader, without_auxiliary_outputs
from imagelab.clocks.reader.polar import CircularPadding, PolarSampling
from imagelab.clocks.reader.reading import load_reader, read_clocks
from imagelab.clocks.reader.training import train_reader
from imagelab.runtime.errors import InputError
from imagelab.settings.clocks import Reader, ReaderNetwork
from imagelab.storage import writing
from imagelab.training import inference

pytestmark = pytest.mark.usefixtures("repeatable")

NETWORK = ReaderNetwork(angles=32, radii=8, filters=(4, 4, 4), width=8, assume_upright=False)
SETTINGS = Reader(
    network=NETWORK,
    epochs=2,
    batch_size=8,
    learning_rate=0.001,
    weight_decay=0.0,
    auxiliary_weight=1.0,
)
RANDOM = np.random.default_rng(0)


def test_rays_begin_at_the_upper_edge_and_turn_clockwise() -> None:
    rows, columns = np.mgrid[:20, :20].astype(np.float32)
    layer = PolarSampling(4, 3, 0.1, 0.3)
    across, down = (keras.ops.convert_to_numpy(layer(plane[None, ..., None]))[0, ..., 0] for plane in (columns, rows))
    distances = 20 * np.array([0.1, 0.2, 0.3])
    assert np.allclose(across, 9.5 + np.outer([0, 1, 0, -1], distances), atol=1e-4)
    assert np.allclose(down, 9.5 + np.outer([-1, 0, 1, 0], distances), atol=1e-4)


def test_beyond_the_picture_its_edge_goes_on() -> None:
    plane = np.full((1, 8, 8, 1), 3.0, np.float32)
    assert np.allclose(keras.ops.convert_to_numpy(PolarSampling(8, 4, 0.1, 5.0)(plane)), 3, atol=1e-5)


def test_the_circle_closes() -> None:
    x = np.arange(4, dtype=np.float32).reshape(1, 4, 1)
    assert keras.ops.convert_to_numpy(CircularPadding(2)(x)).ravel().tolist() == [2, 3, 0, 1, 2, 3, 0, 1]


def randomised(network: ReaderNetwork) -> keras.Model:
    """A reader whose zero-initialised scales are not zero, so that every block counts."""
    model = build_reader(40, network, seed=1)
    model.set_weights([weight + 0.1 * RANDOM.random(weight.shape, np.float32) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize("assume_upright", [False, True])
def test_a_turned_picture_reads_the_same_unless_the_network_knows_what_is_up(assume_upright: bool) -> None:
    model = randomised(NETWORK.model_copy(update={"assume_upright": assume_upright}))
    images = RANDOM.random((3, 40, 40, 1), np.float32)
    upright, turned = (
        {name: keras.ops.convert_to_numpy(values) for name, values in model(pictures).items()}
        for pictures in (images, np.ascontiguousarray(np.rot90(images, -1, axes=(1, 2))))
    )
    same = np.allclose(upright["minute"], turned["minute"], atol=1e-3)
    assert same != assume_upright
    if not assume_upright:  # a quarter turn clockwise moves everything by a quarter of the directions
        assert np.allclose(np.roll(upright["dial"], 4, axis=1), turned["dial"], atol=1e-3)


def test_readings_are_probabilities() -> None:
    outputs = randomised(NETWORK)(RANDOM.random((3, 40, 40, 1), np.float32))
    for name in ("minute", "hour_part"):
        assert np.allclose(np.exp(keras.ops.convert_to_numpy(outputs[name])).sum(axis=1), 1, atol=1e-5)


def clocks(count: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    images = RANDOM.integers(0, 256, (count, 40, 40, 1), dtype=np.uint8)
    targets = {name: RANDOM.integers(0, 60, count) for name in ("minute", "hour_part")}
    helpers = {name: RANDOM.integers(0, 16, count) for name in ("minute_hand", "hour_hand")}
    return images, targets | helpers | {"dial": RANDOM.integers(0, 60, (count, 16))}


@pytest.mark.parametrize("helped", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_the_reader_learns_a_few_pictures_by_heart_and_comes_back_from_its_file(helped: bool, tmp_path: Path) -> None:
    images, targets = clocks(16)
    if not helped:
        targets = {name: targets[name] for name in ("minute", "hour_part")}
    model = build_reader(40, NETWORK, seed=1)
    settings = SETTINGS.model_copy(update={"epochs": 30, "learning_rate": 0.01})
    rows = np.arange(16)
    history = train_reader(model, images, targets, training_rows=rows, test_rows=rows, settings=settings, seed=1)
    assert history["loss"].iloc[-1] < 0.6 * history["loss"].iloc[0]
    assert ("dial_loss" in history) == helped
    writing.write_model(without_auxiliary_outputs(model), tmp_path / "model.keras")
    again = load_reader(tmp_path / "model.keras")
    for ours, theirs in zip(
        read_clocks(without_auxiliary_outputs(model), images), read_clocks(again, images), strict=True
    ):
        assert np.array_equal(ours, theirs)


def test_a_reader_of_another_precision_reads_the_same_in_float32() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        coarse = without_auxiliary_outputs(build_reader(40, NETWORK, seed=1))
    finally:
        keras.config.set_dtype_policy("float32")
    fine = inference.in_float32(coarse)
    assert {layer.compute_dtype for layer in coarse.layers} == {"bfloat16", "float32"}
    assert {layer.compute_dtype for layer in fine.layers} == {"float32"}
    images, _ = clocks(4)
    for name, one in inference.predict(fine, images).items():
        np.testing.assert_allclose(one, inference.predict(coarse, images)[name], atol=0.1)
    for one, other in zip(fine.get_weights(), coarse.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_model_is_no_reader(tmp_path: Path) -> None:
    image = keras.Input((4,))
    writing.write_model(keras.Model(image, keras.layers.Dense(2)(image), name="other"), tmp_path / "model.keras")
    with pytest.raises(
        InputError, match="expected a clock reader, with the outputs minute and hour_part, received other"
    ):
        load_reader(tmp_path / "model.keras")
