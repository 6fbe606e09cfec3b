"""Paths that the settings name, and clocks that lie there."""

import os
import shutil
from pathlib import Path

from imagelab import artifacts
from imagelab.errors import InputError

CLOCK_FILES = ("images.npy", "labels.npy")

_EXPERIMENTS = (".dvc", "tmp", "exps")  # in the repository: DVC keeps there the copies in which experiments run


def find(source: str) -> Path:
    """Return the path that a setting names.

    ``~`` is the home folder. What is relative is so to the repository, also where a stage runs in a copy of it:
    ``dvc exp run --queue`` makes one in ``.dvc/tmp/exps``, ``--temp`` in ``.dvc/tmp/exps/standalone``.

    Raises:
        InputError: if nobody knows the home folder.
    """
    try:
        path = Path(os.fsdecode(source.encode())).expanduser()  # settings are UTF-8; file names are what the locale is
    except RuntimeError as error:
        raise InputError("source", where=source, expected="a path", received=error) from None
    for folder in Path.cwd().parents:  # a stage runs at the top of the repository or of the copy
        if folder.parts[-len(_EXPERIMENTS) :] == _EXPERIMENTS:
            return folder.parents[len(_EXPERIMENTS) - 1] / path
    return path


def copy_clocks(source: Path, destination: Path) -> None:
    """Put the clocks in a folder, images of shape (n, size, size), into another.

    Args:
        source: a folder with ``images.npy``, whose last axis may be one of length 1, and ``labels.npy``.
        destination: an existing folder.

    Raises:
        InputError: if the folder or a file is missing or empty, or the images are no array of such a shape.
    """
    for name in CLOCK_FILES:
        if not source.exists():
            expected = f"a folder with {' and '.join(CLOCK_FILES)}"
            raise InputError("source", where=source, expected=expected, received="no such path")
        if not (source / name).is_file():
            raise InputError("source", where=source, expected=f"the file {name}", received="no such file")
        if not (source / name).stat().st_size:
            raise InputError("source", where=source / name, expected="content", received="0 bytes")
    path = source / "images.npy"
    images = artifacts.read_array(path, dimensions=(3, 4), memory_map=True)
    if images.ndim == 4:
        if images.shape[-1] != 1:
            expected = "(n, size, size), or a last axis of 1"
            raise InputError("images", where=path, expected=expected, received=images.shape)
        artifacts.write_array(images[..., 0], destination / path.name)  # from disk to disk
    else:
        shutil.copyfile(path, destination / path.name)
    shutil.copyfile(source / "labels.npy", destination / "labels.npy")
