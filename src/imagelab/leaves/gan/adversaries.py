"""The two networks of a GAN in training: one step of both, compiled as a whole."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from imagelab.leaves.generators.drawing import classes_of, one_hot
from imagelab.settings.leaves import Gan
from imagelab.training.custom_steps import CustomSteps
from imagelab.training.fused_updates import fuse_updates


class Adversaries:
    """Generator and discriminator with their optimizers, and the generator's moving average.

    A step trains the discriminator on as many real as generated pictures, then the generator, which minimises the
    non-saturating loss: the cross-entropy of the discriminator's logits for generated pictures with the label "real".
    A generator with batch normalisation normalises by the batch in its own step only. For the discriminator's step it
    draws with the moving averages, as it does after training.

    Args:
        generator: from latent vectors (and classes) to pictures.
        discriminator: from pictures (and classes) to a logit.
        averaged: a network like the generator, which becomes its moving average; None: there is no average.
        settings: learning rates, and decay of the moving average.

    Source: Goodfellow et al., "Generative Adversarial Nets", 2014; the report, section 3.2.
    """

    def __init__(
        self, generator: keras.Model, discriminator: keras.Model, averaged: keras.Model | None, settings: Gan
    ) -> None:
        self.generator = generator
        self.discriminator = discriminator
        self.averaged = averaged
        self.averaging = settings.averaging
        self.latent_dimension = settings.latent_dimension
        self.classes = classes_of(generator)
        self.cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
        discriminator_rate = settings.discriminator_learning_rate or settings.learning_rate
        self.discriminator_optimizer = keras.optimizers.Adam(discriminator_rate, beta_1=settings.beta_1)
        self.discriminator_optimizer.build(discriminator.trainable_variables)
        self.generator_optimizer = keras.optimizers.Adam(settings.learning_rate, beta_1=settings.beta_1)
        self.generator_optimizer.build(generator.trainable_variables)
        if keras.backend.backend() == "tensorflow":
            fuse_updates(self.discriminator_optimizer)
            fuse_updates(self.generator_optimizer)
        self.steps = CustomSteps(self.variables)
        self.compiled = self.steps.compiled(self._step)

    @property
    def variables(self) -> list[keras.Variable]:
        """All variables that a step changes: those of the networks and of their optimizers."""
        networks = [self.generator, self.discriminator] + ([] if self.averaged is None else [self.averaged])
        optimizers = [self.discriminator_optimizer, self.generator_optimizer]
        return [variable for owner in (*networks, *optimizers) for variable in owner.variables]

    def step(
        self, images: Any, targets: NDArray[np.integer], rows: NDArray[np.integer], random: np.random.Generator
    ) -> dict[str, Any]:
        """Train the discriminator, then the generator, on one batch.

        Args:
            images: all real pictures, (n, h, w, 3), uint8 in 0..255 or floats in [0, 1]; a tensor of the backend.
            targets: their classes, (n,).
            rows: of the batch, (b,).
            random: of latent vectors and drawn classes.

        Returns:
            Scalar tensors: ``generator_loss``, ``discriminator_loss``, and the discriminator's ``accuracy_on_real`` and
            ``accuracy_on_generated``, the latter three from before the update of its weights.
        """
        conditions = [one_hot(targets[rows], self.classes)] if self.classes else []
        first, second = (self._latent_batch(targets, len(rows), random) for _ in range(2))
        measured: dict[str, Any] = self.compiled(images, rows.astype(np.int32), conditions, first, second)
        return measured

    def _latent_batch(
        self, targets: NDArray[np.integer], count: int, random: np.random.Generator
    ) -> list[NDArray[np.float32]]:
        """Draw the generator's inputs: latent vectors, and for a conditioned one classes drawn from the real ones."""
        latent = random.standard_normal((count, self.latent_dimension), dtype=np.float32)
        if not self.classes:
            return [latent]
        return [latent, one_hot(random.choice(targets, count), self.classes)]

    def _step(
        self, images: Any, rows: Any, conditions: Sequence[Any], first: Sequence[Any], second: Sequence[Any]
    ) -> dict[str, Any]:
        """The step in operations of the backend.

        Args:
            images: all real pictures.
            rows: of the batch, (b,).
            conditions: the real pictures' classes one-hot, (b, classes), or nothing without classes.
            first: the generator's inputs for the discriminator's step.
            second: those for its own step.
        """
        count = ops.shape(rows)[0]
        real, one = _as_pixels(ops.take(images, rows, axis=0)), ops.ones((count, 1))
        generated = self.generator(_structured(first), training=False)
        pictures = [ops.concatenate([real, generated])]
        pictures += [ops.concatenate(classes) for classes in zip(conditions, first[1:], strict=True)]
        is_real = ops.concatenate([one, ops.zeros_like(one)])

        def discriminate() -> tuple[Any, Any]:
            logits = self.discriminator(_structured(pictures), training=True)
            return self.cross_entropy(is_real, logits), logits

        def deceive() -> tuple[Any, None]:
            drawn = [self.generator(_structured(second), training=True), *second[1:]]
            return self.cross_entropy(one, self.discriminator(_structured(drawn), training=True)), None

        discriminator_loss, logits = self.steps.minimize(
            discriminate, self.discriminator.trainable_variables, self.discriminator_optimizer
        )
        generator_loss, _ = self.steps.minimize(deceive, self.generator.trainable_variables, self.generator_optimizer)
        self._average()
        return {
            "generator_loss": generator_loss,
            "discriminator_loss": discriminator_loss,
            "accuracy_on_real": ops.mean(ops.cast(logits[:count] > 0, "float32")),
            "accuracy_on_generated": ops.mean(ops.cast(logits[count:] <= 0, "float32")),
        }

    def _average(self) -> None:
        """Update the moving average; its decay is smaller in the first steps, when weights are still random."""
        if self.averaged is None:
            return
        step = ops.cast(self.generator_optimizer.iterations, "float32")
        decay = ops.minimum(self.averaging, step / (10 + step))
        for average, variable in zip(self.averaged.variables, self.generator.variables, strict=True):
            if average.dtype.startswith("float"):
                average.assign(average * decay + variable * (1 - decay))


def _as_pixels(images: Any) -> Any:
    """Scale bytes, 0..255, to [0, 1], as ``batches.as_pixels`` does for arrays; floats are in [0, 1] already."""
    if keras.backend.standardize_dtype(images.dtype) == "uint8":
        return ops.cast(images, "float32") / 255
    return images


def _structured(inputs: Sequence[Any]) -> Any:
    """Return inputs as Keras expects them: a list, or a single one without the list."""
    return list(inputs) if len(inputs) > 1 else inputs[0]
