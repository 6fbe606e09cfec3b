"""The variational autoencoder: the report's, with a dense latent vector, and one with a grid of positions."""

import math
from typing import Any, Literal

import keras
from keras import layers, ops

from imagelab.leaves.generators.network import build_generator, downsample, glorot
from imagelab.leaves.vae.grid import build_grid_decoder, build_grid_encoder
from imagelab.training.seeding import seeds


class VariationalAutoencoder(keras.Model):
    """Encoder and decoder, trained together on pictures in [0, 1].

    The loss of a picture is the binary cross-entropy between it and its reconstruction, summed over pixels and
    channels, plus the KL divergence of its latent distribution from the standard normal, in nats. Options: the
    cross-entropy as a mean, a weight for the divergence, and an edge loss: the squared errors of the differences
    between neighbouring pixels, which penalises blur.

    Args:
        encoder: from (b, h, w, 3) to (b, 2 * latent_dimension): means, then log-variances.
        decoder: from (b, latent_dimension) to (b, h, w, 3) in [0, 1].
        name: of the model.
        seed: of the noise.
        kl_weight: of the KL divergence. With 1 the loss bounds the negative log-likelihood; with less, latent vectors
            hold more information about a picture.
        edge_weight: of the edge loss, which is summed over the picture.
        reconstruction_reduction: of cross-entropy and edge loss over pixels and channels, ``sum`` or ``mean``. With
            the mean the KL divergence weighs more, by the number of values of a picture. The history has sums either
            way, so that both can be compared.

    Source: Kingma and Welling, "Auto-Encoding Variational Bayes", 2013; the report, section 3.1. The report states
    neither the reduction nor weights. The Keras example has one channel; with three its code would take
    their mean.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        *,
        name: str,
        seed: int,
        kl_weight: float = 1.0,
        edge_weight: float = 0.0,
        reconstruction_reduction: Literal["sum", "mean"] = "sum",
    ) -> None:
        super().__init__(name=name)
        self.reconstruction_reduction = reconstruction_reduction
        self.kl_weight = kl_weight
        self.edge_weight = edge_weight
        self.encoder = encoder
        self.decoder = decoder
        self.noise = keras.random.SeedGenerator(seed)
        self.reconstruction_loss = keras.metrics.Mean(name="reconstruction_loss")
        self.kl_loss = keras.metrics.Mean(name="kl_loss")
        self.edge_loss = keras.metrics.Mean(name="edge_loss") if edge_weight else None

    def call(self, images: Any, training: bool = False) -> dict[str, Any]:
        """Reconstruct pictures: in training from a sample of their latent distribution, else from its mean.

        Returns:
            ``images`` (b, h, w, 3) in [0, 1], ``mean`` and ``log_variance`` (b, latent_dimension), all float32.
        """
        mean, log_variance = ops.split(self.encoder(images, training=training), 2, axis=-1)
        latent = mean
        if training:
            latent = mean + ops.exp(log_variance / 2) * keras.random.normal(ops.shape(mean), seed=self.noise)
        return {"images": self.decoder(latent, training=training), "mean": mean, "log_variance": log_variance}

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return the mean over the batch of the weighted loss."""
        mean, log_variance = y_pred["mean"], y_pred["log_variance"]
        images = ops.cast(x, "float32")
        per_pixel = keras.losses.binary_crossentropy(images, y_pred["images"])  # mean over channels
        reconstruction = ops.mean(ops.sum(per_pixel, axis=(1, 2))) * x.shape[-1]
        kl = -0.5 * ops.mean(ops.sum(1 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=-1))
        self.reconstruction_loss.update_state(reconstruction, sample_weight=ops.shape(x)[0])
        self.kl_loss.update_state(kl, sample_weight=ops.shape(x)[0])
        scale = 1.0 if self.reconstruction_reduction == "sum" else 1 / math.prod(y_pred["images"].shape[1:])
        loss = scale * reconstruction + self.kl_weight * kl
        if self.edge_loss is not None:
            edges = _edge_error(images - y_pred["images"])
            self.edge_loss.update_state(edges, sample_weight=ops.shape(x)[0])
            loss += scale * self.edge_weight * edges
        return loss


def _edge_error(errors: Any) -> Any:
    """Return the mean over the batch of the summed squared differences between neighbours; of errors, (b, h, w, c)."""
    down, right = errors[:, 1:] - errors[:, :-1], errors[:, :, 1:] - errors[:, :, :-1]
    return ops.mean(ops.sum(ops.square(down), axis=(1, 2, 3)) + ops.sum(ops.square(right), axis=(1, 2, 3)))


def build_encoder(image_size: int, latent_dimension: int, *, filters: int, seed: int) -> keras.Model:
    """Build the uncompiled encoder.

    Returns:
        A model from (b, image_size, image_size, 3) in [0, 1] to (b, 2 * latent_dimension): means, then log-variances.
    """
    stream = seeds(seed)
    image = keras.Input((image_size, image_size, 3), name="image")
    x = downsample(image, filters=filters, stream=stream)  # (b, image_size/8 * image_size/8 * filters)
    statistics = layers.Dense(
        2 * latent_dimension, kernel_initializer=glorot(stream), dtype="float32", name="statistics"
    )(x)
    return keras.Model(image, statistics, name="encoder")


def build_vae(
    image_size: int,
    latent_dimension: int,
    *,
    filters: int,
    seed: int,
    code: Literal["vector", "grid"] = "vector",
    kl_weight: float = 1.0,
    edge_weight: float = 0.0,
    reconstruction_reduction: Literal["sum", "mean"] = "sum",
) -> VariationalAutoencoder:
    """Build the uncompiled variational autoencoder.

    Args:
        image_size: pixels, square; a multiple of 8.
        latent_dimension: length of a latent vector.
        filters: of all convolutions.
        seed: of weights and noise.
        code: how the latent vector is computed: by a dense layer (``vector``, as in the report), or as a grid.
        kl_weight: see ``VariationalAutoencoder``.
        edge_weight: likewise.
        reconstruction_reduction: likewise.

    Raises:
        InputError: if the latent dimension is no multiple of the number of positions of the grid.
    """
    stream = seeds(seed)
    encode, decode = (build_encoder, build_generator) if code == "vector" else (build_grid_encoder, build_grid_decoder)
    encoder = encode(image_size, latent_dimension, filters=filters, seed=next(stream))
    decoder = decode(latent_dimension, image_size, filters=filters, seed=next(stream))
    return VariationalAutoencoder(
        encoder,
        decoder,
        name=f"vae_{latent_dimension}",
        seed=next(stream),
        kl_weight=kl_weight,
        edge_weight=edge_weight,
        reconstruction_reduction=reconstruction_reduction,
    )
