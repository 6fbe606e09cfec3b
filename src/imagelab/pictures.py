"""Image files of any kind as the clock networks take them."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from imagelab import decoding
from imagelab.errors import InputError

SMALLEST_SIDE = 16  # pixels; below that no clock can be read


def read_squares(paths: Sequence[Path], *, size: int) -> NDArray[np.uint8]:
    """Read pictures: turned as their camera says, transparent parts on white, grey, the middle square, resized.

    Args:
        paths: files in any format that Pillow reads; of an animation the first picture counts.
        size: width and height of what is returned, in pixels.

    Returns:
        Shape (n, size, size, 1).

    Raises:
        InputError: for the first that is missing, no picture, damaged, too small, or absurdly large.
    """
    squares = [_read_square(path, size) for path in paths]
    return np.stack(squares)[..., None]


def _read_square(path: Path, size: int) -> NDArray[np.uint8]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as file:
                picture = ImageOps.exif_transpose(file)
                on_white = Image.new("RGBA", picture.size, "white")
                on_white.alpha_composite(picture.convert("RGBA"))
    except FileNotFoundError:
        raise InputError("picture", where=path, expected="an image file", received="nothing of that name") from None
    except IsADirectoryError:
        raise InputError("picture", where=path, expected="an image file", received="a folder") from None
    except UnidentifiedImageError:
        raise InputError("picture", where=path, expected="an image file", received="something else") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        limit = f"at most {Image.MAX_IMAGE_PIXELS:,} pixels"
        raise InputError("picture", where=path, expected=limit, received="more") from None
    except decoding.ERRORS as error:
        raise InputError("picture", where=path, expected="a whole image file", received=str(error)) from None
    side = min(on_white.size)
    if side < SMALLEST_SIDE:
        expected = f"{SMALLEST_SIDE} pixels or more on each side"
        raise InputError("picture", where=path, expected=expected, received=f"{on_white.width}x{on_white.height}")
    square = ImageOps.fit(on_white.convert("L"), (size, size), Image.Resampling.LANCZOS)
    return np.asarray(square)
