"""What the project's generators have and the report's have not."""

from pathlib import Path

import keras
import numpy as np
import pytest

from imagelab.leaves.evaluation.random_features import build_random_features
from imagelab.leaves.gan.augmentation import Augmentation
from imagelab.leaves.gan.discriminator import build_discriminator
from imagelab.leaves.gan.training import train_gan
from imagelab.leaves.generators.drawing import (
    classes_of,
    draw_classes,
    draw_latent,
    generate,
    latent_dimension_of,
    load_generator,
)
from imagelab.leaves.generators.network import build_generator
from imagelab.leaves.generators.prior import ClassPrior, with_class_prior
from imagelab.leaves.generators.snapshots import Snapshots
from imagelab.leaves.vae.network import build_vae
from imagelab.leaves.vae.training import train_vae
from imagelab.runtime.errors import InputError
from imagelab.settings.leaves import Gan
from imagelab.storage import writing
from imagelab.storage.splits import Split
from imagelab.training import inference

pytestmark = pytest.mark.usefixtures("repeatable")

RANDOM = np.random.default_rng(0)


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


def test_the_prior_draws_each_class_as_its_codes_are_spread() -> None:
    labels = np.repeat([0, 1], 3000)
    turn = np.array([[1.0, 0.0, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 2.0]])
    means = RANDOM.normal(size=(6000, 3))
    means[labels == 1] = means[labels == 1] @ turn.T + [5, 0, -5]
    variances = np.full((6000, 3), 0.25)
    prior = ClassPrior(2, 3)
    decoder = keras.Sequential([keras.Input((3,)), keras.layers.Reshape((1, 1, 3))])
    generator = with_class_prior(decoder, prior)
    prior.fit(means, variances, labels)
    drawn = generate(generator, draw_latent(6000, 3, seed=1), labels).reshape(-1, 3)
    np.testing.assert_allclose(drawn[labels == 0].mean(axis=0), 0, atol=0.08)
    np.testing.assert_allclose(drawn[labels == 1].mean(axis=0), [5, 0, -5], atol=0.15)
    np.testing.assert_allclose(np.cov(drawn[labels == 0].T), 1.25 * np.eye(3), atol=0.12)
    np.testing.assert_allclose(np.cov(drawn[labels == 1].T), turn @ turn.T + 0.25 * np.eye(3), atol=0.3)


def test_few_codes_suffice_for_the_prior_of_many_dimensions() -> None:
    prior = ClassPrior(2, 50)
    prior.build(None, None)
    prior.fit(RANDOM.normal(size=(4, 50)), np.full((4, 50), 0.01), np.array([0, 0, 1, 1]))
    assert np.isfinite(keras.ops.convert_to_numpy(prior.factor)).all()


def test_a_generator_with_a_prior_is_saved_whole(tmp_path: Path) -> None:
    model = build_vae(16, 32, filters=4, seed=1, code="grid")
    prior = ClassPrior(3, 32)
    generator = with_class_prior(model.decoder, prior)
    prior.fit(RANDOM.normal(size=(9, 32)), np.ones((9, 32)), np.arange(9) % 3)
    writing.write_model(generator, tmp_path / "generator.keras")
    loaded = load_generator(tmp_path / "generator.keras")
    latent = draw_latent(6, 32, seed=1)
    assert classes_of(loaded) == 3
    assert latent_dimension_of(loaded) == 32
    np.testing.assert_allclose(generate(loaded, latent), generate(generator, latent), atol=1e-6)


def test_each_part_of_a_grid_code_says_what_is_in_its_place() -> None:
    model = build_vae(32, 64, filters=4, seed=1, code="grid")
    pictures = RANDOM.random((1, 32, 32, 3), dtype=np.float32)
    changed = pictures.copy()
    changed[0, :4, :4] = 0
    codes, others = (inference.predict(model.encoder, some)[:, :64].reshape(8, 8) for some in (pictures, changed))
    differs = np.argwhere(codes != others)
    assert [0, 0] in differs.tolist()
    assert differs.max() <= 5  # four convolutions of 3x3 look no further


def test_a_vector_that_does_not_fill_the_grid_is_refused() -> None:
    with pytest.raises(InputError, match=r"vae: latent dimension: expected a multiple of 64, .*, received 100"):
        build_vae(32, 100, filters=4, seed=1, code="grid")


def test_the_parts_of_the_autoencoders_loss_can_be_weighed() -> None:
    pictures = RANDOM.random((5, 8, 8, 3)).astype(np.float32)

    def loss(**weights: float) -> float:
        model = build_vae(8, 2, filters=2, seed=1, **weights)
        outputs = model(pictures, training=False)
        return float(model.compute_loss(x=keras.ops.convert_to_tensor(pictures), y_pred=outputs, training=False))

    model = build_vae(8, 2, filters=2, seed=1)
    outputs = {name: keras.ops.convert_to_numpy(value) for name, value in model(pictures, training=False).items()}
    mean, log_variance = outputs["mean"], outputs["log_variance"]
    divergence = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1).mean()
    errors = pictures - outputs["images"]
    edges = sum((np.diff(errors, axis=axis) ** 2).sum(axis=(1, 2, 3)).mean() for axis in (1, 2))
    assert loss() - loss(kl_weight=0.25) == pytest.approx(0.75 * divergence, rel=1e-2)
    assert loss(edge_weight=2) - loss() == pytest.approx(2 * edges, rel=1e-3)


def test_the_mean_over_pixels_lets_the_divergence_weigh_more_and_the_history_stays_in_nats() -> None:
    split = Split(RANDOM.random((8, 8, 8, 3)).astype(np.float32), np.zeros(8))
    model = build_vae(8, 2, filters=2, seed=1, edge_weight=2, reconstruction_reduction="mean")
    history = train_vae(model, split, split, learning_rate=0.01, batch_size=4, epochs=2, seed=1)
    errors = history["reconstruction_loss"] + 2 * history["edge_loss"]
    assert history["reconstruction_loss"].min() > 50  # 192 numbers, some 0.7 nats each
    assert history["loss"].to_numpy() == pytest.approx(errors / 192 + history["kl_loss"], rel=1e-4)


def test_the_history_of_an_autoencoder_has_the_parts_of_its_loss() -> None:
    split = Split(RANDOM.random((8, 8, 8, 3)).astype(np.float32), np.zeros(8))
    model = build_vae(8, 2, filters=2, seed=1, kl_weight=0.5, edge_weight=2)
    history = train_vae(model, split, split, learning_rate=0.01, batch_size=4, epochs=2, seed=1)
    for prefix in ("", "held_out_"):
        parts = [history[f"{prefix}{part}_loss"] for part in ("reconstruction", "kl", "edge")]
        assert history[f"{prefix}loss"].to_numpy() == pytest.approx(parts[0] + 0.5 * parts[1] + 2 * parts[2], rel=1e-4)


def test_codes_that_vary_by_nothing_can_still_be_fitted() -> None:
    prior = ClassPrior(1, 3)
    prior.build((None, 3), (None, 1))
    prior.fit(np.ones((4, 3)), np.zeros((4, 3)), np.zeros(4, int))
    drawn = prior(np.ones((1, 3), np.float32), np.ones((1, 1), np.float32))
    assert keras.ops.convert_to_numpy(drawn) == pytest.approx(1, abs=0.01)


def test_a_cosine_ends_at_a_learning_rate_of_zero() -> None:
    split = Split(RANDOM.random((20, 8, 8, 3)).astype(np.float32), np.zeros(20))
    model = build_vae(8, 2, filters=2, seed=1)
    train_vae(model, split, split, learning_rate=0.01, batch_size=8, epochs=2, seed=1, cosine_decay=True)
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-8)


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


def test_snapshots_draw_the_classes_that_they_are_given(trained: tuple[keras.Model, keras.Model]) -> None:
    latent = draw_latent(32, 4, seed=1)
    classes = draw_classes(np.repeat([0, 1], [90, 10]), 32, seed=1)
    snapshots = Snapshots(lambda: trained[1], latent, classes, [1], {})
    snapshots.after_epoch(1)
    expected = generate(trained[1], latent, classes)
    np.testing.assert_array_equal(snapshots.as_array()[0], np.round(expected * 255).astype(np.uint8))


def test_classes_are_drawn_as_frequent_as_among_real_pictures() -> None:
    real = np.repeat([0, 1, 2], [700, 200, 100])
    drawn = draw_classes(real, 5000, seed=1)
    assert np.bincount(drawn) / 5000 == pytest.approx([0.7, 0.2, 0.1], abs=0.02)
    assert np.array_equal(drawn, draw_classes(real, 5000, seed=1))
    assert not np.array_equal(drawn, draw_classes(real, 5000, seed=2))


def test_random_features_are_the_same_in_every_network_and_precision_and_fall_with_blur() -> None:
    pictures = RANDOM.random((40, 32, 32, 3), dtype=np.float32)
    network = build_random_features(32)
    features = inference.predict(network, pictures)
    assert features.shape == (40, 32)
    assert features.dtype == np.float32
    keras.config.set_dtype_policy("mixed_bfloat16")
    again = build_random_features(32)
    keras.config.set_dtype_policy("float32")
    np.testing.assert_array_equal(inference.predict(again, pictures), features)
    blurred = (pictures + np.roll(pictures, 1, axis=1) + np.roll(pictures, 1, axis=2)) / 3
    moved, other = (
        np.linalg.norm(features - inference.predict(network, some), axis=1).mean() for some in (blurred, pictures[::-1])
    )
    assert moved > other  # further than another picture of the same kind is


def test_the_average_lags_behind_the_generator(trained: tuple[keras.Model, keras.Model]) -> None:
    generator, averaged = (model.get_weights() for model in trained)
    start = build_generator(4, 8, filters=8, seed=1, classes=CLASSES, batch_normalization=True).get_weights()
    moved = [np.abs(weights - old).mean() for weights, old in zip(averaged, start, strict=True)]
    behind = [np.abs(weights - last).mean() for weights, last in zip(averaged, generator, strict=True)]
    assert all(distance > 0 for distance in moved)
    assert all(0 < gap < 2 * distance for gap, distance in zip(behind, moved, strict=True))
