"""The page itself: one HTML file with everything inside."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import altair as alt
import jinja2
import vl_convert

from imagelab import summary
from imagelab.report import classify, clocks, evidence, graph, leaves, pipeline_map, score
from imagelab.report.exhibits import Exhibit, Exhibitor, Made
from imagelab.report.results import Folder, Results, read_settings
from imagelab.report.tables import Table

_TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class Part:
    """One of the two parts of the page: the evidence at the report's size, or this run."""

    key: str
    title: str
    counts: list[tuple[str, int]] | None  # by verdict; None if nothing was compared
    every_number: Exhibit
    headlines: Table | None
    run: list[tuple[str, str]] | None
    sources: Table | None
    durations: Table | None
    folders: list[Folder]
    table_1: Table
    tasks: Mapping[str, Mapping[str, Exhibit]]
    made: list[Made]


def render(root: Path) -> bytes:
    """Render the page from what lies in a repository.

    Args:
        root: the repository: with ``params.yaml``, ``params/``, ``dvc.yaml``, ``metrics/``, ``plots/`` and, where there
            is committed evidence, ``results/``.

    Returns:
        The page, UTF-8. Equal files give equal bytes.

    Raises:
        InputError: if a file of the run is missing, or any file is damaged.
    """
    pipeline = pipeline_map.read(root / "dvc.yaml")
    own = Results([Folder(Path(), root=root)], complete=True)
    committed = evidence.at_the_reports_size(root)
    layers = own.table("plots/layers.csv")
    assert layers is not None  # all files of the run must be there
    has_whole = evidence.has_whole_run(root)
    parts = [
        _part("paper", "At the report’s size", committed, pipeline, root, is_whole=has_whole),
        _part("run", "This run", own, pipeline, root, is_whole=True),
    ]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES, encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(["html.j2"], default_for_string=False),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    page = environment.get_template("index.html.j2").render(
        parts=parts,
        has_whole_run=has_whole,
        paper_folder=evidence.PAPER.as_posix(),
        evidence_folders=_folders(committed),
        layer_tables=clocks.layer_tables(layers),
        layer_totals=clocks.totals(layers),
        branches=clocks.branches(layers),
        drawing=graph.draw(pipeline),
        stages=graph.entries(pipeline, read_settings(root / "params.yaml")),
        generators=leaves.GENERATORS,
        networks=clocks.NAMES,
        bundle=_bundle(),
    )
    return page.encode()


def _part(
    key: str, title: str, results: Results, pipeline: pipeline_map.PipelineMap, root: Path, *, is_whole: bool
) -> Part:
    of = Exhibitor(results, pipeline, key=key)
    first = results.folders[0]
    run = score.what_was_run(results, of.settings_of(first), root / "params") if is_whole else None
    data = results.numbers(score.DATA) if is_whole else None
    every_number = score.every_number(of)
    tasks = {"classify": classify.exhibits(of), "clocks": clocks.exhibits(of), "leaves": leaves.exhibits(of)}
    return Part(
        key,
        title,
        score.counts(results),
        every_number,
        score.headlines(summary.summarise(first.place / "metrics")) if is_whole else None,
        run,
        score.sources(data),
        score.durations(first) if key == "paper" and is_whole else None,
        list(results.folders),
        classify.table_1(of.settings_of(first) if is_whole else None),
        tasks,
        of.made,
    )


def _folders(results: Results) -> list[tuple[str, str]]:
    """Return path and description of each folder of evidence, each path once."""
    found: dict[str, list[str]] = {}
    for folder in results.folders:
        abouts = found.setdefault(folder.path.as_posix(), [])
        if folder.about and folder.about not in abouts:
            abouts.append(folder.about)
    return [(path, "; ".join(abouts)) for path, abouts in found.items()]


def _bundle() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script, which an element of a page can hold."""
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])  # of what Altair writes
    script = vl_convert.javascript_bundle(vl_version=version)  # type: ignore[call-arg]  # its types lack a default
    return script.replace("</script", "<\\/script")
