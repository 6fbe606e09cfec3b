"""A record of the raw data of a run: what they are, how many files and bytes, and a checksum."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imagelab.runtime.errors import InputError

METRICS, KEY = Path("metrics/data.json"), "raw_data"
"""Where a run keeps the record, and under which key."""


def describe(names: Mapping[str, str], raw: Path) -> dict[str, dict[str, Any]]:
    r"""Describe the raw data of a run.

    Args:
        names: of the data, as ``data_names.describe`` gives them, by data set.
        raw: the folder with a folder for each data set.

    Returns:
        By data set: ``data`` (its name), ``files``, ``bytes``, and ``md5``: of the list that ``md5sum`` prints for all
        files, ordered by their paths. In the folder of a data set, this prints the same:
        ``find . -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 md5sum | md5sum``

    Raises:
        InputError: if a data set has no file.
    """
    return {name: {"data": data, **_describe(raw / name)} for name, data in names.items()}


def _describe(folder: Path) -> dict[str, Any]:
    files = sorted(
        (path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.relative_to(folder).as_posix()
    )
    if not files:
        raise InputError("raw data", where=folder, expected="files", received="none")
    listed, size = hashlib.md5(usedforsecurity=False), 0
    for path in files:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        listed.update(f"{digest}  {path.relative_to(folder).as_posix()}\n".encode())
        size += path.stat().st_size
    return {"files": len(files), "bytes": size, "md5": listed.hexdigest()}
