"""The pipeline as ``dvc.yaml`` describes it: which stage makes what, from what, with which settings."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import networkx

from imagelab.runtime import yaml_reading
from imagelab.runtime.errors import InputError

_HEADING = re.compile(r"^  # -+ (.+?) -+$")
_STAGE = re.compile(r"^  (\w+):")
_REFERENCE = re.compile(r"\$\{(\w+(?:\.\w+)*)\}")
_FIRST_HEADING = "Before all"  # of the stages above the first heading


@dataclass(frozen=True)
class Stage:
    """A stage, or one item of a stage that has several.

    Attributes:
        name: in ``dvc.yaml``.
        item: such as ``cnn``; None for a stage without items.
        description: what it makes.
        command: that runs it.
        settings: keys of ``params.yaml``.
        reads: paths of files and folders, of code and of data.
        writes: paths of files and folders.
    """

    name: str
    item: str | None
    description: str
    command: str
    settings: tuple[str, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]

    @property
    def address(self) -> str:
        """What ``dvc repro`` takes."""
        return self.name if self.item is None else f"{self.name}@{self.item}"


class PipelineMap:
    """All stages with their items, in the order of ``dvc.yaml``.

    Args:
        stages: each item by itself.
        headings: of the part of the file in which a stage stands, by the stage's name.
    """

    def __init__(self, stages: tuple[Stage, ...], headings: Mapping[str, str]) -> None:
        self.stages = stages
        self.headings = dict(headings)
        self._makers = {path: stage for stage in stages for path in stage.writes}

    def maker(self, path: str) -> Stage | None:
        """Return the stage that writes a file, or the folder in which it lies; None for what no stage writes."""
        parts = Path(path)
        return next((self._makers[str(place)] for place in (parts, *parts.parents) if str(place) in self._makers), None)

    def names(self) -> list[str]:
        """Return the names of the stages, without items."""
        return list(dict.fromkeys(stage.name for stage in self.stages))

    def items(self, name: str) -> list[Stage]:
        """Return the items of a stage; the stage itself if it has none."""
        return [stage for stage in self.stages if stage.name == name]

    def settings_behind(self, stage: Stage) -> list[str]:
        """Return the settings of a stage and of those on which it depends."""
        found = set(self.stages_behind(stage))
        before = [other for other in self.stages if other in found]
        return list(dict.fromkeys(key for other in (stage, *before) for key in other.settings))

    def stages_behind(self, stage: Stage) -> list[Stage]:
        """Return the stages on which a stage depends, the nearest first."""
        distances = networkx.single_source_shortest_path_length(self._graph, stage)
        found = [other for other in self.stages if distances.get(other, 0) > 0]
        return sorted(found, key=lambda other: distances[other])

    def folded(self) -> networkx.DiGraph:
        """Return the graph of the stages' names, without items; edges go from what is read to what reads it."""
        graph: networkx.DiGraph = networkx.DiGraph()
        graph.add_nodes_from(self.names())
        graph.add_edges_from((made.name, reader.name) for reader, made in self._graph.edges if made.name != reader.name)
        return graph

    @cached_property
    def _graph(self) -> networkx.DiGraph:
        """Edges go from a stage to those whose outputs it reads."""
        graph: networkx.DiGraph = networkx.DiGraph()
        graph.add_nodes_from(self.stages)
        for stage in self.stages:
            for path in stage.reads:
                inside = (other for made, other in self._makers.items() if made.startswith(f"{path}/"))
                makers = [maker] if (maker := self.maker(path)) is not None else list(inside)
                graph.add_edges_from((stage, other) for other in makers if other != stage)
        return graph


def read(path: Path) -> PipelineMap:
    """Read ``dvc.yaml``.

    Raises:
        InputError: if the file is missing, no YAML, or a stage in it has another form than this project's.
    """
    pipeline = yaml_reading.read(path, what="pipeline")
    text = path.read_text(encoding="utf-8")  # for its comments
    try:
        definitions = pipeline["stages"]
        stages = tuple(stage for name, content in definitions.items() for stage in _items(name, content))
    except (KeyError, TypeError, AttributeError) as error:
        expected = "stages with desc, cmd and deps, in the form of this project"
        raise InputError("pipeline", where=path, expected=expected, received=f"something else: {error}") from None
    return PipelineMap(stages, _headings(text))


def _items(name: str, content: Mapping[str, Any]) -> Iterator[Stage]:
    if "foreach" not in content:
        yield _stage(name, None, content, {})
        return
    items = content["foreach"]
    for key in items:
        values = {"key": key, "item": key} if isinstance(items, list) else {"key": key, "item": items[key]}
        yield _stage(name, str(key), content["do"], values)


def _stage(name: str, item: str | None, content: Mapping[str, Any], values: Mapping[str, Any]) -> Stage:
    def filled(text: Any) -> str:
        return _REFERENCE.sub(lambda found: str(_look_up(values, found[1])), str(text))

    def paths(key: str) -> list[str]:
        entries = content.get(key, [])
        return [filled(next(iter(entry)) if isinstance(entry, dict) else entry) for entry in entries]

    return Stage(
        name,
        item,
        content["desc"],
        filled(content["cmd"]),
        tuple(paths("params")),
        tuple(paths("deps")),
        tuple(path for key in ("outs", "metrics", "plots") for path in paths(key)),
    )


def _look_up(values: Mapping[str, Any], reference: str) -> Any:
    found: Any = values
    for part in reference.split("."):
        found = found[part]
    return found


def _headings(text: str) -> dict[str, str]:
    """Return the comment above each stage that begins a part of the file, such as ``1. Classify``."""
    current, found = _FIRST_HEADING, {}
    for line in text.splitlines():
        if heading := _HEADING.match(line):
            current = heading[1]
        elif stage := _STAGE.match(line):
            found[stage[1]] = current
    return found
