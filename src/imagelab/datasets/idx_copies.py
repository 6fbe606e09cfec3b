"""Local copies of MNIST and Fashion-MNIST: IDX files, packed or not, in a folder or a zip, or Keras's ``.npz``."""

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagelab.datasets import class_layout, local
from imagelab.datasets.files import Found, find, members, path_in_zip, read_member
from imagelab.datasets.idx import IDX_FILES, decode_idx, idx_bytes, join_idx
from imagelab.runtime.errors import InputError
from imagelab.storage import writing
from imagelab.storage.npy import decode_array

Key = tuple[str, str]  # of ``IDX_FILES``: split, and images or labels

_PLAIN = {key: name.removesuffix(".gz") for key, name in IDX_FILES.items()}
_LAYOUT = (
    f"a folder or .zip with {', '.join(_PLAIN.values())} (each .gz or unpacked), an .npz with x_train, y_train, "
    f"x_test, y_test, or {class_layout.LAYOUT}"
)
# As https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz, which ``keras.datasets.mnist`` keeps.
_KERAS_ARRAYS = {
    ("train", "images"): "x_train",
    ("train", "labels"): "y_train",
    ("test", "images"): "x_test",
    ("test", "labels"): "y_test",
}
_MOST_NAMED = 3  # files that a message names


class _File(NamedTuple):
    where: str
    content: NDArray[np.uint8]
    packed: bytes | None  # the bytes of the file itself, if it is a .gz


def write_files(source: Path, destination: Path, *, classes: int) -> None:
    """Write the four files of ``IDX_FILES``; .gz files are copied byte for byte.

    A source may hold a file several times, as Kaggle's archive of MNIST does, if its content is the same each time.

    Args:
        source: a folder with IDX files, at any depth, or with one ``.npz`` as Keras keeps it and no IDX file; a zip of
            such a folder; or the ``.npz`` itself.
        destination: an existing folder.
        classes: how many there are; labels are below.

    Raises:
        InputError: if a file is missing, damaged, of another kind than its name, or there with two contents; if
            images and labels do not match; if there are several ``.npz``, or the only one holds other arrays.
    """
    local.require(source, expected=_LAYOUT)
    if source.is_file() and not zipfile.is_zipfile(source):
        raise InputError("source", where=source, expected=_LAYOUT, received="a file of another kind")
    found = _read_all(source, classes)
    places = {key: file.where for key, file in found.items()}
    join_idx({key: file.content for key, file in found.items()}, places, classes=classes)
    for key, file in found.items():
        writing.write_bytes(file.packed or idx_bytes(file.content), destination / IDX_FILES[key])


def _read_all(source: Path, classes: int) -> dict[Key, _File]:
    if source.is_file() and _keras_arrays(members(source, source)):
        return _of_keras(source, source, classes)
    if find(source, {name for key in IDX_FILES for name in _names(key)}):
        return {key: _of_idx(source, key) for key in IDX_FILES}
    archives = find(source, ["*.npz"])
    if not archives:
        raise InputError("source", where=source, expected=_LAYOUT, received="no such file")
    if len(archives) > 1:
        expected, received = "one .npz (a setting may name the file)", f"{len(archives)}: {_some(archives)}"
        raise InputError("source", where=source, expected=expected, received=received)
    with archives[0].open() as file:
        return _of_keras(file, archives[0].where, classes)


def is_own_name(name: str) -> bool:
    """Tell whether a file of this name may be one of MNIST or Fashion-MNIST."""
    return name.endswith(".npz") or any(name in _names(key) for key in IDX_FILES)


def _some(found: Sequence[Found]) -> str:
    return ", ".join(file.where for file in found[:_MOST_NAMED]) + (", ..." if len(found) > _MOST_NAMED else "")


def _names(key: Key) -> set[str]:
    """Return the names that a file may have: some programs turn the hyphen before ``idx`` into a dot."""
    return {f"{stem}{end}" for stem in (_PLAIN[key], _PLAIN[key].replace("-idx", ".idx")) for end in ("", ".gz")}


def _of_idx(source: Path, key: Key) -> _File:
    """Read one file, and check that all copies of it in the source are equal."""
    copies = [_read(found) for found in find(source, _names(key))]
    if not copies:
        expected = f"the file {_PLAIN[key]}, .gz or unpacked"
        raise InputError("source", where=source, expected=expected, received="no such file")
    for copy in copies[1:]:
        if not np.array_equal(copies[0].content, copy.content):
            received = f"two: {copies[0].where} and {copy.where}"
            raise InputError("source", where=source, expected=f"one content of {_PLAIN[key]}", received=received)
    return next((copy for copy in copies if copy.packed is not None), copies[0])


def _read(found: Found) -> _File:
    with found.open() as file:
        start = file.read(2)
        file.seek(0)
        if not start:
            raise local.empty(found.where)
        packed = found.name.endswith(".gz")
        if packed != (start == b"\x1f\x8b"):
            expected = f"a {'packed' if packed else 'plain'} file, as its name says"
            received = f"one that is {'not packed' if packed else 'packed by gzip'}"
            raise InputError("source", where=found.where, expected=expected, received=received)
        content = decode_idx(file, packed=packed, where=found.where)
        file.seek(0)
        return _File(found.where, content, file.read() if packed else None)


def _keras_arrays(members: Iterable[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Return the arrays of an ``.npz`` by name; none for another zip archive."""
    paths = {PurePosixPath(path_in_zip(info)): info for info in members}
    return {path.stem: info for path, info in paths.items() if len(path.parts) == 1 and path.suffix == ".npy"}


def _of_keras(source: Path | BinaryIO, place: object, classes: int) -> dict[Key, _File]:
    """Read the arrays of an ``.npz``; ``place`` is its name in messages."""
    arrays = _keras_arrays(members(source, place))
    if not {*_KERAS_ARRAYS.values()} <= arrays.keys():
        expected = f"the arrays {', '.join(_KERAS_ARRAYS.values())}"
        raise InputError("source", where=place, expected=expected, received=", ".join(sorted(arrays)) or "none")
    found = {}
    for key, name in _KERAS_ARRAYS.items():
        where = f"{place}, {name}"
        array = decode_array(read_member(source, arrays[name], place), where=where)
        found[key] = _File(where, _images(array, where) if key[1] == "images" else _labels(array, where, classes), None)
    return found


def _images(array: NDArray[Any], where: str) -> NDArray[np.uint8]:
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.dtype != np.uint8 or array.ndim != 3:
        expected, received = "uint8, shape (n, height, width)", f"{array.dtype}, {array.shape}"
        raise InputError("images", where=where, expected=expected, received=received)
    return array


def _labels(array: NDArray[Any], where: str, classes: int) -> NDArray[np.uint8]:
    if array.dtype.kind not in "iu" or array.ndim != 1:
        expected, received = "integers, shape (n,)", f"{array.dtype}, {array.shape}"
        raise InputError("labels", where=where, expected=expected, received=received)
    if len(array) and (array.min() < 0 or array.max() >= classes):
        received = f"{array.min()}..{array.max()}"
        raise InputError("labels", where=where, expected=f"classes 0..{classes - 1}", received=received)
    return array.astype(np.uint8)
