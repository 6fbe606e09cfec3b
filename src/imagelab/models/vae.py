"""The variational autoencoder."""

from typing import Any

import keras
from keras import layers, ops

from imagelab.models.generator import build_generator, downsample, glorot
from imagelab.models.seeding import seeds


class VariationalAutoencoder(keras.Model):
    """Encoder and decoder, trained together on pictures in [0, 1].

    The loss of a picture is the binary cross-entropy between it and its reconstruction, summed over pixels and
    channels, plus the KL divergence of its latent distribution from the standard normal, in nats.

    Args:
        encoder: from (b, h, w, 3) to (b, 2 * latent_dimension): means, then log-variances.
        decoder: from (b, latent_dimension) to (b, h, w, 3) in [0, 1].
        name: of the model.
        seed: of the noise.

    Source: Kingma and Welling, "Auto-Encoding Variational Bayes", 2013; the report, section 3.1. The report does not
    say which reconstruction loss it used: this is that of the Keras example, over all channels.
    """

    def __init__(self, encoder: keras.Model, decoder: keras.Model, *, name: str, seed: int) -> None:
        super().__init__(name=name)
        self.encoder = encoder
        self.decoder = decoder
        self.noise = keras.random.SeedGenerator(seed)
        self.reconstruction_loss = keras.metrics.Mean(name="reconstruction_loss")
        self.kl_loss = keras.metrics.Mean(name="kl_loss")

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
        """Return the mean over the batch of reconstruction loss plus KL divergence."""
        mean, log_variance = y_pred["mean"], y_pred["log_variance"]
        per_pixel = keras.losses.binary_crossentropy(ops.cast(x, "float32"), y_pred["images"])  # mean over channels
        reconstruction = ops.mean(ops.sum(per_pixel, axis=(1, 2))) * x.shape[-1]
        kl = -0.5 * ops.mean(ops.sum(1 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=-1))
        self.reconstruction_loss.update_state(reconstruction, sample_weight=ops.shape(x)[0])
        self.kl_loss.update_state(kl, sample_weight=ops.shape(x)[0])
        return reconstruction + kl


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


def build_vae(image_size: int, latent_dimension: int, *, filters: int, seed: int) -> VariationalAutoencoder:
    """Build the uncompiled variational autoencoder.

    Args:
        image_size: pixels, square; a multiple of 8.
        latent_dimension: length of a latent vector.
        filters: of all convolutions.
        seed: of weights and noise.
    """
    stream = seeds(seed)
    encoder = build_encoder(image_size, latent_dimension, filters=filters, seed=next(stream))
    decoder = build_generator(latent_dimension, image_size, filters=filters, seed=next(stream))
    return VariationalAutoencoder(encoder, decoder, name=f"vae_{latent_dimension}", seed=next(stream))
