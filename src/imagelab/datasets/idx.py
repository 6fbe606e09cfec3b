"""IDX files, the format of MNIST and Fashion-MNIST, here also of pictures of one's own."""

import gzip
import math
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from imagelab.datasets.files import read_limited
from imagelab.runtime.errors import InputError
from imagelab.storage.splits import Split

IDX_FILES = {
    ("train", "images"): "train-images-idx3-ubyte.gz",
    ("train", "labels"): "train-labels-idx1-ubyte.gz",
    ("test", "images"): "t10k-images-idx3-ubyte.gz",
    ("test", "labels"): "t10k-labels-idx1-ubyte.gz",
}
_IDX_UNSIGNED_BYTE = 0x08
_RGB = 3  # channels of colour pictures
_IDX_DIMENSIONS = range(1, 5)  # labels have one, grey pictures three, colour pictures four
# Bytes after decompression, several times those of the largest official file. A small file may expand a thousandfold.
LARGEST_IDX = 1 << 30


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read a gzip-compressed IDX file of unsigned bytes.

    Returns:
        The array with the shape that the header states.

    Raises:
        InputError: if the file is missing, not gzip, truncated, of another type, longer or shorter than its header
            states, or larger than 1 GiB when decompressed.

    Source: http://yann.lecun.com/exdb/mnist, "the IDX file format".
    """
    try:
        with path.open("rb") as file:
            return decode_idx(file, packed=True, where=path)
    except FileNotFoundError:
        raise InputError("IDX file", where=path, expected="a file", received="nothing of that name") from None


def decode_idx(file: BinaryIO, *, packed: bool, where: object) -> NDArray[np.uint8]:
    """Read an open IDX file, gzip-compressed if ``packed``, as ``read_idx`` does."""
    try:
        content = read_limited(cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file, LARGEST_IDX, where)
    except (EOFError, OSError, zlib.error) as error:
        expected = f"a whole {'gzip' if packed else 'IDX'} file"
        raise InputError("IDX file", where=where, expected=expected, received=str(error)) from None
    if len(content) < 4 or content[:3] != bytes([0, 0, _IDX_UNSIGNED_BYTE]) or content[3] not in _IDX_DIMENSIONS:
        expected = f"0x0000080N, N from {_IDX_DIMENSIONS[0]} to {_IDX_DIMENSIONS[-1]}"
        raise InputError("magic number", where=where, expected=expected, received=f"0x{content[:4].hex()}")
    start = 4 + 4 * content[3]
    shape = tuple(int(size) for size in np.frombuffer(content[4:start], ">u4", count=(len(content[:start]) - 4) // 4))
    # A size of 0 counts as 1: NumPy cannot represent the other sizes either way.
    if math.prod(size or 1 for size in shape) > LARGEST_IDX:
        raise InputError("shape", where=where, expected=f"at most {LARGEST_IDX:,} numbers", received=shape)
    expected_bytes = start + math.prod(shape)
    if len(shape) != content[3] or len(content) != expected_bytes:
        raise InputError("length", where=where, expected=f"{expected_bytes} bytes for {shape}", received=len(content))
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def idx_bytes(array: NDArray[np.uint8]) -> bytes:
    """Encode an array as a gzip-compressed IDX file without a date."""
    header = bytes([0, 0, _IDX_UNSIGNED_BYTE, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return gzip.compress(header + array.tobytes(), mtime=0)


def read_idx_folder(folder: Path, *, classes: int) -> dict[str, Split]:
    """Read the four files of MNIST, Fashion-MNIST or pictures of one's own, whose labels are below ``classes``.

    Returns:
        The splits ``train`` and ``test``; images of shape (n, height, width, channels).

    Raises:
        InputError: as ``read_idx``; and if images and labels do not match, or a label is not a class.
    """
    paths = {key: folder / name for key, name in IDX_FILES.items()}
    return join_idx({key: read_idx(path) for key, path in paths.items()}, paths, classes=classes, colour=True)


def join_idx(
    arrays: Mapping[tuple[str, str], NDArray[np.uint8]],
    places: Mapping[tuple[str, str], object],
    *,
    classes: int,
    colour: bool = False,
) -> dict[str, Split]:
    """Check the four arrays of ``IDX_FILES`` against each other, and join them to splits.

    Args:
        arrays: by the keys of ``IDX_FILES``.
        places: where each was found, for messages.
        classes: how many there are.
        colour: whether the images may be in colour; those of MNIST and Fashion-MNIST are not.

    Returns:
        The splits ``train`` and ``test``; images of shape (n, height, width, channels), grey ones with one channel.

    Raises:
        InputError: if images and labels do not match, or a label is not a class.
    """
    splits = {}
    for split in ("train", "test"):
        images, labels = arrays[split, "images"], arrays[split, "labels"]
        is_grey, is_colour = images.ndim == 3, colour and images.ndim == 4 and images.shape[-1] == _RGB
        if not (is_grey or is_colour) or not images.size:
            where = places[split, "images"]
            expected = "shape (n, height, width)" + (f" or (n, height, width, {_RGB})" if colour else "")
            raise InputError("images", where=where, expected=expected, received=images.shape)
        splits[split] = Split(
            images[..., None] if is_grey else images,
            checked_labels(labels, len(images), places[split, "labels"], classes=classes),
        )
    sizes = [arrays[split, "images"].shape[1:] for split in ("train", "test")]
    if sizes[0] != sizes[1]:
        where, expected = places["test", "images"], f"{sizes[0]} pixels, as in the training file"
        raise InputError("images", where=where, expected=expected, received=sizes[1])
    return splits


def checked_labels(labels: NDArray[np.uint8], count: int, where: object, *, classes: int) -> NDArray[np.uint8]:
    """Return labels unchanged; raises ``InputError`` if their shape is not (count,), or one is not a class."""
    if labels.shape != (count,):
        raise InputError("labels", where=where, expected=f"one for each of {count} images", received=labels.shape)
    if labels.max() >= classes:
        raise InputError("labels", where=where, expected=f"classes 0..{classes - 1}", received=int(labels.max()))
    return labels
