"""Small stand-ins for MNIST, Fashion-MNIST and CIFAR-10, made from scikit-learn's 1,797 handwritten digits.

They need no network connection and train in seconds. They show that the pipeline works, and nothing about the real data
sets.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imagelab.storage.splits import Split

_COLOURS = 10  # names the random stream of colours and textures, which is another one than that of the split
_BRIGHTEST = 16  # the digits' grey levels are 0..16
# Grey levels of a channel. Light digits on a dark background can be learnt from 1,500 pictures.
_BACKGROUND_LEVELS = (20, 110)
_INK_LEVELS = (150, 255)


def grey_digits(*, image_size: int, test_digits: int, seed: int) -> dict[str, Split]:
    """Draw the digits white on black.

    Args:
        image_size: pixels, square.
        test_digits: size of the test split, of 1,797.
        seed: decides which digits are in which split.

    Returns:
        The splits ``train`` and ``test``; images of shape (n, image_size, image_size, 1).
    """
    from sklearn.datasets import load_digits  # takes a second to import, and the renderer's workers do not need it

    images, labels = load_digits(return_X_y=True)
    levels = np.round(images.reshape(-1, 8, 8) * (255 / _BRIGHTEST)).astype(np.uint8)
    enlarged = np.stack([_resize(picture, image_size) for picture in levels])[..., None]
    order = np.random.default_rng(seed).permutation(len(labels))
    parts = {"train": order[test_digits:], "test": order[:test_digits]}
    return {split: Split(enlarged[part], labels[part].astype(np.uint8)) for split, part in parts.items()}


def coloured_digits(*, image_size: int, test_digits: int, seed: int) -> dict[str, Split]:
    """Draw the digits in a random colour on a textured background of another colour.

    Args:
        image_size: pixels, square.
        test_digits: size of the test split, of 1,797.
        seed: decides splits, colours and textures.

    Returns:
        The splits ``train`` and ``test``; images of shape (n, image_size, image_size, 3).
    """
    generator = np.random.default_rng([seed, _COLOURS])
    return {
        split: Split(np.stack([_colour(picture[..., 0], generator) for picture in images]), labels)
        for split, (images, labels) in grey_digits(image_size=image_size, test_digits=test_digits, seed=seed).items()
    }


def _resize(picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BICUBIC))


def _colour(digit: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    background, ink = generator.uniform(*_BACKGROUND_LEVELS, 3), generator.uniform(*_INK_LEVELS, 3)
    coarse = generator.integers(0, 256, (4, 4), dtype=np.uint8)  # a few large blotches
    texture = (_resize(coarse, len(digit)).astype(float) - 128)[..., None] * 0.25
    opacity = digit[..., None] / 255
    mixed = (background + texture) * (1 - opacity) + ink * opacity + generator.normal(0, 6, (*digit.shape, 3))
    return np.clip(np.round(mixed), 0, 255).astype(np.uint8)
