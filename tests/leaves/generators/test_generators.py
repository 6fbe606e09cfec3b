"""What both kinds of generators share: latent vectors, classes, the fitted prior, snapshots, interpolation."""

from pathlib import Path

import keras
import numpy as np
import pytest

from imagelab.leaves.generators.drawing import (
    classes_of,
    draw_classes,
    draw_latent,
    generate,
    interpolate,
    latent_dimension_of,
    load_generator,
)
from imagelab.leaves.generators.network import build_generator
from imagelab.leaves.generators.prior import ClassPrior, with_class_prior
from imagelab.leaves.generators.snapshots import SnapshotRecorder, draw_snapshot_inputs, snapshot_epochs
from imagelab.leaves.vae.network import build_vae
from imagelab.settings.leaves import GeneratorTraining
from imagelab.storage import writing

pytestmark = pytest.mark.usefixtures("repeatable")

RANDOM = np.random.default_rng(0)


def test_the_prior_draws_each_class_as_its_codes_are_spread() -> None:
    labels = np.repeat([0, 1], 20000)
    turn = np.array([[1.0, 0.0, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 2.0]])
    means = RANDOM.normal(size=(40000, 3))
    means[labels == 1] = means[labels == 1] @ turn.T + [5, 0, -5]
    variances = np.full((40000, 3), 0.25)
    prior = ClassPrior(2, 3)
    decoder = keras.Sequential([keras.Input((3,)), keras.layers.Reshape((1, 1, 3))])
    generator = with_class_prior(decoder, prior)
    prior.fit(means, variances, labels)
    drawn = generate(generator, draw_latent(40000, 3, seed=1), labels).reshape(-1, 3)
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


def test_codes_that_vary_by_nothing_can_still_be_fitted() -> None:
    prior = ClassPrior(1, 3)
    prior.build((None, 3), (None, 1))
    prior.fit(np.ones((4, 3)), np.zeros((4, 3)), np.zeros(4, int))
    drawn = prior(np.ones((1, 3), np.float32), np.ones((1, 1), np.float32))
    assert keras.ops.convert_to_numpy(drawn) == pytest.approx(1, abs=0.01)


def test_snapshots_draw_the_classes_that_they_are_given() -> None:
    generator = build_generator(4, 8, filters=8, seed=1, classes=2)
    inputs = draw_snapshot_inputs(np.repeat([0, 1], [90, 10]), 32, 4, seed=1)
    np.testing.assert_array_equal(inputs.latent, draw_latent(32, 4, seed=1))
    assert 0 < inputs.drawn_classes.mean() < 0.4
    snapshots = SnapshotRecorder(lambda: generator, *inputs, [1], {})
    for epoch in (1, 2):
        snapshots.after_epoch(epoch)
    assert list(snapshots.taken) == [1]
    expected = generate(generator, inputs.latent, inputs.drawn_classes)
    np.testing.assert_array_equal(snapshots.as_array()[0], np.round(expected * 255).astype(np.uint8))


def test_classes_are_drawn_as_frequent_as_among_real_pictures() -> None:
    real = np.repeat([0, 1, 2], [700, 200, 100])
    drawn = draw_classes(real, 5000, seed=1)
    assert np.bincount(drawn) / 5000 == pytest.approx([0.7, 0.2, 0.1], abs=0.02)
    assert np.array_equal(drawn, draw_classes(real, 5000, seed=1))
    assert not np.array_equal(drawn, draw_classes(real, 5000, seed=2))


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
    for epochs, asked, expected in ((2, (1,), [1, 2]), (4, (5, 3, 3), [3, 4]), (3, (), [3])):
        settings = GeneratorTraining(epochs=epochs, snapshot_epochs=asked, batch_size=8)
        assert snapshot_epochs(settings) == expected
