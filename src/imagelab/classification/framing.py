"""Grey pictures framed as a classifier's training pictures are: which side is the object, and where it lies.

Fashion-MNIST shows each piece bright on black, and its longer side fills the picture. A photograph of a shirt on a
white wall is turned into such a picture; classifiers of other grey pictures record what theirs look like.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imagelab.runtime.errors import InputError
from imagelab.storage.model_files import Framing

_BRIGHTEST = 255
_BORDER = 0.02  # width of the picture's border, over its shorter side
_FAINT = 0.1 * _BRIGHTEST  # weaker differences are no part of the object: soft shadows, blurred edges, JPEG's traces
_DEVIATIONS = 4  # of the border's noise, likewise
_SPECK = 0.01  # share of a row or column: less is dust
_PLAIN = 0.05 * _BRIGHTEST  # largest standard deviation of a plain background
_MOST_PICTURES = 1_000  # from which the framing is found
_AGREEING = 0.9  # share of them that must be alike


class FoundObject(NamedTuple):
    """What differs from the background in a picture."""

    values: NDArray[np.float32]  # (h, w), in [0, 255]: the distance from the background; 0 is background
    bright: bool  # whether it is brighter than the background
    background: float  # grey level
    plain: bool  # whether the background is
    box: tuple[slice, slice]  # rows and columns that hold it


def find_object(grey: NDArray[np.uint8]) -> FoundObject | None:
    """Find the object in a picture.

    The background is the median of the picture's border. The object is what differs from it, on the side, brighter or
    darker, on which the differences sum up to more. Distances are scaled so that the extreme grey level on that side
    is 255: a picture and its negative give the same object.

    Args:
        grey: shape (h, w).

    Returns:
        The object; None if nothing stands out from the background.
    """
    levels = grey.astype(np.float64)
    border = _border(levels)
    background = float(np.median(border))
    deviation = 1.4826 * float(np.median(np.abs(border - background)))  # of normal noise, from the median distance
    differences = levels - background
    visible = np.abs(differences) >= max(_FAINT, _DEVIATIONS * deviation)
    balance = differences[visible].sum()
    if balance == 0:
        return None
    bright = bool(balance > 0)
    room = _BRIGHTEST - background if bright else background  # above 0, because something lies on that side
    values = (differences if bright else -differences).clip(min=0) * (_BRIGHTEST / room)
    noise = _DEVIATIONS * deviation * _BRIGHTEST / room
    values[values < noise] = 0
    inside = values >= max(_FAINT, noise)
    rows, columns = _extent(inside, axis=1), _extent(inside, axis=0)
    if rows is None or columns is None:
        return None
    return FoundObject(values.astype(np.float32), bright, background, deviation <= _PLAIN, (rows, columns))


def _border(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    width = max(1, round(_BORDER * min(levels.shape)))
    inner = np.zeros(levels.shape, bool)
    inner[width:-width, width:-width] = True
    return levels[~inner]


def _extent(inside: NDArray[np.bool_], *, axis: int) -> slice | None:
    """Return from where to where lines along an axis hold the object; fewer pixels than ``_SPECK`` are none of it."""
    places = np.flatnonzero(inside.mean(axis=axis) >= _SPECK)
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else None


def framing_of(images: NDArray[np.uint8]) -> Framing | None:
    """Find out how training pictures show their objects.

    Args:
        images: (n, h, w, c); up to 1,000 of them, evenly spaced, are looked at.

    Returns:
        None for colour pictures, and if fewer than nine of ten show an object on a plain black background, or on a
        plain white one: then whole pictures are classified.
    """
    if images.shape[3] != 1:
        return None
    chosen = images[:: -(-len(images) // _MOST_PICTURES), ..., 0]
    found = [one for one in map(find_object, chosen) if one is not None]
    for bright, level in ((True, 0), (False, _BRIGHTEST)):
        alike = [one for one in found if one.plain and one.bright is bright and abs(one.background - level) <= _FAINT]
        if len(alike) >= _AGREEING * len(chosen):
            longest = max(chosen.shape[1:])
            shares = [
                max(rows.stop - rows.start, columns.stop - columns.start) / longest
                for rows, columns in (one.box for one in alike)
            ]
            return Framing(bright_objects=bright, share=round(float(np.median(shares)), 4))
    return None


def frame(grey: NDArray[np.uint8], framing: Framing, *, height: int, width: int, where: str) -> NDArray[np.uint8]:
    """Turn a picture into one as in training: the same background, and an object of the same size in the middle.

    A picture that already has the network's size is not resized: only its background is set right.

    Args:
        grey: shape (h, w).
        framing: of the training pictures.
        height: of the result.
        width: of the result.
        where: the picture's name, for messages.

    Returns:
        Shape (height, width).

    Raises:
        InputError: if the picture has no object.
    """
    found = find_object(grey)
    if found is None:
        expected = "an object on a plain background"
        raise InputError("picture", where=where, expected=expected, received="nothing that stands out from its border")
    canvas = found.values if grey.shape == (height, width) else _centred(found, framing.share, height, width)
    levels = np.rint(canvas.clip(0, _BRIGHTEST)).astype(np.uint8)
    return levels if framing.bright_objects else np.asarray(_BRIGHTEST - levels)


def _centred(found: FoundObject, share: float, height: int, width: int) -> NDArray[np.float32]:
    cut = found.values[found.box]
    # The longer side of the object has its share of the longer side of the picture, and no side is cut off.
    scale = min(share * max(height, width) / max(cut.shape), height / cut.shape[0], width / cut.shape[1])
    rows, columns = (
        min(most, max(1, round(scale * side))) for side, most in zip(cut.shape, (height, width), strict=True)
    )
    resized = np.asarray(Image.fromarray(cut).resize((columns, rows), Image.Resampling.LANCZOS))
    # An odd pixel more goes above and to the left, as in Fashion-MNIST.
    top, left = math.ceil((height - rows) / 2), math.ceil((width - columns) / 2)
    canvas = np.zeros((height, width), np.float32)
    canvas[top : top + rows, left : left + columns] = resized
    return canvas
