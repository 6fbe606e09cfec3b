from pathlib import Path

import keras
import numpy as np
import pytest

from imagelab.clocks.posed_clocks import PosedClocks
from imagelab.clocks.reader import localiser as finding
from imagelab.clocks.reader.joined import join
from imagelab.clocks.reader.localiser import build_localiser, pivot_error, pose_loss
from imagelab.clocks.reader.network import build_network
from imagelab.clocks.reader.reading import ClockReader, interpret, load_reader
from imagelab.clocks.reader.readings import Box
from imagelab.clocks.reader.training import as_localiser_pictures, train_localiser, train_network
from imagelab.runtime.errors import InputError
from imagelab.settings.clocks import Localiser, Reader, ReaderNetwork
from imagelab.storage import writing
from imagelab.training import inference

pytestmark = pytest.mark.usefixtures("repeatable")

NETWORK = ReaderNetwork(angles=120, radii=8, filters=(4, 4, 4), width=8)
LOCALISER = Localiser(image_size=20, filters=(4, 4, 4, 4), width=8, epochs=40, batch_size=8, learning_rate=0.01)
SETTINGS = Reader(
    network=NETWORK,
    epochs=2,
    batch_size=8,
    learning_rate=0.001,
    weight_decay=0.0,
    averaging=0.0,
    auxiliary_weight=0.5,
)
RANDOM = np.random.default_rng(0)
CENTRED = np.array([0.5, 0.5, 0.4, 0.0, 0.4])


def randomised(model: keras.Model) -> keras.Model:
    """A network whose zero-initialised scales are not zero, so that every block counts."""
    for weight in model.trainable_variables:
        weight.assign(weight + 0.1 * RANDOM.random(weight.shape, np.float32))
    return model


def test_a_turned_picture_reads_the_same_with_everything_moved_along_the_circle() -> None:
    model = randomised(build_network(40, NETWORK.model_copy(update={"angles": 240}), seed=1))
    images, poses = RANDOM.random((3, 40, 40, 3), np.float32), np.tile(CENTRED, (3, 1)).astype(np.float32)
    upright, turned = (
        inference.predict(model, {"picture": pictures, "pose": poses})
        for pictures in (images, np.ascontiguousarray(np.rot90(images, 2, axes=(1, 2))))
    )
    assert np.allclose(np.roll(upright["dial"], 60, axis=1), turned["dial"], atol=1e-3)  # of 120: half a turn
    assert np.allclose(np.roll(upright["minute_hand"], 60, axis=1), turned["minute_hand"], atol=1e-3)
    assert np.allclose(np.exp(upright["time"]).sum(axis=1), 1, atol=1e-4)


def clocks(count: int, *, size: int = 40) -> PosedClocks:
    """Dark discs anywhere on light ground; their times can be learnt by heart only."""
    rows, columns = np.mgrid[:size, :size] + 0.5
    radii, pivots = RANDOM.uniform(0.2, 0.4, count), RANDOM.uniform(0.4, 0.6, (count, 2))
    poses = np.stack([*pivots.T, radii, np.zeros(count), radii], axis=1)
    inside = [np.hypot(columns - size * x, rows - size * y) < size * r for (x, y), r in zip(pivots, radii, strict=True)]
    grey = np.where(inside, 60, 200)[..., None] + RANDOM.integers(-40, 40, (count, size, size, 3))
    minutes = RANDOM.integers(0, 720, count)
    return PosedClocks(grey.astype(np.uint8), minutes, poses, RANDOM.random(count), np.ones(count, bool))


@pytest.mark.parametrize("averaging", [pytest.param(0.0, marks=pytest.mark.slow), 0.9])
def test_the_network_learns_a_few_pictures_by_heart(averaging: float) -> None:
    few = clocks(8)
    settings = SETTINGS.model_copy(update={"epochs": 100, "learning_rate": 0.01, "averaging": averaging})
    model, history = train_network(few, few, settings, seed=1)
    assert history["loss"].iloc[-1] < 0.8 * history["loss"].iloc[0]
    assert {"time_loss", "dial_loss", "time_within_a_minute", "test_time_within_a_minute"} <= set(history.columns)
    read = inference.predict(model, {"picture": few.images, "pose": few.poses.astype(np.float32)})["time"]
    losses = -read[np.arange(8), few.minutes]
    assert losses.mean() < 0.8 * np.log(720)


def test_the_localiser_finds_discs() -> None:
    many, others = clocks(200, size=20), clocks(50, size=20)
    pictures = [as_localiser_pictures(part.images, size=20) for part in (many, others)]
    outputs = train_localiser(pictures[0], many.poses, pictures[1], others.poses, LOCALISER, seed=1)
    found = inference.predict(outputs["model.keras"], pictures[1])
    assert np.abs(found - others.poses).mean() < 0.5 * np.abs(others.poses - others.poses.mean(axis=0)).mean()


def test_errors_of_poses_are_in_radii_and_nothing_is_asked_where_there_is_no_clock() -> None:
    true = np.array([[0.5, 0.5, 0.2, 0.0, 0.2], [finding.NO_CLOCK] * 5], np.float32)
    found = np.array([[0.53, 0.54, 0.2, 0.0, 0.2], [0.1] * 5], np.float32)
    assert keras.ops.convert_to_numpy(pivot_error(true, found)).tolist() == pytest.approx([0.25, 0], abs=1e-5)
    loss = keras.ops.convert_to_numpy(pose_loss(true, found)).tolist()
    assert loss == pytest.approx([0.15 + 0.2 - 2 * 0.05, 0], abs=1e-5)
    assert keras.ops.convert_to_numpy(pose_loss(true, true)).tolist() == [0, 0]


def test_reduced_pictures_are_means_over_squares() -> None:
    image = np.zeros((1, 4, 4, 3), np.uint8)
    image[0, :2, 2:] = 120
    assert as_localiser_pictures(image, size=2)[0, ..., 0].tolist() == [[0, 120], [0, 0]]


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return join(randomised(build_localiser(LOCALISER, seed=2)), randomised(build_network(40, NETWORK, seed=1)))


def photograph(width: int, height: int) -> np.ndarray:
    return RANDOM.integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_reader_comes_back_from_its_file_and_reads_photographs_of_any_size(
    model: keras.Model, tmp_path: Path
) -> None:
    writing.write_model(model, tmp_path / "model.keras")
    photographs = [photograph(90, 60), photograph(40, 40), photograph(30, 200), photograph(16, 16)[..., :1]]
    seen: list[int] = []
    ours = ClockReader(model).read(photographs, on_pictures=seen.append)
    theirs = load_reader(tmp_path / "model.keras").read(photographs)
    assert sum(seen) == 4
    for one, other in zip(ours, theirs, strict=True):
        assert len(one) == 4
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)
    assert ((ours.times >= 0) & (ours.times < 720)).all()
    assert ((ours.probabilities >= ours.second_probabilities) & (ours.probabilities <= 1)).all()
    distance = np.abs(ours.times - ours.second_times)
    assert (np.minimum(distance, 720 - distance) > 2).all()


def test_a_box_says_where_to_look(model: keras.Model) -> None:
    big = np.full((300, 400, 3), 128, np.uint8)
    part = photograph(60, 60)
    big[200:260, 300:360] = part
    first = ClockReader(model).read([big], [Box(300, 200, 60, 60)])
    second = ClockReader(model).read([big])
    assert not np.allclose(first.poses, second.poses, atol=1)


def test_a_grey_photograph_reads_as_one_with_three_equal_channels(model: keras.Model) -> None:
    grey = photograph(50, 50)[..., :1]
    one, other = (ClockReader(model).read([picture]) for picture in (grey, np.repeat(grey, 3, axis=2)))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_no_minute_counts_for_the_best_and_for_the_second_best_time() -> None:
    probabilities = np.full((1, 720), 1e-9)
    probabilities[0, [60, 61, 62, 63]] = [0.4, 0.35, 0.2, 0.05]
    hands = np.zeros((2, 1, 120))
    found = interpret(np.array([[50.0, 40.0, 20.0, 1.0, 15.0]]), np.log(probabilities), *hands)
    assert found.second_times.tolist() == [63]
    assert found.probabilities == pytest.approx([0.75], abs=1e-6)


def test_the_best_minute_counts_with_its_neighbours_and_the_second_best_is_another() -> None:
    probabilities = np.full((1, 720), 1e-9)
    probabilities[0, [719, 0, 1, 100, 360]] = [0.2, 0.3, 0.1, 0.15, 0.25]
    hands = np.full((2, 1, 120), np.log(1e-4))
    hands[0, 0, 30] = hands[1, 0, 30] = 0  # both point to the right: 12:00 on a dial that is turned by a quarter
    found = interpret(np.array([[50.0, 40.0, 20.0, 1.0, 15.0]]), np.log(probabilities), *hands)
    assert found.times.tolist() == [0]
    assert found.probabilities == pytest.approx([0.6], abs=1e-6)
    assert found.second_times.tolist() == [360]
    assert found.second_probabilities == pytest.approx([0.25], abs=1e-6)
    assert found.rolls.tolist() == [90]
    assert found.poses.tolist() == [[[20.0, 1.0, 50.0], [1.0, 15.0, 40.0]]]


def test_a_reader_of_another_precision_reads_the_same_in_float32() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        coarse = join(build_localiser(LOCALISER, seed=2), build_network(40, NETWORK, seed=1))
    finally:
        keras.config.set_dtype_policy("float32")
    fine = inference.in_float32(coarse)
    policies = {layer.compute_dtype for layer in fine._flatten_layers()}
    assert policies == {"float32"}
    images = RANDOM.random((4, 40, 40, 3), np.float32)
    one, other = (inference.predict(network, images) for network in (coarse, fine))
    for name, values in one.items():
        np.testing.assert_allclose(values, other[name], atol=0.1)


def test_another_model_is_no_reader(tmp_path: Path) -> None:
    image = keras.Input((4,))
    writing.write_model(keras.Model(image, keras.layers.Dense(2)(image), name="other"), tmp_path / "model.keras")
    with pytest.raises(InputError, match=r"expected a clock reader \(clock_reader\), received the network other"):
        load_reader(tmp_path / "model.keras")
