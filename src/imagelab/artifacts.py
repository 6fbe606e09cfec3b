"""The only writer of files: each appears whole or not at all, and equal content gives equal bytes."""

import errno
import io
import json
import math
import shutil
import warnings
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from imagelab.errors import InputError, of_system

_REFUSALS_TO_WRITE = {errno.EDQUOT, errno.EFBIG, errno.ENOSPC, errno.EROFS}
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip archive can state
_LARGEST_HEADER = 1024  # bytes; a tenth does. NumPy looks at its own limit after it has taken memory for the header
_LARGEST_ARRAY = 1 << 63  # bytes that NumPy can count
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}  # 3.0: no numbers


class SavableModel(Protocol):
    """What this module needs of a ``keras.Model``; saves the import of Keras where none is written."""

    def save(self, filepath: str) -> None:
        """Write the model as a ``.keras`` archive."""


class SavableFigure(Protocol):
    """What this module needs of a ``matplotlib.figure.Figure``."""

    def savefig(self, fname: Path, *, metadata: dict[str, None]) -> None:
        """Write the figure in the format that the name's suffix says."""


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; move it there on success, remove it on failure.

    The temporary name keeps the suffix, since some writers choose the format by it. A killed process leaves it; the
    next one that writes the file replaces it.

    Raises:
        InputError: if the system refuses to write: the disk is full, or the folder is read-only or no folder.
    """
    temporary = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:  # NumPy and Pillow raise some without a number
        raise of_system(error, what="output", where=path) from None


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a new temporary folder; let it take the place of ``path`` on success, remove it on failure.

    Raises:
        InputError: if the system refuses to write, as of ``new_file``.
    """
    temporary = path.with_name(f".{path.name}.partial")
    shutil.rmtree(temporary, ignore_errors=True)  # left by a killed process
    try:
        temporary.mkdir(parents=True)
    except OSError as error:
        raise of_system(error, what="output", where=path) from None
    try:
        with writing_to(path):
            yield temporary
            shutil.rmtree(path, ignore_errors=True)
            temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Name what was being written when the disk is full or read-only: the system's own error rarely does.

    Raises:
        InputError: in place of such an error; others pass, since not only what is written may be at fault.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _REFUSALS_TO_WRITE:
            raise
        raise of_system(error, what="output", where=path) from None


def write_bytes(content: bytes, path: Path) -> None:
    """Write bytes as they are."""
    with new_file(path) as temporary:
        temporary.write_bytes(content)


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write plain values; NaN and infinities are refused, since JSON has none."""
    write_bytes((json.dumps(content, indent=2, allow_nan=False) + "\n").encode(), path)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table without its index, floats with the digits that restore them."""
    write_bytes(table.to_csv(index=False, lineterminator="\n").encode(), path)


def write_metrics(content: Mapping[str, Any], path: Path) -> None:
    """Write plain values as ``write_json``, but floats with seven significant digits.

    Single precision holds as many. Later digits can differ between two processors of one make, which ``dvc metrics
    diff`` would report as changes. Whole numbers and texts stay as they are.
    """
    write_json(_shortened(content), path)


def write_table(table: pd.DataFrame, path: Path, *, data: str | None) -> None:
    """Write a table as ``write_csv``, but floats with seven significant digits, for the reason of ``write_metrics``.

    Data that stages hand on to each other keep all digits: ``write_csv``.

    Args:
        table: what was measured.
        path: ends with ``.csv``.
        data: the name of the data that the table is about; its first column, since DVC plots the last one of a table
            that names none. None for a table whose rows name theirs.
    """
    shortened = table.copy()
    if data is not None:
        shortened.insert(0, "data", data)
    for name, column in table.items():
        if column.dtype.kind in "fO":  # objects: columns that mix numbers and texts
            shortened[name] = column.map(_shortened)
    write_csv(shortened, path)


def _shortened(value: Any) -> Any:
    """Round floats to seven significant digits, also inside of dicts and lists; -0.0 becomes 0.0."""
    if isinstance(value, Mapping):
        return {key: _shortened(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_shortened(part) for part in value]
    return float(f"{value:.7g}") + 0.0 if isinstance(value, float | np.floating) else value


def write_array(array: NDArray[Any], path: Path) -> None:
    """Write one array as ``.npy``; arrays of objects are refused, since they would be pickled."""
    with new_file(path) as temporary:
        np.save(temporary, array, allow_pickle=False)


def write_arrays(arrays: Mapping[str, NDArray[Any]], path: Path) -> None:
    """Write several arrays as one ``.npz``, uncompressed; not byte-stable, for files that are no outputs."""
    with new_file(path) as temporary:
        np.savez(temporary, allow_pickle=False, **dict(arrays))


def write_figure(figure: SavableFigure, path: Path) -> None:
    """Write a figure as PNG without date or version."""
    with new_file(path) as temporary:
        figure.savefig(temporary, metadata={"Software": None})


def write_animation(frames: Sequence[NDArray[np.uint8]], path: Path, *, seconds: float) -> None:
    """Write pictures, each (h, w, 3), as an animated GIF that repeats.

    Args:
        frames: the pictures.
        path: ends with ``.gif``.
        seconds: that each is shown.
    """
    first, *others = (Image.fromarray(frame) for frame in frames)
    with new_file(path) as temporary:
        first.save(temporary, save_all=True, append_images=others, duration=round(1000 * seconds), loop=0)


def write_model(model: SavableModel, path: Path) -> None:
    """Write a Keras model as ``.keras``: equal weights give equal bytes.

    Keras puts the date into ``metadata.json`` and into the archive's entries, and addresses of this process's memory
    into ``config.json`` (``shared_object_id``: equal ones mark a shared object). All are replaced here.
    """
    with new_file(path) as temporary:
        model.save(str(temporary))
        entries = _read_zip(temporary)
        metadata = json.loads(entries["metadata.json"])
        metadata.pop("date_saved", None)
        entries["metadata.json"] = json.dumps(metadata).encode()
        config = _number_shared_objects(json.loads(entries["config.json"]), {})
        entries["config.json"] = json.dumps(config).encode()
        with zipfile.ZipFile(temporary, "w") as archive:
            for name, content in sorted(entries.items()):
                archive.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), content)


def _number_shared_objects(config: Any, numbers: dict[int, int]) -> Any:
    """Replace each ``shared_object_id`` by its rank of appearance; ``numbers`` collects them."""
    if isinstance(config, list):
        return [_number_shared_objects(item, numbers) for item in config]
    if not isinstance(config, dict):
        return config
    return {
        key: numbers.setdefault(value, len(numbers))
        if key == "shared_object_id"
        else _number_shared_objects(value, numbers)
        for key, value in config.items()
    }


def _read_zip(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def read_array(
    path: Path,
    *,
    dimensions: int | tuple[int, ...],
    length: int | None = None,
    integers: bool = False,
    memory_map: bool = False,
) -> NDArray[Any]:
    """Read a ``.npy`` array of numbers; nothing is unpickled, and no memory is taken that the file does not fill.

    Args:
        path: of the file.
        dimensions: that the array must have, or may have where there are several.
        length: of its first dimension; None allows any.
        integers: whether the numbers must be whole, in an integer type.
        memory_map: leave the numbers on disk until they are used. Whether they are finite is not looked at then.

    Raises:
        InputError: if there is no such file, it is no ``.npy`` array of plain numbers, it is shorter or longer than
            its header says, its shape or type is another, or a number is NaN or infinite.
    """
    try:
        array = _read_numbers(path, memory_map=memory_map)
    except FileNotFoundError:
        raise InputError("array", where=path, expected="a .npy file", received="nothing of that name") from None
    except (ValueError, OSError) as error:
        raise InputError("array", where=path, expected="a whole .npy file of numbers", received=error) from None
    allowed = (dimensions,) if isinstance(dimensions, int) else dimensions
    if array.ndim not in allowed:
        expected = f"{' or '.join(map(str, allowed))} dimensions"
        raise InputError("array", where=path, expected=expected, received=array.shape)
    if length is not None and len(array) != length:
        raise InputError("array", where=path, expected=f"{length} rows", received=len(array))
    if integers and array.dtype.kind not in "iu":
        raise InputError("array", where=path, expected="integers", received=array.dtype)
    if array.dtype.kind == "f" and not memory_map and not np.isfinite(array).all():
        row = np.argwhere(~np.isfinite(array))[0].tolist()
        raise InputError("array", where=path, expected="finite numbers", received=f"{array[tuple(row)]} at {row}")
    return array


def _read_numbers(path: Path, *, memory_map: bool) -> NDArray[Any]:
    """Read an array whose header its file bears out: NumPy's ``load`` takes all the memory that a header asks for.

    Raises:
        InputError: if it holds no plain numbers, or not as many as its header says.
        ValueError: if it has no such header.
    """
    with path.open("rb") as file:
        offset, shape, order, dtype = _checked_header(file, path.stat().st_size, path)
        if memory_map:
            return np.memmap(path, dtype, "r", offset, shape, order)
        return np.fromfile(file, dtype, math.prod(shape)).reshape(shape, order=order)


def decode_array(content: bytes | bytearray, *, where: object) -> NDArray[Any]:
    """Decode what a ``.npy`` file holds, plain numbers only; nothing is unpickled.

    Raises:
        InputError: if it is no array of plain numbers, or shorter or longer than its header says.
    """
    try:
        offset, shape, order, dtype = _checked_header(io.BytesIO(content), len(content), where)
    except (ValueError, OSError) as error:
        raise InputError("array", where=where, expected="a whole .npy file of numbers", received=error) from None
    return np.frombuffer(content, dtype, math.prod(shape), offset).reshape(shape, order=order)


def _checked_header(
    file: BinaryIO, size: int, where: object
) -> tuple[int, tuple[int, ...], Literal["C", "F"], np.dtype[Any]]:
    """Read where an array's numbers begin, its shape, order and type, as far as a file of this size bears them out."""
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
        with warnings.catch_warnings(action="ignore"):  # of Python 2, of odd escapes: what follows judges the result
            shape, is_fortran, dtype = _HEADERS[version](file)
    except Exception as error:  # NumPy hands the text to Python's own parser, which has many ways to stumble
        raise ValueError(f"a header without sense ({error})") from None
    sizes_are_whole = all(type(size) is int and size >= 0 for size in shape)
    if not sizes_are_whole or math.prod(size or 1 for size in shape) * dtype.itemsize >= _LARGEST_ARRAY:
        raise ValueError(f"shape {shape}")
    return shape, "F" if is_fortran else "C", dtype


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read what ``write_arrays`` wrote; nothing is unpickled.

    Raises:
        InputError: if it is no such archive, or damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, EOFError, OSError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise InputError("arrays", where=path, expected="a whole .npz archive", received=str(error)) from None


def read_csv(path: Path, *, columns: Collection[str] = ()) -> pd.DataFrame:
    """Read a table that ``write_csv`` or ``write_table`` wrote; written floats come back bit for bit.

    Raises:
        InputError: if there is none, it is no table, has no row, or lacks one of the ``columns``.
    """
    try:
        table = pd.read_csv(path)
    except FileNotFoundError:
        raise InputError("table", where=path, expected="a .csv file", received="nothing of that name") from None
    except (ValueError, OSError) as error:  # pandas' ParserError and EmptyDataError, and no UTF-8, are ValueErrors
        raise InputError("table", where=path, expected="a .csv file", received=error) from None
    if missing := [name for name in columns if name not in table]:
        received = ", ".join(map(str, table.columns))
        raise InputError("table", where=path, expected=f"the column {missing[0]}", received=received)
    if table.empty:
        raise InputError("table", where=path, expected="a row at least", received="none")
    return table


def read_json(path: Path, *, keys: Collection[str] = ()) -> dict[str, Any]:
    """Read what ``write_json`` or ``write_metrics`` wrote.

    Raises:
        InputError: if there is no such file, it holds something else, or lacks one of the ``keys``.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("file", where=path, expected="a .json file", received="nothing of that name") from None
    except (ValueError, OSError, RecursionError) as error:
        raise InputError("file", where=path, expected="JSON", received=error) from None
    if not isinstance(content, dict):
        raise InputError("file", where=path, expected="a JSON object", received=type(content).__name__)
    if missing := [key for key in keys if key not in content]:
        received = ", ".join(content) or "none"
        raise InputError("file", where=path, expected=f"the key {missing[0]}", received=received)
    return content
