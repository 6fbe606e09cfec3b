"""The only writer of files: a file is written whole or not at all, and equal content gives equal bytes."""

import errno
import json
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from imagelab.runtime.errors import InputError, of_system
from imagelab.storage.model_files import RECORD, TrainedOn

_REFUSALS_TO_WRITE = {errno.EDQUOT, errno.EFBIG, errno.ENOSPC, errno.EROFS}
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip archive can hold


class SavableModel(Protocol):
    """What this module needs of a ``keras.Model``, without importing Keras."""

    def save(self, filepath: str) -> None:
        """Write the model as a ``.keras`` archive."""


class SavableFigure(Protocol):
    """What this module needs of a ``matplotlib.figure.Figure``, without importing matplotlib."""

    def savefig(self, fname: Path, *, metadata: dict[str, None]) -> None:
        """Write the figure in the format of the name's suffix."""


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; move the file to ``path`` on success, remove it on failure.

    The temporary name keeps the suffix, because some writers choose the format by it. A killed process leaves the
    temporary file; the next process that writes ``path`` replaces it.

    Raises:
        InputError: if the system refuses to write: the disk is full, or the folder is read-only or not a folder.
    """
    temporary = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:  # NumPy and Pillow raise some without errno
        raise of_system(error, what="output", where=path) from None


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a new temporary folder; replace ``path`` by it on success, remove it on failure.

    The former folder is moved aside first, not removed: a file in it that cannot be removed costs neither folder.

    Raises:
        InputError: if the system refuses to write, as ``new_file``.
    """
    temporary, former = path.with_name(f".{path.name}.partial"), path.with_name(f".{path.name}.former.partial")
    for left in (temporary, former):  # by a killed process
        shutil.rmtree(left, ignore_errors=True)
    try:
        temporary.mkdir(parents=True)
    except OSError as error:
        raise of_system(error, what="output", where=path) from None
    try:
        with writing_to(path):
            yield temporary
            if path.exists():
                path.replace(former)
            temporary.replace(path)
    finally:
        if former.exists() and not path.exists():
            former.replace(path)
        for left in (temporary, former):
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Name the output in errors about a full or read-only disk: the system's own error rarely does.

    Raises:
        InputError: in place of such an error; other errors pass, because they may be about other files.
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
    """Write plain values; raises ``ValueError`` for NaN and infinities, which JSON does not have."""
    write_bytes((json.dumps(content, indent=2, allow_nan=False) + "\n").encode(), path)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table without its index; floats keep all their bits."""
    write_bytes(table.to_csv(index=False, lineterminator="\n").encode(), path)


def write_metrics(content: Mapping[str, Any], path: Path) -> None:
    """Write plain values as ``write_json``, but floats with seven significant digits.

    This is the precision of float32. Later digits can differ between processors, and ``dvc metrics diff`` would report
    them as changes. Integers and texts are not changed.
    """
    write_json(_shortened(content), path)


def write_table(table: pd.DataFrame, path: Path, *, data: str | None) -> None:
    """Write a table as ``write_csv``, but floats with seven significant digits, as in ``write_metrics``.

    Tables that other stages read keep all digits: ``write_csv``.

    Args:
        table: what was measured.
        path: ends with ``.csv``.
        data: the name of the data that the table is about, for the first column. (By default DVC plots the last
            column.) None for a table whose rows name their data.
    """
    shortened = table.copy()
    if data is not None:
        shortened.insert(0, "data", data)
    for name, column in table.items():
        if column.dtype.kind in "fO":  # O: columns that mix numbers and texts
            shortened[name] = column.map(_shortened)
    write_csv(shortened, path)


def _shortened(value: Any) -> Any:
    """Round floats to seven significant digits, also inside dicts and lists; -0.0 becomes 0.0."""
    if isinstance(value, Mapping):
        return {key: _shortened(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_shortened(part) for part in value]
    return float(f"{value:.7g}") + 0.0 if isinstance(value, float | np.floating) else value


def write_array(array: NDArray[Any], path: Path) -> None:
    """Write one array as ``.npy``; raises ``ValueError`` for arrays of objects, which would be pickled."""
    with new_file(path) as temporary:
        np.save(temporary, array, allow_pickle=False)


def write_arrays(arrays: Mapping[str, NDArray[Any]], path: Path) -> None:
    """Write several arrays as one ``.npz``, uncompressed: for the state of a training or a search."""
    with new_file(path) as temporary:
        np.savez(temporary, allow_pickle=False, **dict(arrays))


def write_figure(figure: SavableFigure, path: Path) -> None:
    """Write a figure as PNG without date or version."""
    with new_file(path) as temporary:
        figure.savefig(temporary, metadata={"Software": None})


def write_animation(frames: Sequence[NDArray[np.uint8]], path: Path, *, seconds: float) -> None:
    """Write pictures, each (h, w, 3), as an endless animated GIF.

    Args:
        frames: the pictures.
        path: ends with ``.gif``.
        seconds: how long each is shown.
    """
    first, *others = (Image.fromarray(frame) for frame in frames)
    with new_file(path) as temporary:
        first.save(temporary, save_all=True, append_images=others, duration=round(1000 * seconds), loop=0)


def write_model(
    model: SavableModel,
    path: Path,
    *,
    trained_on: TrainedOn | None = None,
    compressed: bool = False,
    most_bytes: int | None = None,
) -> None:
    """Write a Keras model as ``.keras``: equal weights give equal bytes.

    Keras writes the date into ``metadata.json`` and into the archive's entries, and memory addresses into
    ``config.json`` (``shared_object_id``; equal ones mark a shared object). All of them are replaced here.

    Args:
        model: any.
        path: ends with ``.keras``.
        trained_on: becomes a further member of the archive, which Keras does not read.
        compressed: whether the archive is compressed. Weights hardly become smaller, unless they are rounded.
        most_bytes: the largest size that is written; None: any.

    Raises:
        InputError: as ``new_file``, and if the file would be larger than ``most_bytes``.
    """
    with new_file(path) as temporary:
        model.save(str(temporary))
        entries = _read_zip(temporary)
        metadata = json.loads(entries["metadata.json"])
        metadata.pop("date_saved", None)
        entries["metadata.json"] = json.dumps(metadata).encode()
        config = _number_shared_objects(json.loads(entries["config.json"]), {})
        entries["config.json"] = json.dumps(config).encode()
        if trained_on is not None:
            entries[RECORD] = (trained_on.model_dump_json(indent=2) + "\n").encode()
        method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
        with zipfile.ZipFile(temporary, "w") as archive:
            for name, content in sorted(entries.items()):
                archive.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), content, method, compresslevel=9)
        if most_bytes is not None and (size := temporary.stat().st_size) > most_bytes:
            expected = f"a model of at most {most_bytes / 1e6:g} MB"
            raise InputError("output", where=path, expected=expected, received=f"{size / 1e6:.2f} MB")


def _number_shared_objects(config: Any, numbers: dict[int, int]) -> Any:
    """Replace each ``shared_object_id`` by its number in order of first appearance; ``numbers`` collects them."""
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
