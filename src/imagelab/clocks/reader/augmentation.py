"""Layers that vary pictures and poses at random in training, and do nothing otherwise."""

from typing import Any

import keras
from keras import ops

from imagelab.clocks.reader.float32 import Float32Layer

_PACKAGE = "imagelab"


class _Variation(Float32Layer):
    """A layer with random numbers of its own.

    Args:
        seed: of its random numbers.
    """

    def __init__(self, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that build the layer again."""
        return {**super().get_config(), "seed": self.seed}

    def _happens(self, like: keras.KerasTensor, probability: float) -> keras.KerasTensor:
        """For each picture 1 with the given probability, else 0; (b, 1, ...), of as many axes as ``like``."""
        shape = (ops.shape(like)[0], *[1] * (len(like.shape) - 1))
        return ops.cast(keras.random.uniform(shape, seed=self.generator) < probability, "float32")


@keras.saving.register_keras_serializable(_PACKAGE)
class PoseJitter(_Variation):
    """Vary the poses of clocks, (b, 5), as far as a localiser errs.

    Args:
        seed: of the random numbers.
        position: standard deviation of the pivot along each axis, in radii of the face.
        scale: standard deviation of the radius, as a share of it.
        shear: standard deviation of the other two directions of a symmetric map, likewise.
    """

    def __init__(self, seed: int, position: float, scale: float, shear: float, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.position = position
        self.scale = scale
        self.shear = shear

    def call(self, poses: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """Vary a batch of poses in training."""
        if not training:
            return poses
        noise = keras.random.normal((ops.shape(poses)[0], 5), seed=self.generator)
        x, y, xx, xy, yy = (poses[:, index : index + 1] for index in range(5))
        right, down, scale, stretch, shear = (noise[:, index : index + 1] for index in range(5))
        right, down = self.position * right, self.position * down
        scale, stretch, shear = 1 + self.scale * scale, self.shear * stretch, self.shear * shear
        along, across = scale + stretch, scale - stretch
        # The product of two symmetric maps is nearly symmetric; its symmetric part is taken.
        parts = [
            x + xx * right + xy * down,
            y + xy * right + yy * down,
            xx * along + xy * shear,
            xy * scale + (xx + yy) * shear / 2,
            xy * shear + yy * across,
        ]
        return ops.concatenate(parts, axis=1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that build the layer again."""
        return {**super().get_config(), "position": self.position, "scale": self.scale, "shear": self.shear}


@keras.saving.register_keras_serializable(_PACKAGE)
class PictureVariation(_Variation):
    """Invert some pictures, take the colour of some, and erase a patch.

    Takes standardised luminance and colour differences, (b, height, width, 3), or luminance alone, (b, height, width,
    1). An erased patch has the mean luminance and no colour.

    Args:
        seed: of the random numbers.
        inverted: share of the pictures that are inverted.
        grey: share of the pictures that lose their colour.
        erased: largest share of each side that the patch covers; in half of the pictures.
    """

    def __init__(self, seed: int, inverted: float, grey: float, erased: float, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.inverted = inverted
        self.grey = grey
        self.erased = erased

    def call(self, pictures: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """Vary a batch in training."""
        if not training:
            return pictures
        batch, (height, width, channels) = ops.shape(pictures)[0], pictures.shape[1:]
        pictures = pictures * (1 - 2 * self._happens(pictures, self.inverted))
        if channels == 3:
            keep = 1 - self._happens(pictures, self.grey)
            pictures = ops.concatenate([pictures[..., :1], pictures[..., 1:] * keep], axis=-1)
        outside = self._outside_patch(batch, height, width)
        return pictures * ops.maximum(outside, 1 - self._happens(pictures, 0.5))

    def _outside_patch(self, batch: Any, height: int, width: int) -> keras.KerasTensor:
        """0 inside one rectangle of each picture, else 1; (b, height, width, 1)."""
        inside = []
        for axis, count in ((1, height), (2, width)):
            start, length = (keras.random.uniform((batch, 1, 1, 1), seed=self.generator) for _ in range(2))
            length = length * self.erased
            start = start * (1 - length)
            shape = [1, 1, 1, 1]
            shape[axis] = count
            place = ops.reshape((ops.arange(count, dtype="float32") + 0.5) / count, shape)
            inside.append(ops.cast(ops.logical_and(place >= start, place < start + length), "float32"))
        return 1 - inside[0] * inside[1]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that build the layer again."""
        own = {"inverted": self.inverted, "grey": self.grey, "erased": self.erased}
        return {**super().get_config(), **own}
