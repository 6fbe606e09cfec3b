"""Image files of any format, as RGB photographs."""

import io
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from imagelab.datasets import decoding
from imagelab.datasets.files import Found
from imagelab.runtime import cores
from imagelab.runtime.errors import InputError, of_system

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}  # ISO/IEC 23008-12, annex B
_BYTES_WITH_BRANDS = 64  # of a file's start, which lists a handful of them
_HEIF = {".heic", ".heif"}  # read if pillow-heif is installed, and then not known to Pillow before the first one
_NAMES_ONLY = {"BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF"}  # which Pillow knows, but does not decode by itself


def picture_suffixes() -> set[str]:
    """Return the endings of the names of pictures that can be read, in lower case and with the dot."""
    Image.init()
    return {suffix for suffix, kind in Image.EXTENSION.items() if kind in Image.OPEN.keys() - _NAMES_ONLY} | _HEIF


class Photograph(NamedTuple):
    """A picture as it is shown: rotated as the camera recorded."""

    pixels: NDArray[np.uint8]  # (height, width, 3), RGB
    scale: float  # how many pixels of the file are as wide as one of these; above 1 if the picture was reduced


def file_at(path: Path) -> Found:
    """Return the file of this path, which need not exist."""
    return Found(path.name, str(path), lambda: path.open("rb"))


def read_photographs(files: Sequence[Found], *, smallest: int, longest: int | None) -> list[Photograph | InputError]:
    """Read pictures: rotate by EXIF, put on white, convert to RGB of 8 bits. Threads share the work.

    Args:
        files: in any format that Pillow reads, or HEIC if pillow-heif is installed; of an animation, the first picture
            is read.
        smallest: pixels that each side must have.
        longest: pictures with more pixels on a side are reduced to so many, but not below ``smallest`` on the other
            side. JPEGs are then decoded at a fraction of their size, which takes a fraction of the time. None keeps
            every picture's size.

    Returns:
        For each file its picture, or the error that says why there is none: the file is missing, not a picture,
        damaged, too small, above Pillow's limit of size, not of 8 or 16 bits, in need of pillow-heif, or refused by the
        system.
    """

    def read(file: Found) -> Photograph | InputError:
        try:
            return _read_photograph(file, smallest=smallest, longest=longest)
        except InputError as error:
            return error

    # Here, because filters of warnings hold for all threads.
    with warnings.catch_warnings(), ThreadPoolExecutor(cores.available()) as pool:
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return list(pool.map(read, files))


def _read_photograph(file: Found, *, smallest: int, longest: int | None) -> Photograph:
    try:
        with file.open() as stream, _open_picture(stream, file.where) as picture:
            side = min(picture.size)
            if side < smallest:
                expected = f"{smallest} pixels or more on each side"
                received = f"{picture.width}x{picture.height}"
                raise InputError("picture", where=file.where, expected=expected, received=received)
            factor = 1.0 if longest is None else max(longest / max(picture.size), smallest / side)
            return _to_rgb(picture, min(1.0, factor))
    except FileNotFoundError:
        raise _no_picture(file, "an image file", "nothing of that name") from None
    except IsADirectoryError:
        raise _no_picture(file, "an image file", "a folder") from None
    except UnidentifiedImageError:
        raise _no_picture(file, "an image file", "something else") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise _no_picture(file, f"at most {Image.MAX_IMAGE_PIXELS:,} pixels", "more") from None
    except decoding.ERRORS as error:
        if isinstance(error, OSError) and error.errno:  # of the operating system, not of a decoder
            raise of_system(error, where=file.where) from None
        raise _no_picture(file, "a whole image file", str(error)) from None


def _no_picture(file: Found, expected: str, received: str) -> InputError:
    return InputError("picture", where=file.where, expected=expected, received=received)


def _open_picture(stream: BinaryIO, where: str) -> Image.Image:
    """Read the header of a picture; raises ``InputError`` if it is HEIC and pillow-heif is not installed."""
    if isinstance(stream, io.BufferedReader):  # of a file, which need not be able to go back: a pipe
        start = stream.peek(_BYTES_WITH_BRANDS)[:_BYTES_WITH_BRANDS]
    else:
        start = stream.read(_BYTES_WITH_BRANDS)  # Pillow goes back to the beginning
    if start[4:8] == b"ftyp" and _HEIC_BRANDS & {start[place : place + 4] for place in range(8, len(start), 4)}:
        try:
            import pillow_heif  # optional
        except ImportError:
            expected = "the package pillow-heif, which reads HEIC (pip install pillow-heif)"
            raise InputError("picture", where=where, expected=expected, received="no such package") from None
        pillow_heif.register_heif_opener()
    return Image.open(stream)


def _to_rgb(picture: Image.Image, factor: float) -> Photograph:
    """Decode a picture; ``factor``, at most 1, is by how much it is reduced."""
    full_size = picture.size
    width, height = (round(factor * side) for side in full_size)
    if factor < 1:
        picture.draft(None, (width, height))  # for JPEGs; not smaller than this
    shown = decoding.in_8_bits(ImageOps.exif_transpose(picture))
    transparent = shown.has_transparency_data
    shown = shown.convert("RGBA" if transparent else "RGB")
    if factor < 1:
        longest = max(width, height)
        shown.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=3.0)
    if transparent:
        shown = decoding.on_white(shown)
    return Photograph(np.asarray(shown), max(full_size) / max(shown.size))


def resize(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Resize a picture as a whole to another size, with antialiasing; another aspect ratio stretches it.

    Args:
        pixels: shape (h, w, 3), RGB.
        width: of the result, in pixels.
        height: of the result, in pixels.

    Returns:
        Shape (height, width, 3).
    """
    if pixels.shape[:2] == (height, width):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS))


def is_grey(pixels: NDArray[np.uint8]) -> bool:
    """Tell whether a picture, (h, w, 3), has equal values of red, green and blue in every pixel."""
    return bool((pixels == pixels[..., :1]).all())
