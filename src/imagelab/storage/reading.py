"""Readers of arrays, tables and JSON that check the content."""

import json
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.runtime.errors import InputError
from imagelab.storage.npy import read_numbers


def read_array(
    path: Path,
    *,
    dimensions: int | tuple[int, ...],
    length: int | None = None,
    integers: bool = False,
    memory_map: bool = False,
) -> NDArray[Any]:
    """Read a ``.npy`` array of numbers; nothing is unpickled, and a wrong header costs no memory.

    Args:
        path: of the file.
        dimensions: how many the array must have; a tuple of several allows each of them.
        length: of its first dimension; None allows any.
        integers: whether the numbers must have an integer type.
        memory_map: leave the numbers on disk until they are used. Then they are not checked for being finite.

    Raises:
        InputError: if there is no such file, it is not a ``.npy`` array of plain numbers, it is shorter or longer than
            its header states, it has another shape or type, or a number is NaN or infinite.
    """
    try:
        array = read_numbers(path, memory_map=memory_map)
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


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read the arrays that ``write_arrays`` wrote; nothing is unpickled.

    Raises:
        InputError: if it is not such an archive, or damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, EOFError, OSError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise InputError("arrays", where=path, expected="a whole .npz archive", received=str(error)) from None


def read_csv(path: Path, *, columns: Collection[str] = (), may_be_empty: bool = False) -> pd.DataFrame:
    """Read a table that ``write_csv`` or ``write_table`` wrote; floats keep all their bits.

    Args:
        path: of the file.
        columns: that it must have.
        may_be_empty: whether a table without rows is one.

    Raises:
        InputError: if there is no such file, it is not a table, has no row, or lacks one of the ``columns``.
    """
    try:
        table = pd.read_csv(path, keep_default_na=False, na_values=[""])  # "NA" or "None" may be the name of a class
    except FileNotFoundError:
        raise InputError("table", where=path, expected="a .csv file", received="nothing of that name") from None
    except (ValueError, OSError) as error:  # ValueErrors: pandas' ParserError and EmptyDataError, and not UTF-8
        raise InputError("table", where=path, expected="a .csv file", received=error) from None
    if missing := [name for name in columns if name not in table]:
        received = ", ".join(map(str, table.columns))
        raise InputError("table", where=path, expected=f"the column {missing[0]}", received=received)
    if table.empty and not may_be_empty:
        raise InputError("table", where=path, expected="at least one row", received="none")
    return table


def read_json(path: Path, *, keys: Collection[str] = ()) -> dict[str, Any]:
    """Read an object that ``write_json`` or ``write_metrics`` wrote.

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
