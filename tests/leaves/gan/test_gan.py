"""The GAN: both networks, their training, augmentation, conditioning, the moving average."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from imagelab.leaves.gan.adversaries import Adversaries
from imagelab.leaves.gan.augmentation import Augmentation
from imagelab.leaves.gan.discriminator import build_discriminator
from imagelab.leaves.gan.networks import build_gan
from imagelab.leaves.gan.training import train_gan
from imagelab.leaves.generators.drawing import classes_of, draw_latent, generate
from imagelab.leaves.generators.network import build_generator
from imagelab.settings.leaves import Gan
from imagelab.storage.splits import Split
from imagelab.training.fit import Diverged

pytestmark = pytest.mark.usefixtures("repeatable")

RANDOM = np.random.default_rng(0)

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


def cross_entropy(logits: tf.Tensor, label: float) -> tf.Tensor:
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.fill(logits.shape, label), logits=logits)


def test_a_step_has_the_numbers_of_the_formulas() -> None:
    """Two steps, written out: first the discriminator on real and generated pictures, then the generator."""
    generator, discriminator = adversaries()
    other_generator, other_discriminator = adversaries()
    pictures = RANDOM.integers(0, 256, (12, 8, 8, 3), dtype=np.uint8)
    players = Adversaries(generator, discriminator, None, GAN)
    random, again = np.random.default_rng(0), np.random.default_rng(0)
    optimizers = [keras.optimizers.Adam(GAN.learning_rate, beta_1=GAN.beta_1) for _ in range(2)]
    for rows in (np.arange(8), np.arange(8, 12)):
        measured = players.step(tf.constant(pictures), np.zeros(12, int), rows, random)
        real = tf.constant(pictures[rows] / np.float32(255), tf.float32)
        latent = [again.standard_normal((len(rows), GAN.latent_dimension), dtype=np.float32) for _ in range(2)]
        with tf.GradientTape() as tape:
            of_real, of_generated = (other_discriminator(some) for some in (real, other_generator(latent[0])))
            loss = tf.reduce_mean([cross_entropy(of_real, 1.0), cross_entropy(of_generated, 0.0)])
        weights = other_discriminator.trainable_variables
        optimizers[0].apply(tape.gradient(loss, [weight.value for weight in weights]), weights)
        assert float(measured["discriminator_loss"]) == pytest.approx(float(loss), rel=1e-4)
        assert float(measured["accuracy_on_real"]) == np.mean(of_real > 0)
        assert float(measured["accuracy_on_generated"]) == np.mean(of_generated <= 0)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(cross_entropy(other_discriminator(other_generator(latent[1])), 1.0))
        weights = other_generator.trainable_variables
        optimizers[1].apply(tape.gradient(loss, [weight.value for weight in weights]), weights)
        assert float(measured["generator_loss"]) == pytest.approx(float(loss), rel=1e-4)
    for network, other in ((generator, other_generator), (discriminator, other_discriminator)):
        for found, expected in zip(network.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize("averaging", [0.5, 0.01])
def test_the_average_follows_the_generator_and_faster_in_the_first_steps(averaging: float) -> None:
    generator, discriminator = adversaries()
    averaged = keras.models.clone_model(generator)
    averaged.set_weights(generator.get_weights())
    players = Adversaries(generator, discriminator, averaged, GAN.model_copy(update={"averaging": averaging}))
    pictures, expected, random = tf.constant(RANDOM.random((4, 8, 8, 3), np.float32)), generator.get_weights(), RANDOM
    for step in (1, 2):
        players.step(pictures, np.zeros(4, int), np.arange(4), random)
        decay = min(averaging, step / (10 + step))
        expected = [decay * old + (1 - decay) * new for old, new in zip(expected, generator.get_weights(), strict=True)]
    for found, wanted in zip(averaged.get_weights(), expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_a_gan_whose_loss_becomes_no_number_stops_in_that_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = iter([0.7, 0.7, np.nan])  # the last of the epoch's three batches
    step = {"discriminator_loss": 0.7, "accuracy_on_real": 1.0, "accuracy_on_generated": 1.0}
    monkeypatch.setattr(Adversaries, "step", lambda *_: {**step, "generator_loss": next(losses)})
    pictures = RANDOM.random((24, 32, 32, 3), dtype=np.float32)
    generator, discriminator = build_generator(4, 32, filters=4, seed=1), build_discriminator(32, filters=4, seed=2)
    with pytest.raises(Diverged, match=r"gan, epoch 1: loss"):
        train_gan(generator, discriminator, unlabelled(pictures), GAN, seed=1)


def test_a_discriminator_sees_changed_pictures_in_training_only() -> None:
    pictures = RANDOM.random((4, 16, 16, 3), dtype=np.float32)
    layer = Augmentation(1)
    assert np.array_equal(layer(pictures, training=False), pictures)
    changed = keras.ops.convert_to_numpy(layer(pictures, training=True))
    for before, after in zip(pictures, changed, strict=True):
        assert not np.allclose(before, after, atol=0.05)
        assert 0 < (after == 0).all(axis=-1).mean() < 0.6  # what the square covers, and what was shifted in


def test_a_shift_moves_pictures_without_blurring_them() -> None:
    picture = np.zeros((1, 16, 16, 1), np.float32)
    picture[0, 8, 8] = 1
    layer = Augmentation(1, shift=0.25)
    places = set()
    for _ in range(20):
        moved = keras.ops.convert_to_numpy(layer._shift(layer._shift(picture, 16, axis=1), 16, axis=2))
        assert moved.sum() == moved.max() == 1
        places.add(tuple(int(place[0]) for place in np.nonzero(moved[0, ..., 0])))
    assert len({row for row, _ in places}) > 3
    assert len({column for _, column in places}) > 3
    assert all(4 <= place <= 12 for pair in places for place in pair)


CLASSES = 2


SETTINGS = Gan(
    latent_dimension=4,
    filters=8,
    epochs=10,
    snapshot_epochs=(),
    batch_size=16,
    learning_rate=0.01,
    discriminator_learning_rate=0.005,
    beta_1=0.5,
    batch_normalization=True,
    class_conditioning=True,
    augmentation=False,
    averaging=0.9,
)


@pytest.fixture(scope="module")
def trained() -> tuple[keras.Model, keras.Model]:
    """Generator and its average, of dark pictures of class 0 and bright ones of class 1."""
    labels = np.arange(64) % CLASSES
    pictures = np.full((64, 8, 8, 3), 0.1, np.float32) + 0.8 * labels[:, None, None, None].astype(np.float32)
    generator, averaged = (
        build_generator(4, 8, filters=8, seed=1, classes=CLASSES, batch_normalization=True) for _ in range(2)
    )
    discriminator = build_discriminator(8, filters=8, seed=2, classes=CLASSES)
    train_gan(generator, discriminator, Split(pictures, labels), SETTINGS, seed=1, averaged=averaged)
    return generator, averaged


def test_a_gan_draws_the_class_that_it_is_asked_for(trained: tuple[keras.Model, keras.Model]) -> None:
    latent = draw_latent(32, 4, seed=1)
    dark, bright = (generate(trained[1], latent, np.full(32, label)) for label in (0, 1))
    assert dark.mean() < bright.mean() - 0.2
    in_turn = generate(trained[1], latent)
    np.testing.assert_array_equal(in_turn[0::2], dark[0::2])
    np.testing.assert_array_equal(in_turn[1::2], bright[1::2])


def test_the_average_lags_behind_the_generator(trained: tuple[keras.Model, keras.Model]) -> None:
    generator, averaged = (model.get_weights() for model in trained)
    start = build_generator(4, 8, filters=8, seed=1, classes=CLASSES, batch_normalization=True).get_weights()
    moved = [np.abs(weights - old).mean() for weights, old in zip(averaged, start, strict=True)]
    behind = [np.abs(weights - last).mean() for weights, last in zip(averaged, generator, strict=True)]
    assert all(distance > 0 for distance in moved)
    assert all(0 < gap < 2 * distance for gap, distance in zip(behind, moved, strict=True))


def test_the_settings_decide_the_networks_of_a_gan() -> None:
    plain = build_gan(8, GAN, classes=3, seed=1)
    assert plain.drawing is plain.generator
    assert plain.averaged is None
    assert classes_of(plain.generator) == 0
    assert len(plain.discriminator.inputs) == 1
    conditioned = build_gan(8, SETTINGS, classes=3, seed=1)
    assert conditioned.drawing is conditioned.averaged
    assert classes_of(conditioned.generator) == classes_of(conditioned.drawing) == 3
    assert [given.shape[1:] for given in conditioned.discriminator.inputs] == [(8, 8, 3), (3,)]
    for mine, theirs in zip(conditioned.generator.get_weights(), conditioned.drawing.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)  # the average starts there
