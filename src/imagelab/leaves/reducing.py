"""One picture of a leaf: decoded, and reduced to the networks' size."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from imagelab.datasets import decoding
from imagelab.runtime.errors import InputError
from imagelab.settings.leaves import PrepareLeaves


class Unreadable(InputError):  # noqa: N818 - an adjective for a picture
    """A picture that does not decode."""


def reduce(content: bytes, settings: PrepareLeaves, *, where: object) -> NDArray[np.uint8]:
    """Decode a picture and reduce it.

    Args:
        content: an image file of any format and colour mode; its name does not matter.
        settings: with ``reduction: slice`` every n-th pixel of every n-th row is kept, as in the report. With ``area``
            each pixel is the mean of those that it covers; the decoder of a JPEG drops high frequencies instead, which
            is nearly the same and saves most of the work. A picture that is not a square of n * ``image_size`` pixels
            is refused, or with ``other_sizes: resize`` cropped to its central square and resized (Lanczos).
        where: the file's name, for messages.

    Returns:
        RGB, shape (image_size, image_size, 3).

    Raises:
        Unreadable: if it does not decode.
        InputError: if its size is refused.
    """
    try:
        size = settings.image_size
        width, height = decoding.size_of(content)
        if width != height or width % size:
            if settings.other_sizes == "refuse":
                expected = f"a square, n * {size} (or prepare_leaves.other_sizes: resize)"
                raise InputError("size of image", where=where, expected=expected, received=f"{width}x{height}")
            picture = Image.fromarray(decoding.decode(content))
            return np.asarray(ImageOps.fit(picture, (size, size), Image.Resampling.LANCZOS))
        if settings.reduction == "slice":
            step = width // size
            return decoding.decode(content)[::step, ::step]
        pixels = decoding.decode(content, at_least=size)
        if len(pixels) != size:
            pixels = np.asarray(Image.fromarray(pixels).resize((size, size), Image.Resampling.BOX))
        return pixels
    except decoding.ERRORS as error:
        reason = "of no known format" if isinstance(error, UnidentifiedImageError) else error
        received = f"{len(content)} bytes ({reason})"
        raise Unreadable("image", where=where, expected="a picture that decodes", received=received) from None
