"""The page itself: one HTML file with everything inside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import altair as alt
import jinja2
import vl_convert

from imagelab.datasets import data_record
from imagelab.report import classify, clocks, evidence, graph, layers, leaves, pipeline_map, score
from imagelab.report.exhibits import Exhibit, Exhibitor, Made, about
from imagelab.report.pipeline_map import PipelineMap
from imagelab.report.results import Folder, Results
from imagelab.report.tables import Table
from imagelab.runtime.errors import InputError
from imagelab.settings.classification import BEST_CLASSIFIED
from imagelab.storage import reading

_TEMPLATES = Path(__file__).with_name("templates")
_STAGE, _COMMAND = "the stage write_report", "imagelab report --committed"  # which write a page


@dataclass(frozen=True)
class Part:
    """One of the two parts of the page: the evidence at the report's size, or this run."""

    key: str
    title: str
    counts: list[tuple[str, int]] | None  # by verdict; None if nothing was compared
    every_number: Exhibit
    headlines: Table | None
    not_run: list[str]  # stages without results in the folder of the run
    further: list[tuple[str, list[str]]]  # folders of further runs, and the numbers and claims that come from there
    run: list[tuple[str, str]] | None
    sources: Table | None
    durations: Table | None
    table_1: Table
    tasks: Mapping[str, Mapping[str, Exhibit]]
    made: list[Made]  # after ``tasks``: what made their figures and tables


def render(root: Path, *, data: Mapping[str, Any]) -> bytes:
    """Render the page of a run from what lies in a repository: the committed evidence first, then the run.

    Args:
        root: the repository: with ``params.yaml``, ``params/``, ``dvc.yaml``, ``metrics/``, ``plots/`` and, where there
            is committed evidence, ``results/``.
        data: of this run, as ``data_record.describe`` returns it.

    Returns:
        The page, UTF-8. Equal files give equal bytes.

    Raises:
        InputError: if a file of the run is missing, or any file is damaged.
    """
    pipeline = pipeline_map.read(root / "dvc.yaml")
    this_run = Folder(Path(), root=root)
    of = Exhibitor(Results([this_run], complete=True), pipeline, key="run")
    own = _part("This run", of, whole=this_run, data=data, profiles=root / "params")
    return _write(root, [_committed_part(root, pipeline), own], this_run, pipeline, writer=_STAGE)


def render_committed(root: Path) -> bytes:
    """Render the page of the committed evidence alone.

    Args:
        root: the repository: with ``params/``, ``dvc.yaml``, ``plots/layers.csv`` and ``results/``.

    Returns:
        As ``render``.

    Raises:
        InputError: if there is no evidence of a run at the report's size, or a file is missing or damaged.
    """
    if (paper := evidence.whole_run(root)) is None:
        where = root / evidence.PAPER
        raise InputError("evidence", where=where, expected="settings (imagelab evidence writes them)", received="none")
    pipeline = pipeline_map.read(root / "dvc.yaml")
    return _write(root, [_committed_part(root, pipeline)], paper, pipeline, writer=_COMMAND)


def _committed_part(root: Path, pipeline: PipelineMap) -> Part:
    paper, results = evidence.whole_run(root), evidence.at_the_reports_size(root)
    recorded = None if paper is None else results.numbers(data_record.METRICS.as_posix(), keys=[data_record.KEY])
    of = Exhibitor(results, pipeline, key="paper")
    data = recorded and recorded[data_record.KEY]
    better = Exhibitor(evidence.better_leaves(root), pipeline, key="better")
    return _part("At the report’s size", of, better, whole=paper, data=data, profiles=root / "params")


def _write(root: Path, parts: Sequence[Part], run: Folder, pipeline: PipelineMap, *, writer: str) -> bytes:
    """Fill the templates.

    Args:
        root: the repository.
        parts: of the page, in their order.
        run: whose settings stand beside the stages.
        pipeline: its stages.
        writer: what wrote the page.
    """
    listed = reading.read_csv(root / "plots" / "layers.csv")
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
        has_whole_run=evidence.whole_run(root) is not None,
        paper_folder=evidence.PAPER.as_posix(),
        meanings=score.MEANINGS,
        evidence_folders=about(evidence.at_the_reports_size(root).folders),
        layer_tables=layers.tables(listed),
        layer_totals=layers.totals(listed),
        image_shape=layers.image_shape(listed),
        branches=layers.branches(listed),
        drawing=graph.draw(pipeline),
        stages=graph.entries(pipeline, run.read_settings()),
        generators=leaves.GENERATORS,
        networks=clocks.NAMES,
        best_classified=BEST_CLASSIFIED,
        writer=writer,
        bundle=_bundle(),
    )
    return page.encode()


def _part(
    title: str,
    of: Exhibitor,
    better: Exhibitor | None = None,
    *,
    whole: Folder | None,
    data: Mapping[str, Any] | None,
    profiles: Path,
) -> Part:
    """Make one of the two parts.

    Args:
        title: of the part.
        of: its figures and tables.
        better: figures of generators that are better than the report's; None if there are none.
        whole: the folder with the results of one run of everything; None if there are only parts.
        data: the record of the data of that run; None without one.
        profiles: the folder ``params``.
    """
    settings, run = None, None
    if whole is not None:
        settings = of.settings_of(whole)
        run = score.what_was_run(of.results, settings, profiles, collected_on=evidence.collected_on(whole))
    return Part(
        of.key,
        title,
        score.counts(of.results),
        score.every_number(of),
        None if whole is None else score.headlines(of.results),
        [] if whole is None else evidence.not_run(whole),
        [] if whole is None else evidence.further(whole),
        run,
        None if data is None else score.sources(data),
        None if whole is None else score.durations(whole),
        classify.table_1(settings),
        {
            "classify": classify.exhibits(of),
            "clocks": clocks.exhibits(of),
            "leaves": leaves.exhibits(of),
            "better_leaves": {} if better is None else leaves.of_better(better),
        },
        of.made if better is None else [*of.made, *better.made],
    )


def _bundle() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script, which an element of a page can hold."""
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])  # of what Altair writes
    script = vl_convert.javascript_bundle(vl_version=version)  # type: ignore[call-arg]  # its types lack a default
    return script.replace("</script", "<\\/script")
