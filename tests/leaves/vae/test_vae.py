"""The variational autoencoders: loss, codes, training."""

import keras
import numpy as np
import pytest

from imagelab.leaves.vae.network import build_vae
from imagelab.leaves.vae.training import train_vae
from imagelab.runtime.errors import InputError
from imagelab.storage.splits import Split
from imagelab.training import inference

pytestmark = pytest.mark.usefixtures("repeatable")

RANDOM = np.random.default_rng(0)


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
    assert loss(kl_weight=1001) - loss() == pytest.approx(1000 * divergence, rel=1e-3)
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


def test_a_cosine_ends_at_a_learning_rate_of_zero() -> None:
    split = Split(RANDOM.random((20, 8, 8, 3)).astype(np.float32), np.zeros(20))
    model = build_vae(8, 2, filters=2, seed=1)
    train_vae(model, split, split, learning_rate=0.01, batch_size=8, epochs=2, seed=1, decay="cosine")
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-8)
