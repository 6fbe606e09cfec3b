"""What one would write without this project: the report's VAE and GAN after Keras's own examples.

Trains one epoch for each line on the standard input, and answers with a line. Kind (``vae`` or ``gan``), file of
pictures (float32 in [0, 1]), precision, batch size, latent dimension and filters are arguments.

Source: the Keras examples "Variational AutoEncoder" and "DCGAN to generate face images", with the report's networks.
"""

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops


class Sampling(layers.Layer):
    """Draws a latent vector from its distribution."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.seed_generator = keras.random.SeedGenerator(1337)

    def call(self, inputs: Any) -> Any:
        """Return mean + standard deviation * noise."""
        mean, log_variance = inputs
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_variance) * noise


class VAE(keras.Model):
    """Encoder and decoder with a training step of their own."""

    def __init__(self, encoder: keras.Model, decoder: keras.Model) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.total_loss_tracker = keras.metrics.Mean(name="total_loss")
        self.reconstruction_loss_tracker = keras.metrics.Mean(name="reconstruction_loss")
        self.kl_loss_tracker = keras.metrics.Mean(name="kl_loss")

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Metrics that ``fit`` resets."""
        return [self.total_loss_tracker, self.reconstruction_loss_tracker, self.kl_loss_tracker]

    def train_step(self, data: Any) -> dict[str, Any]:
        """Minimise reconstruction loss and KL divergence."""
        with tf.GradientTape() as tape:
            mean, log_variance, latent = self.encoder(data)
            reconstruction = self.decoder(latent)
            per_pixel = 3 * keras.losses.binary_crossentropy(data, reconstruction)
            reconstruction_loss = ops.mean(ops.sum(per_pixel, axis=(1, 2)))
            kl_loss = -0.5 * (1 + log_variance - ops.square(mean) - ops.exp(log_variance))
            kl_loss = ops.mean(ops.sum(kl_loss, axis=1))
            total_loss = reconstruction_loss + kl_loss
        gradients = tape.gradient(total_loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        self.total_loss_tracker.update_state(total_loss)
        self.reconstruction_loss_tracker.update_state(reconstruction_loss)
        self.kl_loss_tracker.update_state(kl_loss)
        return {metric.name: metric.result() for metric in self.metrics}


class GAN(keras.Model):
    """Generator and discriminator with a training step of their own."""

    def __init__(self, discriminator: keras.Model, generator: keras.Model, latent_dimension: int) -> None:
        super().__init__()
        self.discriminator = discriminator
        self.generator = generator
        self.latent_dimension = latent_dimension
        self.seed_generator = keras.random.SeedGenerator(1337)
        self.discriminator_loss_metric = keras.metrics.Mean(name="discriminator_loss")
        self.generator_loss_metric = keras.metrics.Mean(name="generator_loss")

    def compile(self, discriminator_optimizer: Any, generator_optimizer: Any, loss_function: Any) -> None:
        """Take two optimizers."""
        super().compile()
        self.discriminator_optimizer = discriminator_optimizer
        self.generator_optimizer = generator_optimizer
        self.loss_function = loss_function

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Metrics that ``fit`` resets."""
        return [self.discriminator_loss_metric, self.generator_loss_metric]

    def train_step(self, real_images: Any) -> dict[str, Any]:
        """Train the discriminator, then the generator. The example also adds noise to the labels."""
        batch_size = ops.shape(real_images)[0]
        latent = keras.random.normal((batch_size, self.latent_dimension), seed=self.seed_generator)
        generated = self.generator(latent)
        combined = ops.concatenate([generated, real_images], axis=0)
        labels = ops.concatenate([ops.ones((batch_size, 1)), ops.zeros((batch_size, 1))], axis=0)
        with tf.GradientTape() as tape:
            discriminator_loss = self.loss_function(labels, self.discriminator(combined))
        weights = self.discriminator.trainable_weights
        gradients = tape.gradient(discriminator_loss, weights)
        self.discriminator_optimizer.apply_gradients(zip(gradients, weights, strict=True))

        latent = keras.random.normal((batch_size, self.latent_dimension), seed=self.seed_generator)
        misleading_labels = ops.zeros((batch_size, 1))
        with tf.GradientTape() as tape:
            generator_loss = self.loss_function(misleading_labels, self.discriminator(self.generator(latent)))
        weights = self.generator.trainable_weights
        gradients = tape.gradient(generator_loss, weights)
        self.generator_optimizer.apply_gradients(zip(gradients, weights, strict=True))

        self.discriminator_loss_metric.update_state(discriminator_loss)
        self.generator_loss_metric.update_state(generator_loss)
        return {metric.name: metric.result() for metric in self.metrics}


def downsample(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    """Halve height and width three times."""
    for _ in range(3):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(x)
    return layers.Flatten()(x)


def make_encoder(image_shape: tuple[int, ...], latent_dimension: int, filters: int) -> keras.Model:
    """The VAE's encoder."""
    image = keras.Input(image_shape)
    x = downsample(image, filters)
    mean = layers.Dense(latent_dimension, dtype="float32")(x)
    log_variance = layers.Dense(latent_dimension, dtype="float32")(x)
    return keras.Model(image, [mean, log_variance, Sampling(dtype="float32")([mean, log_variance])])


def make_generator(image_shape: tuple[int, ...], latent_dimension: int, filters: int) -> keras.Model:
    """The VAE's decoder and the GAN's generator."""
    start = image_shape[0] // 8
    latent = keras.Input((latent_dimension,))
    x = layers.Dense(start * start * 32)(latent)
    x = layers.Reshape((start, start, 32))(x)
    for _ in range(3):
        x = layers.Conv2DTranspose(filters, 3, strides=2, padding="same", activation="relu")(x)
    return keras.Model(latent, layers.Conv2D(3, 3, padding="same", activation="sigmoid", dtype="float32")(x))


def make_discriminator(image_shape: tuple[int, ...], filters: int) -> keras.Model:
    """The GAN's discriminator, to a logit."""
    image = keras.Input(image_shape)
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(image)
    return keras.Model(image, layers.Dense(1, dtype="float32")(downsample(x, filters)))


def main(kind: str, images: Path, precision: str, batch_size: int, latent_dimension: int, filters: int) -> None:
    """Build, compile, and wait for lines."""
    keras.config.set_dtype_policy(precision)
    pictures = np.load(images)
    generator = make_generator(pictures.shape[1:], latent_dimension, filters)
    if kind == "vae":
        model = VAE(make_encoder(pictures.shape[1:], latent_dimension, filters), generator)
        model.compile(optimizer=keras.optimizers.Adam())
    else:
        model = GAN(make_discriminator(pictures.shape[1:], filters), generator, latent_dimension)
        model.compile(
            keras.optimizers.Adam(learning_rate=0.0002, beta_1=0.5),
            keras.optimizers.Adam(learning_rate=0.0002, beta_1=0.5),
            keras.losses.BinaryCrossentropy(from_logits=True),
        )
    # At the epoch's end: fit itself may return seconds later, when a thread of tf.data wakes up.
    answer = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: print("done", flush=True))
    for _ in sys.stdin:
        model.fit(pictures, batch_size=batch_size, epochs=1, verbose=0, callbacks=[answer])


if __name__ == "__main__":
    which, file, policy, rows, dimension, width = sys.argv[1:]
    main(which, Path(file), policy, int(rows), int(dimension), int(width))
