"""The variational autoencoder: the report's, whose code is a vector, and one whose code is a grid of places."""

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
    channels, plus the KL divergence of its latent distribution from the standard normal, in nats. The first part can be
    a mean instead of a sum, the second can be weighed, and errors in the differences between neighbouring pixels can be
    added: they are what a blurred picture lacks.

    Args:
        encoder: from (b, h, w, 3) to (b, 2 * latent_dimension): means, then log-variances.
        decoder: from (b, latent_dimension) to (b, h, w, 3) in [0, 1].
        name: of the model.
        seed: of the noise.
        kl_weight: of the KL divergence; 1 is the bound of the likelihood, less lets codes say more about a picture.
        edge_weight: of the squared errors of differences between neighbours, summed over the picture.
        reconstruction_reduction: how errors are reduced over pixels and channels, ``sum`` or ``mean``, and those of
            edges likewise. With the mean the KL divergence weighs as many times more as a picture has numbers. The
            parts in the history are sums in nats either way, so that both readings compare.

    Source: Kingma and Welling, "Auto-Encoding Variational Bayes", 2013; the report, section 3.1. The report states
    neither the reduction nor weights: the sum is that of the Keras example, over all channels.
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
        """Reconstruct pictures, from a sample of their latent distribution when training and else from its mean.

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
        """Return the mean over the batch of reconstruction loss plus KL divergence, weighed."""
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
    """Return the sum of the squared differences of neighbours, mean over the batch; of (b, h, w, c)."""
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
        code: whether the latent vector is made by a dense layer, as in the report, or of the places of a grid.
        kl_weight: see ``VariationalAutoencoder``.
        edge_weight: likewise.
        reconstruction_reduction: likewise.

    Raises:
        InputError: if the vector's length is no multiple of the places of a grid.
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
