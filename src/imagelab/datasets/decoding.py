"""Image files to pixels: JPEG by libjpeg-turbo, everything else by Pillow."""

import io
import struct
import zlib
from contextlib import suppress

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

_LARGEST_OF_16_BITS = 65535
_JPEG = b"\xff\xd8\xff"
_IN_THREE_COLOURS = {"RGB", "YCbCr", "Gray"}  # libjpeg-turbo converts these to RGB; Pillow reads the others

# What Pillow raises for damaged files and for files that are not pictures: the readers of its many formats do not catch
# the errors of what they call.
ERRORS = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,  # NotImplementedError is one
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def size_of(content: bytes) -> tuple[int, int]:
    """Read width and height in pixels from a file's header.

    Raises:
        ERRORS: if it is not a picture, or has more pixels than Pillow allows (``Image.MAX_IMAGE_PIXELS``).
    """
    header = _header_of_jpeg(content)
    if header is not None:
        width, height = header
    else:
        with Image.open(io.BytesIO(content)) as picture:
            width, height = picture.size
    if Image.MAX_IMAGE_PIXELS is not None and width * height > Image.MAX_IMAGE_PIXELS:
        raise Image.DecompressionBombError(f"{width}x{height} pixels, more than {Image.MAX_IMAGE_PIXELS:,}")
    return width, height


def decode(content: bytes, *, at_least: int | None = None) -> NDArray[np.uint8]:
    """Decode a picture to RGB, shape (height, width, 3), whatever its colour mode and its name.

    Pixels of 16 bits are scaled to 8, and transparent ones lie on white.

    Args:
        content: a file in any format that Pillow reads.
        at_least: width and height in pixels that suffice. A JPEG is then decoded at the smallest number of eighths of
            its size that is not smaller: its decoder drops the high frequencies, which saves most of the work.

    Raises:
        ERRORS: if it does not decode, or its pixels have neither 8 nor 16 bits.
    """
    if _header_of_jpeg(content) is not None:
        enough = {} if at_least is None else {"min_height": at_least, "min_width": at_least, "min_factor": 1}
        with suppress(ValueError):  # Pillow repairs some of what libjpeg-turbo refuses
            pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(content, "RGB", **enough)
            return pixels
    with Image.open(io.BytesIO(content)) as picture:
        shown = in_8_bits(picture)
        return np.asarray(on_white(shown.convert("RGBA")) if shown.has_transparency_data else shown.convert("RGB"))


def in_8_bits(picture: Image.Image) -> Image.Image:
    """Scale pixels of 16 bits to 0..255, which Pillow would clip; other modes stay as they are.

    Raises:
        ValueError: if pixels have neither 8 nor 16 bits.
    """
    if picture.mode not in ("F", "I") and not picture.mode.startswith("I;16"):
        return picture
    values = np.asarray(picture)
    if picture.mode == "F" or values.min() < 0 or values.max() > _LARGEST_OF_16_BITS:
        raise ValueError(f"pixels of neither 8 nor 16 bits: {values.dtype}, {values.min():g} to {values.max():g}")
    return Image.fromarray(np.rint(values / (_LARGEST_OF_16_BITS / 255)).astype(np.uint8))


def on_white(picture: Image.Image) -> Image.Image:
    """Put an RGBA picture on white, and return it as RGB."""
    below = Image.new("RGBA", picture.size, "white")
    below.alpha_composite(picture)
    return below.convert("RGB")


def _header_of_jpeg(content: bytes) -> tuple[int, int] | None:
    """Return width and height of a JPEG that libjpeg-turbo converts to RGB; None for everything else."""
    if not content.startswith(_JPEG):
        return None
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(content)
    except ValueError:
        return None
    return (width, height) if colours in _IN_THREE_COLOURS else None
