"""``.npy`` files: headers are checked against the file's size before memory is taken."""

import io
import math
import warnings
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from imagelab.runtime.errors import InputError

# Bytes, ten times what is needed. NumPy checks its own limit only after it has read the header into memory.
_LARGEST_HEADER = 1024
_LARGEST_ARRAY = 1 << 63  # bytes, the largest size that NumPy can represent
# Without version 3.0, which arrays of numbers never have.
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_numbers(path: Path, *, memory_map: bool) -> NDArray[Any]:
    """Read an array after checking its header against the file's size, which NumPy's ``load`` does not do.

    Raises:
        InputError: if it does not hold plain numbers, or not as many as its header states.
        ValueError: if it has no valid header.
    """
    with path.open("rb") as file:
        offset, shape, order, dtype = _checked_header(file, path.stat().st_size, path)
        if memory_map:
            return np.memmap(path, dtype, "r", offset, shape, order)
        return np.fromfile(file, dtype, math.prod(shape)).reshape(shape, order=order)


def decode_array(content: bytes | bytearray, *, where: object) -> NDArray[Any]:
    """Decode the content of a ``.npy`` file, plain numbers only; nothing is unpickled.

    Raises:
        InputError: if it is not an array of plain numbers, or shorter or longer than its header states.
    """
    offset, shape, order, dtype = read_header(io.BytesIO(content), len(content), where=where)
    return np.frombuffer(content, dtype, math.prod(shape), offset).reshape(shape, order=order)


def read_header(
    file: BinaryIO, size: int, *, where: object
) -> tuple[int, tuple[int, ...], Literal["C", "F"], np.dtype[Any]]:
    """Read what stands before the numbers of a ``.npy`` file, so that wrong ones need not be read.

    Args:
        file: at its start.
        size: of the whole file, in bytes.
        where: its name in messages.

    Returns:
        The offset of the numbers in bytes, the array's shape, the order of its axes, and its type.

    Raises:
        InputError: if it is not an array of plain numbers, or ``size`` is not what the header states.
    """
    try:
        return _checked_header(file, size, where)
    except (ValueError, OSError) as error:
        raise InputError("array", where=where, expected="a whole .npy file of numbers", received=error) from None


def _checked_header(
    file: BinaryIO, size: int, where: object
) -> tuple[int, tuple[int, ...], Literal["C", "F"], np.dtype[Any]]:
    """Return the offset of an array's numbers, its shape, order and type, checked against the file's size."""
    shape, order, dtype = _read_array_header(file)
    if dtype.kind not in "biuf":
        raise InputError("array", where=where, expected="numbers", received=f"dtype {dtype}")
    expected = file.tell() + math.prod(shape) * dtype.itemsize
    if expected != size:
        raise InputError("array", where=where, expected=f"{expected} bytes for {dtype}, {shape}", received=size)
    return file.tell(), shape, order, dtype


def _read_array_header(file: BinaryIO) -> tuple[tuple[int, ...], Literal["C", "F"], np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"format version {version[0]}.{version[1]}")
    start = file.tell()
    length = int.from_bytes(file.read(2 * version[0]), "little")  # two bytes in version 1, four in version 2
    if length > _LARGEST_HEADER:
        raise ValueError(f"a header of {length} bytes")
    file.seek(start)
    try:
        with warnings.catch_warnings(action="ignore"):  # about Python 2 and odd escapes; the result is checked below
            shape, is_fortran, dtype = _HEADERS[version](file)
    except Exception as error:  # NumPy gives the text to Python's parser, which raises many kinds
        raise ValueError(f"an invalid header ({error})") from None
    sizes_are_whole = all(type(size) is int and size >= 0 for size in shape)
    if not sizes_are_whole or math.prod(size or 1 for size in shape) * dtype.itemsize >= _LARGEST_ARRAY:
        raise ValueError(f"shape {shape}")
    return shape, "F" if is_fortran else "C", dtype
