"""Results that the page shows: folders with ``metrics/``, ``plots/`` and settings."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pandas as pd

from imagelab.reproduction.evidence_folder import SETTINGS
from imagelab.runtime import yaml_reading
from imagelab.runtime.errors import InputError
from imagelab.storage import reading


@dataclass(frozen=True)
class Folder:
    """A folder with results of one run, or of a part of one.

    Attributes:
        path: in the repository; holds ``metrics/``, ``plots/`` and the settings.
        about: what has to be said beside the results; nothing for a whole run.
        shown: patterns of the files that count, relative to ``path``.
        root: the repository.
    """

    path: Path
    about: tuple[str, ...] = ()
    shown: tuple[str, ...] = ("*",)
    root: Path = Path()

    @property
    def place(self) -> Path:
        """Where the folder lies."""
        return self.root / self.path

    def has(self, name: str) -> bool:
        """Tell whether a file is there and counts; ``name`` is relative to the folder."""
        return any(fnmatch(name, pattern) for pattern in self.shown) and (self.place / name).is_file()

    def read_settings(self) -> dict[str, Any]:
        """Read all settings as plain values, also those of earlier commits, whose names have changed since.

        Raises:
            InputError: if the file is missing or no YAML.
        """
        return read_settings(self.place / SETTINGS)


def read_settings(path: Path) -> dict[str, Any]:
    """Read a file of settings as plain values, without checking names or ranges.

    Raises:
        InputError: if the file is missing or no YAML.
    """
    content = yaml_reading.read(path, what="settings")
    if not isinstance(content, dict):
        raise InputError("settings", where=path, expected="names and values", received=type(content).__name__)
    return content


class Results:
    """Results that are shown together; each file comes from the first folder that has it.

    Args:
        folders: in the order in which they are asked.
        complete: whether every file must be there, as after a run. A missing one is an error then; otherwise the page
            says that it is missing.
    """

    def __init__(self, folders: Sequence[Folder], *, complete: bool) -> None:
        self.folders = tuple(folders)
        self._complete = complete

    def folder_of(self, name: str) -> Folder | None:
        """Return the folder that a file comes from; None if it is missing.

        Raises:
            InputError: if it is missing and all files must be there.
        """
        found = next((folder for folder in self.folders if folder.has(name)), None)
        if found is None and self._complete:
            where = self.folders[0].place / name
            raise InputError("results", where=where, expected="those of a finished run (make run)", received="none")
        return found

    def table(self, name: str) -> pd.DataFrame | None:
        """Read a ``.csv``; a table without rows is one. None if it is missing.

        Raises:
            InputError: if it is damaged, or missing although all files must be there.
        """
        if (folder := self.folder_of(name)) is None:
            return None
        return reading.read_csv(folder.place / name, may_be_empty=True)

    def numbers(self, name: str, *, keys: Collection[str] = ()) -> dict[str, Any] | None:
        """Read a ``.json``, which must have some keys; None if it is missing. Raises ``InputError`` as ``table``."""
        folder = self.folder_of(name)
        return None if folder is None else reading.read_json(folder.place / name, keys=keys)

    def picture(self, name: str) -> Path | None:
        """Return the path of a picture; None if it is missing. Raises ``InputError`` as ``folder_of``."""
        folder = self.folder_of(name)
        return None if folder is None else folder.place / name
