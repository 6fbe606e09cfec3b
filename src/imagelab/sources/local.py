"""Raw data from a folder or an archive on this machine, in the official layout."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from imagelab.errors import InputError


def copy_files(names: Sequence[str], source: Path, destination: Path) -> None:
    """Copy the named files out of a folder.

    Args:
        names: the files that the official layout has.
        source: the folder, or the file itself where there is only one name.
        destination: an existing folder.

    Raises:
        InputError: if the folder or a file is missing or empty.
    """
    for name in names:
        path = source if len(names) == 1 and source.is_file() else source / name
        if not source.exists():
            raise InputError(
                "source", where=source, expected=f"a folder with {', '.join(names)}", received="no such path"
            )
        if not path.is_file():
            raise InputError("source", where=source, expected=f"the file {name}", received="no such file")
        if not path.stat().st_size:
            raise InputError("source", where=path, expected="content", received="0 bytes")
        shutil.copyfile(path, destination / name)
