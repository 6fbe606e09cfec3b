"""Figures and tables of the page, each with what made it, and with what is missing."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from imagelab.report.pictures import Picture, encode
from imagelab.report.pipeline_map import PipelineMap, Stage
from imagelab.report.results import Folder, Results
from imagelab.report.tables import Table
from imagelab.reproduction.evidence_folder import SETTINGS
from imagelab.runtime.errors import InputError


@dataclass(frozen=True)
class Made:
    """What made an exhibit: the stage, those before it, and the settings of all of them."""

    anchor: str  # of the place where the page lists them
    stage: Stage
    before: tuple[str, ...]  # names of stages, without items, the nearest first
    settings: tuple[tuple[str, str], ...]  # key and value
    folder: Folder


@dataclass(frozen=True)
class Exhibit:
    """A figure or a table.

    One of ``chart``, ``picture`` and ``table`` is there, or ``empty``, or nothing.
    ``missing`` names the files that are not there.
    """

    title: str
    note: str = ""
    chart: str | None = None  # a Vega-Lite specification, JSON
    picture: Picture | None = None
    table: Table | None = None
    made: tuple[Made, ...] = ()
    missing: tuple[str, ...] = ()  # files
    empty: str = ""  # why there is nothing to show although the files are there

    @property
    def abouts(self) -> list[tuple[str, str]]:
        """The folders that this is from, each once, with what has to be said about them."""
        return about([made.folder for made in self.made if made.folder.about])

    @property
    def makers(self) -> list[tuple[str, list[Made]]]:
        """The stages that made this, with their items."""
        names = dict.fromkeys(made.stage.name for made in self.made)
        return [(name, [made for made in self.made if made.stage.name == name]) for name in names]


def about(folders: Sequence[Folder]) -> list[tuple[str, str]]:
    """Return the paths of folders, each once, with all that has to be said about them."""
    found: dict[str, dict[str, None]] = {}
    for folder in folders:
        found.setdefault(folder.path.as_posix(), {}).update(dict.fromkeys(folder.about))
    return [(path, ", ".join(phrases)) for path, phrases in found.items()]


class Exhibitor:
    """Makes exhibits from the results of one run.

    Args:
        results: of the run.
        pipeline: says which stage made a file.
        key: of the part of the page, for anchors.
    """

    def __init__(self, results: Results, pipeline: PipelineMap, *, key: str) -> None:
        self.key = key
        self.results = results
        self._pipeline = pipeline
        self._settings: dict[Path, Mapping[str, Any]] = {}
        self._made: dict[tuple[Stage, Folder], Made] = {}

    @property
    def made(self) -> list[Made]:
        """What made the exhibits so far, each stage of each folder once, in the order of ``dvc.yaml``."""
        return sorted(self._made.values(), key=lambda made: self._pipeline.stages.index(made.stage))

    def chart(
        self,
        title: str,
        files: Mapping[str, str],
        draw: Callable[[dict[str, pd.DataFrame]], alt.Chart | alt.LayerChart | None],
        *,
        note: str = "",
        empty: str = "The tables hold nothing to draw.",
    ) -> Exhibit:
        """Draw tables.

        Args:
            title: of the figure.
            files: of tables, by the names under which ``draw`` gets those that are there.
            draw: returns None if the tables hold nothing that could be drawn.
            note: to be read below the title.
            empty: what is said where ``draw`` returns None.
        """
        tables = {name: table for name, path in files.items() if (table := self.results.table(path)) is not None}
        made, missing = self._origin(list(files.values()))
        if not tables:
            return Exhibit(title, note, missing=missing)
        with naming(files.values()):
            drawn = draw(tables)
        if drawn is None:
            return Exhibit(title, note, made=made, missing=missing, empty=empty)
        # The description is the picture's alternative text.
        spec = drawn.properties(description=title).to_dict(validate=False)  # the tests do; it takes a second and more
        return Exhibit(title, note, chart=_as_json(spec), made=made, missing=missing)

    def table(self, title: str, file: str, arrange: Callable[[pd.DataFrame], Table], *, note: str = "") -> Exhibit:
        """Show a table; ``arrange`` chooses columns and says how they are written."""
        made, missing = self._origin([file])
        content = self.results.table(file)
        if content is None:
            return Exhibit(title, note, missing=missing)
        if content.empty:
            return Exhibit(title, note, made=made, empty="The table has no rows.")
        with naming([file]):
            return Exhibit(title, note, table=arrange(content), made=made)

    def numbers(
        self,
        title: str,
        files: Mapping[str, str],
        arrange: Callable[[dict[str, dict[str, Any]]], Table],
        *,
        note: str = "",
    ) -> Exhibit:
        """Show metrics of several files as one table; the names are as for ``chart``."""
        found = {name: content for name, path in files.items() if (content := self.results.numbers(path)) is not None}
        made, missing = self._origin(list(files.values()))
        with naming(files.values()):
            return Exhibit(title, note, table=arrange(found) if found else None, made=made, missing=missing)

    def picture(self, title: str, file: str, *, alternative: str, width: int) -> Exhibit:
        """Show a picture.

        Args:
            title: of the figure.
            file: of the picture.
            alternative: its text for those who do not see it.
            width: the largest in which it is shown, in pixels.
        """
        made, missing = self._origin([file])
        path = self.results.picture(file)
        shown = None if path is None else encode(path, alternative=alternative, width=width)
        return Exhibit(title, picture=shown, made=made, missing=missing)

    def _origin(self, files: Sequence[str]) -> tuple[tuple[Made, ...], tuple[str, ...]]:
        """Return what made the files, each stage of each folder once, and which files are missing."""
        made: dict[str, Made] = {}
        missing = []
        for file in files:
            folder, stage = self.results.folder_of(file), self._pipeline.maker(file)
            if folder is None:
                missing.append(file)
            elif stage is not None:
                found = self._made_by(stage, folder)
                made[found.anchor] = found
        return tuple(made.values()), tuple(missing)

    def _made_by(self, stage: Stage, folder: Folder) -> Made:
        if (stage, folder) not in self._made:
            before = tuple(dict.fromkeys(other.name for other in self._pipeline.stages_behind(stage)))
            values = tuple(written(self.settings_of(folder), self._pipeline.settings_behind(stage)))
            place = self.results.folders.index(folder)
            anchor = f"{self.key}-{stage.address.replace('@', '-')}-{place}"  # a stage can have run in several folders
            self._made[stage, folder] = Made(anchor, stage, before, values, folder)
        return self._made[stage, folder]

    def settings_of(self, folder: Folder) -> Mapping[str, Any]:
        """Return all settings of a folder; a file is read once. Raises ``InputError`` as ``Folder.read_settings``."""
        path = folder.place / SETTINGS
        if path not in self._settings:
            self._settings[path] = folder.read_settings()
        return self._settings[path]


@contextmanager
def naming(files: Iterable[str]) -> Iterator[None]:
    """Turn a missing column or key of results into an ``InputError`` that names the files."""
    try:
        yield
    except KeyError as error:
        expected, received = f"the column or key {error}", "something else"
        raise InputError("results", where=", ".join(files), expected=expected, received=received) from None


def written(settings: Mapping[str, Any], keys: Sequence[str]) -> list[tuple[str, str]]:
    """Return keys and values of settings as texts; keys that the settings do not have are left out."""
    found = []
    for key in keys:
        value: Any = settings
        for part in key.split("."):
            value = value.get(part, ...) if isinstance(value, Mapping) else ...
        if value is not ...:
            found.append((key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)))
    return found


def _as_json(spec: dict[str, Any]) -> str:
    """Write a specification into a script element of a page: ``<`` would end it."""
    return json.dumps(spec, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
