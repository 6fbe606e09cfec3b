"""The pipeline as a drawing that fits a screen: columns by what waits for what, rows by the parts of ``dvc.yaml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import networkx

from imagelab.report.exhibits import written
from imagelab.report.pipeline_map import PipelineMap, Stage

_WIDTH, _HEIGHT = 118, 36  # of a node, in the drawing's units
_ACROSS, _DOWN = 140, 44  # from a node to the next one
_LANE = 22  # height of a lane's title
_LETTERS = 17  # of a line in a node


@dataclass(frozen=True)
class Node:
    """A stage in the drawing, with its items folded."""

    name: str
    x: int
    y: int
    lines: tuple[str, ...]  # the name in one line or two, and the number of items


@dataclass(frozen=True)
class Edge:
    """A line from the stage that makes something to the one that reads it."""

    start: str
    end: str
    path: str  # as in SVG


@dataclass(frozen=True)
class Lane:
    """A part of ``dvc.yaml``."""

    title: str
    y: int
    height: int


@dataclass(frozen=True)
class Drawing:
    """All of it; ``width`` and ``height`` in its own units."""

    width: int
    height: int
    node_width: int
    node_height: int
    lanes: tuple[Lane, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True)
class Entry:
    """What the page says about a stage."""

    name: str
    description: str
    commands: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]  # key and value
    reads: tuple[str, ...]  # data only
    writes: tuple[str, ...]


def draw(pipeline: PipelineMap) -> Drawing:
    """Lay the stages out. A line that follows from two others is left out."""
    graph = networkx.transitive_reduction(pipeline.folded())
    column = {
        name: place for place, names in enumerate(networkx.topological_generations(pipeline.folded())) for name in names
    }
    nodes, lanes, top = {}, [], 0
    for title in dict.fromkeys(pipeline.headings[name] for name in pipeline.names()):
        used: dict[int, int] = {}  # how many nodes a column has in this lane
        for name in pipeline.names():
            if pipeline.headings[name] == title:
                row = used[column[name]] = used.get(column[name], 0) + 1
                nodes[name] = Node(
                    name, column[name] * _ACROSS + 8, top + _LANE + (row - 1) * _DOWN, _label(pipeline.items(name))
                )
        height = _LANE + max(used.values()) * _DOWN
        lanes.append(Lane(title, top, height))
        top += height
    edges = tuple(
        Edge(start, end, _curve(nodes[start], nodes[end]))
        for start, end in sorted(graph.edges, key=lambda edge: (pipeline.names().index(edge[0]), edge[1]))
    )
    width = max(column.values()) * _ACROSS + _WIDTH + 16
    return Drawing(width, top, _WIDTH, _HEIGHT, tuple(lanes), tuple(nodes.values()), edges)


def entries(pipeline: PipelineMap, settings: Mapping[str, Any]) -> list[Entry]:
    """Describe every stage, its items together.

    Args:
        pipeline: of ``dvc.yaml``.
        settings: of this run.
    """
    return [_entry(pipeline.items(name), settings) for name in pipeline.names()]


def _entry(items: list[Stage], settings: Mapping[str, Any]) -> Entry:
    def each(paths: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(path for found in paths for path in found))

    first = items[0]
    return Entry(
        first.name,
        first.description,
        tuple(stage.command for stage in items),
        tuple(written(settings, each(tuple(stage.settings for stage in items)))),
        tuple(path for path in each(tuple(stage.reads for stage in items)) if not path.startswith(("src/", "stages/"))),
        each(tuple(stage.writes for stage in items)),
    )


def _label(items: list[Stage]) -> tuple[str, ...]:
    """Break a stage's name into lines, and add the number of its items."""
    name = items[0].name
    times = f" ×{len(items)}" if len(items) > 1 else ""
    if len(name + times) <= _LETTERS:
        return (name + times,)
    words = name.split("_")
    breaks = [place for place in range(1, len(words)) if len("_".join(words[:place])) < _LETTERS]
    if not breaks:  # one long word
        return (name + times,)
    place = breaks[-1] if len(words) < 3 else min(breaks, key=lambda at: abs(2 * at - len(words)))
    return "_".join(words[:place]) + "_", "_".join(words[place:]) + times


def _curve(start: Node, end: Node) -> str:
    x, y, to_x, to_y = start.x + _WIDTH, start.y + _HEIGHT // 2, end.x, end.y + _HEIGHT // 2
    bend = min(60, (to_x - x) // 2 + 8)
    return f"M{x} {y}C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
