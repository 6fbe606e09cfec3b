"""The GAN: both networks, their training, augmentation, conditioning, the moving average."""

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from imagelab.leaves.gan.augmentation import Augmentation
from imagelab.leaves.gan.discriminator import build_discriminator
from imagelab.leaves.gan.networks import build_gan
from imagelab.leaves.gan.training import _Players, accuracy_on_generated, accuracy_on_real, train_gan
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


def test_a_gan_whose_loss_becomes_no_number_stops_in_that_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = iter([0.7, 0.7, np.nan])  # the last of the epoch's three batches
    step = {"discriminator_loss": 0.7, "accuracy_on_real": 1.0, "accuracy_on_generated": 1.0}
    monkeypatch.setattr(_Players, "step", lambda *_: {**step, "generator_loss": next(losses)})
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
