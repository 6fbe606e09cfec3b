"""Image files of any format, converted to what the clock reader takes."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from imagelab.datasets import decoding
from imagelab.runtime.errors import InputError
from imagelab.settings.clocks import SMALLEST_CLOCK

_LARGEST_OF_16_BITS = 65535


def read_squares(paths: Sequence[Path], *, size: int) -> NDArray[np.uint8]:
    """Read pictures: rotate by EXIF, put on white, convert to grey, crop the central square, resize.

    Args:
        paths: files in any format that Pillow reads; of an animation, the first picture is read.
        size: width and height of the returned pictures, in pixels.

    Returns:
        Shape (n, size, size, 1).

    Raises:
        InputError: for the first file that is missing, not a picture, damaged, too small, above Pillow's limit of
            size, or not of 8 or 16 bits.
        OSError: if the system refuses to read a file.
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
                on_white.alpha_composite(_in_8_bits(picture, path).convert("RGBA"))
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
        if isinstance(error, OSError) and error.errno:  # of the operating system, not of a decoder
            raise
        raise InputError("picture", where=path, expected="a whole image file", received=str(error)) from None
    side = min(on_white.size)
    if side < SMALLEST_CLOCK:
        expected = f"{SMALLEST_CLOCK} pixels or more on each side"
        raise InputError("picture", where=path, expected=expected, received=f"{on_white.width}x{on_white.height}")
    square = ImageOps.fit(on_white.convert("L"), (size, size), Image.Resampling.LANCZOS)
    return np.asarray(square)


def _in_8_bits(picture: Image.Image, path: Path) -> Image.Image:
    """Scale pixels of 16 bits to 0..255; Pillow would clip them."""
    if picture.mode not in ("F", "I") and not picture.mode.startswith("I;16"):
        return picture
    values = np.asarray(picture)
    if picture.mode == "F" or values.min() < 0 or values.max() > _LARGEST_OF_16_BITS:
        received = f"{values.dtype}, {values.min():g} to {values.max():g}"
        raise InputError("picture", where=path, expected="pixels of 8 or 16 bits", received=received)
    return Image.fromarray(np.rint(values / (_LARGEST_OF_16_BITS / 255)).astype(np.uint8))
