"""Differentiable augmentation against memorisation: the discriminator has only a few thousand pictures."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("imagelab")
class Augmentation(keras.layers.Layer):
    """In training, shifts each picture, changes its brightness and contrast, and blacks out a square.

    Real and generated pictures are augmented alike, and the gradient for the generator passes through the layer. So
    the generator does not learn to draw augmented pictures.

    Args:
        seed: of the random numbers.
        shift: largest shift, as a fraction of the picture's side.
        square: side of the black square, as a fraction of the picture's side.

    Source: Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training", 2020; here the saturation is
    not changed, the square is smaller, and pictures are in [0, 1], not in [-1, 1]: so the brightness changes twice as
    much of their range, and the square is black, not grey.
    """

    def __init__(self, seed: int, shift: float = 0.125, square: float = 0.4, **options: Any) -> None:
        super().__init__(**options)
        self.seed, self.shift, self.square = seed, shift, square
        self.generator = keras.random.SeedGenerator(seed)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {"seed": self.seed, "shift": self.shift, "square": self.square}

    def call(self, images: Any, training: bool = False) -> Any:
        """Augment pictures, (b, h, w, c) in [0, 1], if ``training``; else return them unchanged."""
        if not training:
            return images
        _, height, width, _ = images.shape
        images = images + self._random(images, -0.5, 0.5)  # brightness
        mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
        images = (images - mean) * self._random(images, 0.5, 1.5) + mean  # contrast
        images = self._shift(images, height, axis=1)
        images = self._shift(images, width, axis=2)
        rows, columns = (self._covered(images, size, axis) for size, axis in ((height, 1), (width, 2)))
        return images * (1 - rows * columns)

    def _random(self, images: Any, low: float, high: float) -> Any:
        """Return one random number for each picture, (b, 1, 1, 1)."""
        shape = (ops.shape(images)[0], 1, 1, 1)
        return keras.random.uniform(shape, low, high, dtype=self.compute_dtype, seed=self.generator)

    def _shift(self, images: Any, size: int, *, axis: int) -> Any:
        """Shift along an axis: the product with a shifted identity matrix, differentiable on every backend."""
        shift = ops.cast(ops.round(self._random(images, -self.shift * size, self.shift * size)), "int32")
        places = ops.arange(size, dtype="int32")
        matrix = ops.cast(ops.equal(places[None, :, None] + shift[..., 0], places[None, None, :]), self.compute_dtype)
        return ops.einsum("bij,bjwc->biwc" if axis == 1 else "bij,bhjc->bhic", matrix, images)

    def _covered(self, images: Any, size: int, axis: int) -> Any:
        """Return 1 for rows (or columns) that the square covers, else 0; (b, h, 1, 1) or (b, 1, w, 1)."""
        middle = self._random(images, 0, size)
        places = ops.reshape(
            ops.arange(size, dtype=self.compute_dtype), (1, size, 1, 1) if axis == 1 else (1, 1, size, 1)
        )
        return ops.cast(ops.abs(places + 0.5 - middle) < self.square * size / 2, self.compute_dtype)
