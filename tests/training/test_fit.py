import keras
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from imagelab.classification.mlp import build_mlp
from imagelab.evaluation.classifiers import classification_metrics
from imagelab.leaves.gan.discriminator import build_discriminator
from imagelab.leaves.gan.training import _Players, accuracy_on_generated, accuracy_on_real, train_gan
from imagelab.leaves.generators.drawing import interpolate
from imagelab.leaves.generators.network import build_generator
from imagelab.leaves.generators.snapshots import snapshot_epochs
from imagelab.leaves.vae.network import build_vae
from imagelab.leaves.vae.training import train_vae
from imagelab.settings.leaves import Gan
from imagelab.storage.splits import Split
from imagelab.training import classifier, inference
from imagelab.training.batches import EVALUATION_BATCH_SIZE, Batches, as_pixels, for_measuring
from imagelab.training.fit import Diverged, _LossCheck, fit

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
    assert classifier.measure(model, SPLIT)["accuracy"] == 1


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
    measured = classifier.measure(model, SPLIT)
    expected = classification_metrics(inference.predict(model, SPLIT.images), SPLIT.targets)
    assert measured == pytest.approx({name: expected[name] for name in ("loss", "accuracy")}, rel=1e-5)
    assert history["validation_loss"].iloc[-1] == measured["loss"]
    weights = keras.ops.convert_to_numpy(model.get_layer("dense_1").kernel)
    assert classifier.penalty(model) == pytest.approx(0.05 * np.abs(weights).sum(), rel=1e-5)
    assert 1 < classifier.penalty(model) < history["penalty"].iloc[-1] < history["penalty"].iloc[0]  # they shrink


def test_to_tell_the_penalty_apart_changes_no_bit_of_a_training() -> None:
    told, history = train(3, l1=0.05)
    plain = build_mlp((6, 6, 1), hidden=(16,), dropout=(0.2,), l1_on_first=0.05, classes=2, seed=1)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    plain.compile(optimizer=classifier.make_optimizer("adam", 0.01), loss=loss, metrics=["accuracy"])
    batches = Batches(SPLIT.images, SPLIT.targets, batch_size=16, shuffle_seed=1)
    whole = fit(plain, batches, for_measuring(SPLIT.images, SPLIT.targets), epochs=3, label="test")
    assert all(np.array_equal(a, b) for a, b in zip(told.get_weights(), plain.get_weights(), strict=True))
    assert whole["accuracy"].tolist() == history["accuracy"].tolist()
    assert (history["loss"] + history["penalty"]).tolist() == pytest.approx(whole["loss"].tolist(), rel=1e-6)


def test_a_penalty_that_is_no_number_stops_the_training() -> None:
    with pytest.raises(Diverged, match="test, epoch 1: loss: expected a finite number"):
        train(1, l1=3e38)  # infinite in float32; Adam divides by infinity, so the cross-entropy stays as it is


def test_each_epoch_has_every_row_once_in_an_order_of_its_own() -> None:
    images = np.arange(10, dtype=np.float32).reshape(10, 1, 1, 1)
    batches = Batches(images, np.arange(10), batch_size=4, shuffle_seed=3)
    orders = []
    for _ in range(2):
        batches.on_epoch_begin()
        seen = [batches[index] for index in range(batches.num_batches)]
        assert [len(targets) for _, targets in seen] == [4, 4, 2]
        assert all(np.array_equal(pixels.ravel(), targets) for pixels, targets in seen)
        orders.append(np.concatenate([targets for _, targets in seen]).tolist())
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(10))
    assert orders[0] != orders[1]


def test_bytes_are_scaled_and_floats_are_left_as_they_are() -> None:
    assert as_pixels(np.array([0, 255], np.uint8)).tolist() == [0.0, 1.0]
    assert as_pixels(np.array([0.0, 0.5], np.float32)).tolist() == [0.0, 0.5]


def test_the_autoencoder_learns_to_reconstruct_and_reports_the_parts_of_its_loss() -> None:
    images = np.repeat(RANDOM.random((1, 16, 16, 3)), 64, axis=0).astype(np.float32)
    model = build_vae(16, 4, filters=8, seed=1)
    split = Split(images, np.zeros(64))
    history = train_vae(model, split, split, learning_rate=0.01, batch_size=16, epochs=8, seed=1)
    parts = history["reconstruction_loss"] + history["kl_loss"]
    assert np.allclose(history["loss"], parts, rtol=1e-4)
    assert history["held_out_loss"].iloc[-1] < 0.95 * history["held_out_loss"].iloc[0]


def test_the_loss_of_the_autoencoder_is_the_cross_entropy_of_all_values_plus_the_divergence() -> None:
    model = build_vae(8, 2, filters=2, seed=1)
    images = np.clip(RANDOM.random((5, 8, 8, 3)), 0.01, 0.99).astype(np.float32)
    outputs = {name: keras.ops.convert_to_numpy(value) for name, value in model(images, training=False).items()}
    drawn, mean, log_variance = outputs["images"], outputs["mean"], outputs["log_variance"]
    entropy = -(images * np.log(drawn) + (1 - images) * np.log(1 - drawn)).sum(axis=(1, 2, 3)).mean()
    divergence = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1).mean()
    loss = model.compute_loss(x=keras.ops.convert_to_tensor(images), y_pred=outputs, training=False)
    assert float(loss) == pytest.approx(entropy + divergence, rel=1e-4)
    model.reconstruction_reduction = "mean"
    loss = model.compute_loss(x=keras.ops.convert_to_tensor(images), y_pred=outputs, training=False)
    assert float(loss) == pytest.approx(entropy / (8 * 8 * 3) + divergence, rel=1e-4)


GAN = Gan(
    latent_dimension=4,
    filters=4,
    epochs=2,
    snapshot_epochs=(1,),
    batch_size=8,
    learning_rate=0.01,
    beta_1=0.5,
    discriminator_learning_rate=None,
    batch_normalization=False,
    class_conditioning=False,
    augmentation=False,
    averaging=0,
)


def unlabelled(images: NDArray[np.floating]) -> Split:
    return Split(images, np.zeros(len(images), np.int64))


def adversaries() -> tuple[keras.Model, keras.Model]:
    return build_generator(4, 8, filters=4, seed=1), build_discriminator(8, filters=4, seed=2)


def test_both_adversaries_learn_and_a_seed_repeats_them() -> None:
    images = RANDOM.random((20, 8, 8, 3)).astype(np.float32)
    runs = []
    for _ in range(2):
        networks = adversaries()
        before = [network.get_weights()[0].copy() for network in networks]
        history = train_gan(*networks, unlabelled(images), GAN, seed=1)
        assert all(
            not np.array_equal(old, network.get_weights()[0]) for old, network in zip(before, networks, strict=True)
        )
        runs.append((history, networks[0].get_weights()))
    pd.testing.assert_frame_equal(runs[0][0], runs[1][0], check_exact=True)
    assert all(np.array_equal(a, b) for a, b in zip(runs[0][1], runs[1][1], strict=True))


def test_each_adversary_stands_still_while_the_other_one_learns() -> None:
    generator, discriminator = adversaries()
    players = _Players(generator, discriminator, None, GAN)
    real = RANDOM.random((8, 8, 8, 3)).astype(np.float32)
    players.step(unlabelled(real), np.arange(8), np.random.default_rng(0))
    before = [weight.copy() for weight in discriminator.get_weights()]
    players.combined.train_on_batch(np.ones((8, 4), np.float32), np.ones((8, 1), np.float32))
    assert all(np.array_equal(a, b) for a, b in zip(before, discriminator.get_weights(), strict=True))
    before = [weight.copy() for weight in generator.get_weights()]
    discriminator.trainable = True
    discriminator.train_on_batch(real, np.ones((8, 1), np.float32))
    assert all(np.array_equal(a, b) for a, b in zip(before, generator.get_weights(), strict=True))


def test_the_discriminators_accuracies_count_each_half_apart() -> None:
    is_real = np.array([[1.0], [1.0], [0.0], [0.0]], np.float32)
    logits = np.array([[2.0], [-1.0], [-3.0], [-1.0]], np.float32)
    assert np.mean(accuracy_on_real(is_real, logits)) == 0.5
    assert np.mean(accuracy_on_generated(is_real, logits)) == 1.0


def test_interpolation_goes_straight_from_the_first_vector_to_the_second() -> None:
    first, second = np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32)
    lines = interpolate(first, second, steps=3)
    assert lines[:, 0].tolist() == [0, 0.5, 1, 0, 0.5, 1]


def test_spherical_interpolation_keeps_the_length_and_turns_evenly() -> None:
    first, second = np.array([[3.0, 0.0]], np.float32), np.array([[0.0, 3.0]], np.float32)
    lines = interpolate(first, second, steps=4, spherical=True)
    angles = np.degrees(np.arctan2(lines[:, 1], lines[:, 0]))
    np.testing.assert_allclose(angles, [0, 30, 60, 90], atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(lines, axis=1), 3, rtol=1e-5)


def test_spherical_interpolation_between_equal_vectors_stays_where_it_is() -> None:
    same = np.array([[1.0, 2.0]], np.float32)
    np.testing.assert_allclose(interpolate(same, same, steps=3, spherical=True), np.repeat(same, 3, 0))


def test_snapshots_are_taken_after_set_epochs_and_after_the_last() -> None:
    assert snapshot_epochs(GAN) == [1, 2]
    assert snapshot_epochs(GAN.model_copy(update={"snapshot_epochs": (5, 3, 3), "epochs": 4})) == [3, 4]


def test_a_gan_whose_loss_becomes_no_number_stops_in_that_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = iter([0.7, 0.7, np.nan])  # the last of the epoch's three batches
    step = {"discriminator_loss": 0.7, "accuracy_on_real": 1.0, "accuracy_on_generated": 1.0}
    monkeypatch.setattr(_Players, "step", lambda *_: {**step, "generator_loss": next(losses)})
    pictures = RANDOM.random((24, 32, 32, 3), dtype=np.float32)
    generator, discriminator = build_generator(4, 32, filters=4, seed=1), build_discriminator(32, filters=4, seed=2)
    with pytest.raises(Diverged, match=r"gan, epoch 1: loss"):
        train_gan(generator, discriminator, unlabelled(pictures), GAN, seed=1)


@pytest.mark.parametrize("name", ["loss", "val_loss", "val_kl_loss"])
def test_no_loss_of_either_split_may_be_no_number(name: str) -> None:
    """Checked by hand: kernels that turn NaN into 0 make a network that shows it hard to build."""
    check = _LossCheck("test")
    check.on_epoch_end(0, {"loss": 1.0, "val_accuracy": np.nan})
    with pytest.raises(Diverged, match="test, epoch 3: loss: expected a finite number"):
        check.on_epoch_end(2, {"loss": 1.0, "val_loss": 1.0, name: np.nan})


@pytest.mark.parametrize("count", [1, EVALUATION_BATCH_SIZE, EVALUATION_BATCH_SIZE + 1, 3600])
def test_what_is_measured_comes_in_order_in_batches_of_nearly_one_size(count: int) -> None:
    batches = for_measuring(np.arange(count, dtype=np.float32)[:, None, None, None], None)
    sizes = [len(batches[index][0]) for index in range(batches.num_batches)]
    assert np.concatenate([batches[index][0].ravel() for index in range(batches.num_batches)]).tolist() == list(
        range(count)
    )
    assert max(sizes) <= EVALUATION_BATCH_SIZE
    assert max(sizes) - min(sizes) <= len(sizes)
