"""What the page is made of: results, tables, charts, pictures, the map of the pipeline."""

import json
import shutil
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from imagelab.report import charts, classify, evidence, graph, layers, leaves, pipeline_map, score, tables
from imagelab.report.exhibits import Exhibitor
from imagelab.report.pictures import encode
from imagelab.report.results import Folder, Results
from imagelab.report.tables import Column, arrange
from imagelab.reproduction import repeats
from imagelab.reproduction.evidence_folder import CLAIMS_OF_SEEDS, SEEDS, SETTINGS
from imagelab.reproduction.finished_runs import read_runs
from imagelab.runtime import yaml_reading
from imagelab.runtime.errors import InputError
from imagelab.storage import reading, writing
from tests.conftest import REPOSITORY, write_yaml


@pytest.fixture(scope="module")
def pipeline() -> pipeline_map.PipelineMap:
    return pipeline_map.read(REPOSITORY / "dvc.yaml")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


# Results.


def test_a_file_comes_from_the_first_folder_that_has_it_and_shows_it(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write(tmp_path / name / "plots" / "a.csv", f"x\n{name}\n")
    write(tmp_path / "second" / "plots" / "b.csv", "x\n1\n")
    folders = [
        Folder(Path("first"), shown=("metrics/*",), root=tmp_path),
        Folder(Path("second"), root=tmp_path),
    ]
    results = Results(folders, complete=False)
    table = results.table("plots/a.csv")
    assert table is not None and table["x"].tolist() == ["second"]
    assert results.table("plots/c.csv") is None
    with pytest.raises(InputError, match=r"plots/c\.csv"):
        Results(folders, complete=True).table("plots/c.csv")


def test_a_table_without_rows_is_a_table(tmp_path: Path) -> None:
    write(tmp_path / "plots" / "a.csv", "x,y\n")
    table = Results([Folder(Path(), root=tmp_path)], complete=True).table("plots/a.csv")
    assert table is not None and table.empty and list(table) == ["x", "y"]


def test_every_folder_of_evidence_is_there_and_has_what_it_shows() -> None:
    for part in evidence.PARTS:
        folder = replace(part, root=REPOSITORY)
        assert (folder.place / SETTINGS).is_file(), folder.path
        names = [path.relative_to(folder.place).as_posix() for path in folder.place.rglob("*.*")]
        for pattern in folder.shown:
            assert any(fnmatch(name, pattern) and folder.has(name) for name in names), (folder.path, pattern)


# Tables.


def test_cells_are_written_for_people_and_sorted_as_numbers() -> None:
    data = pd.DataFrame(
        {"a": [0.5, None, 12345.0], "a_low": [0.25, 0, None], "a_high": [0.75, 0, None], "b": ["x", "y", "z"]}
    )
    table = arrange(data, [Column("A", "a", tables.decimals(2), interval=True), Column("B", "b")])
    assert [column.title for column in table.columns] == ["A", "B"]
    assert [(cell.text, cell.order) for cell, _ in table.rows] == [
        ("0.50 [0.25, 0.75]", "0.5"),
        (tables.MISSING, ""),
        ("12345.00", "12345.0"),
    ]
    needed = [cell.needs_order for cell, _ in table.rows]
    assert needed == [True, True, False]  # of an interval, of what is missing, and of a number that the text says
    assert tables.whole(12345) == "12\u2009345"
    assert tables.difference(-0.01) == "−0.0100"


def test_a_column_may_be_missing_only_if_it_is_optional() -> None:
    data = pd.DataFrame({"a": ["x"]})
    found = arrange(data, [Column("A", "a"), Column("B", "missing", optional=True)])
    assert [column.title for column in found.columns] == ["A"]
    with pytest.raises(KeyError, match="missing"):
        arrange(data, [Column("A", "a"), Column("B", "missing")])


def test_what_is_not_true_is_left_blank() -> None:
    table = arrange(pd.DataFrame({"a": [True, False, None]}), [Column("A", "a", tables.yes)])
    assert [row[0].text for row in table.rows] == ["yes", "", tables.MISSING]


def test_a_table_of_runs_names_processors_and_uncertain_settings_only_if_that_tells_something() -> None:
    runs = reading.read_csv(REPOSITORY / evidence.PAPER / "plots" / "search" / "table_6.csv")

    def titles(table: pd.DataFrame) -> set[str]:
        return {column.title for column in classify._ranked(table, ()).columns}

    assert titles(runs) == {"Rank", "Uncertain"}
    assert titles(runs.assign(published_uncertain=False)) == {"Rank"}
    assert titles(runs.assign(processor=runs["batch_size"].astype(str))) == {"Rank", "Uncertain", "On"}


def test_a_column_that_mixes_numbers_and_sentences_shows_both() -> None:
    table = arrange(pd.DataFrame({"a": ["0.905", "It is so"]}), [Column("A", "a", tables.short)])
    assert [row[0].text for row in table.rows] == ["0.905", "It is so"]


# Charts: each kind is valid Vega-Lite, and names of lines are shown in the order of the data.

TABLE = pd.DataFrame({"x": [1, 2, 1, 2], "y": [0.5, None, 0.25, 1.0], "line": ["b", "b", "a", "a"]})


@pytest.mark.parametrize(
    "chart",
    [
        charts.lines(TABLE, "x", "y", "line", x_title="x", y_title="y"),
        charts.lines(TABLE, "x", "y", "line", x_title="x", y_title="y", stepped=True, logarithmic=True),
        charts.lines(
            TABLE.assign(x=["p", "q", "p", "q"]), "x", "y", "line", x_title="", y_title="", ordered=["p", "q"]
        ),
        charts.bars(TABLE.dropna(), "y", "x", "line", x_title="y", most=1),
        charts.beside(TABLE.dropna(), "x", "y", "line", x_title="x", y_title="y"),
    ],
    ids=["lines", "steps", "names", "bars", "beside"],
)
def test_every_kind_of_chart_is_valid_and_can_hide_lines(chart: alt.Chart | alt.LayerChart) -> None:
    spec = chart.to_dict(validate=True)
    text = str(spec)
    assert "'bind': 'legend'" in text
    assert "tooltip" in text
    assert spec["width"] == "container"


def test_missing_values_are_no_points() -> None:
    spec = charts.lines(TABLE, "x", "y", "line", x_title="x", y_title="y").to_dict()
    (points,) = spec["datasets"].values()
    assert len(points) == 3
    assert spec["encoding"]["color"]["scale"]["domain"] == ["b", "a"]


@pytest.mark.parametrize("template", sorted((REPOSITORY / ".dvc" / "plots").glob("*.json")), ids=lambda path: path.stem)
def test_dvc_draws_with_the_colours_of_the_page(template: Path) -> None:
    assert tuple(json.loads(template.read_text())["config"]["range"]["category"]) == charts.COLOURS


def test_tables_without_a_column_are_refused() -> None:
    with pytest.raises(KeyError, match="z"):
        charts.columns_as_lines(TABLE, "x", {"z": "z"}, x_title="x", y_title="y")
    with pytest.raises(KeyError, match="y"):
        charts.tables_as_lines({"a": TABLE, "b": TABLE.drop(columns="y")}, "x", "y", x_title="x", y_title="y")


def test_a_gan_alone_has_a_table_without_the_columns_of_codes() -> None:
    table = leaves._collapsed({"gan": {"images": 10, "collapsed": False}})
    assert [column.title for column in table.columns] == ["Generator", "Pictures measured", "Collapsed"]


def test_runs_of_several_seeds_have_a_table_of_the_generators_that_all_of_them_have(
    tmp_path: Path, pipeline: pipeline_map.PipelineMap
) -> None:
    settings = (REPOSITORY / "params.yaml").read_text(encoding="utf-8")
    measured = {name: reading.read_json(REPOSITORY / f"metrics/generator/{name}.json") for name in ("vae_small", "gan")}
    for seed in (1, 2):
        write(tmp_path / f"{seed}" / "params.yaml", settings.replace("seed: 1", f"seed: {seed}"))
        for name, content in measured.items():
            changed = content | {"sharpness": seed / 10, "classifier": content["classifier"] | {"recall": 0.5 * seed}}
            if (name, seed) != ("vae_small", 2):
                write(tmp_path / f"{seed}" / "metrics" / "generator" / f"{name}.json", json.dumps(changed))
    joined = repeats.join(read_runs([tmp_path / "1", tmp_path / "2"]))
    writing.write_csv(joined, tmp_path / SEEDS)
    of = Exhibitor(Results([Folder(Path(), root=tmp_path)], complete=False), pipeline, key="paper")
    shown = leaves.exhibits(of)["measures_of_seeds"].table
    assert shown is not None and [column.title for column in shown.columns] == ["Measure", "GAN"]
    rows = {row[0].text: row[1].text for row in shown.rows}
    assert rows["runs"] == "2"
    assert rows["recall"] == "0.75 (0.50 to 1.00)"
    assert rows["sharpness (held-out leaves: 1)"] == "0.150 (0.100 to 0.200)"
    assert "claims_of_seeds" not in leaves.exhibits(of)
    shutil.copy(REPOSITORY / "plots" / "generator" / "claims.csv", tmp_path / CLAIMS_OF_SEEDS)
    (tmp_path / SEEDS).unlink()
    found = leaves.exhibits(of)
    assert "measures_of_seeds" not in found
    assert (claims := found["claims_of_seeds"].table) is not None and len(claims.rows) == 5


def test_of_many_mlps_the_best_of_each_variant_are_shown_and_those_that_the_report_prints() -> None:
    ranks = range(1, 25)
    table = pd.DataFrame({"rank": ranks, "variant": ["a", "b"] * 12, "published_test_accuracy": np.nan})
    table.loc[23, "published_test_accuracy"] = 0.8
    assert classify._best_of_each(table)["rank"].tolist() == [*range(1, 21), 24]


# Pictures.


def test_a_missing_verdict_has_no_style_and_no_points_give_no_chart() -> None:
    table = arrange(pd.DataFrame({"verdict": ["better", None]}), (Column("Verdict", "verdict", mark=score.style),))
    assert [cell.style for (cell,) in table.rows] == ["verdict better", ""]
    empty = pd.DataFrame({"stated": [], "right": [], "set": []})
    assert charts.beside(empty, "stated", "right", "set", x_title="", y_title="") is None


def test_a_picture_is_as_large_as_it_is_shown_on_white_and_the_same_each_time(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(np.zeros((50, 100, 4), np.uint8)).save(path)  # transparent
    first, second = (encode(path, alternative="nothing", width=40) for _ in range(2))
    assert (first.width, first.height) == (40, 20)
    assert first == second
    assert encode(path, alternative="nothing", width=400).width == 100
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(InputError, match=r"a\.png"):
        encode(path, alternative="nothing", width=40)


# The map of the pipeline.


def test_the_map_knows_which_stage_made_a_file(pipeline: pipeline_map.PipelineMap) -> None:
    stage = pipeline.maker("plots/clock/regression/errors.csv")
    assert stage is not None
    assert stage.address == "evaluate_clock@regression"
    assert stage.command == "python -m stages.evaluate_clock regression"
    behind = {other.address for other in pipeline.stages_behind(stage)}
    assert behind == {"train_clock@regression", "split_clocks", "fetch_clocks"}
    assert {"clock.regression", "seed", "split_clocks", "render"} <= set(pipeline.settings_behind(stage))
    assert pipeline.maker("plots/nothing.csv") is None


def test_items_with_settings_of_their_own_are_filled_in(pipeline: pipeline_map.PipelineMap) -> None:
    (stage,) = (stage for stage in pipeline.stages if stage.address == "fetch@mnist")
    assert stage.settings == ("seed", "fetch.mnist", "demo.test_digits", "class_folders")
    assert stage.writes == ("data/raw/mnist",)


def test_no_two_stages_of_the_drawing_overlap_and_lines_go_to_the_right(pipeline: pipeline_map.PipelineMap) -> None:
    drawing = graph.draw(pipeline)
    nodes = {node.name: node for node in drawing.nodes}
    assert set(nodes) == set(pipeline.names())
    boxes = list(nodes.values())
    for index, one in enumerate(boxes):
        assert one.x + drawing.node_width <= drawing.width and one.y + drawing.node_height <= drawing.height
        for other in boxes[index + 1 :]:
            apart = abs(one.x - other.x) >= drawing.node_width or abs(one.y - other.y) >= drawing.node_height
            assert apart, (one.name, other.name)
    assert len(drawing.edges) > 30
    assert all(nodes[edge.start].x < nodes[edge.end].x for edge in drawing.edges)
    assert all(len(line) <= 20 for node in boxes for line in node.lines)


def test_the_drawing_fits_a_screen(pipeline: pipeline_map.PipelineMap) -> None:
    drawing = graph.draw(pipeline)
    assert drawing.width <= 1280
    assert drawing.height <= 800


# The networks.


def test_the_branches_of_the_multi_head_network_end_in_the_hour_and_the_minute() -> None:
    listed = reading.read_csv(REPOSITORY / "plots" / "layers.csv")
    hour, minute = layers.branches(listed)
    assert layers.image_shape(listed) == "150 × 150 × 1"
    assert (hour[-1]["layer"], minute[-1]["layer"]) == ("hour", "minute")
    assert hour[0]["layer"] == "trunk_conv_1"
    assert hour[0]["parameters"] == "160"
    assert hour[1]["parameters"] == ""  # a ReLU has none
    assert layers.totals(listed)["multi_head"] == tables.whole(1675193)  # the report's, figure 19
    assert layers.totals(listed)["classification"] == tables.whole(731500)
    assert layers.totals(listed)["regression"] == tables.whole(604961)


# What was run.


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("params/paper.yaml", "params/paper.yaml"),
        ("params.yaml", "stand-ins for all data sets, as in the default profile"),
    ],
)
def test_the_profile_is_named(file: str, expected: str) -> None:
    results = Results([Folder(Path(), root=REPOSITORY)], complete=True)
    settings = yaml_reading.read(REPOSITORY / file, what="settings")
    rows = dict(score.what_was_run(results, settings, REPOSITORY / "params", collected_on=None))
    assert rows["Profile"] == expected
    assert rows["Seed"] == "1"
    assert "keras" in rows["Versions"]


def test_a_profile_that_has_got_further_settings_since_is_still_named(tmp_path: Path) -> None:
    settings = yaml_reading.read(REPOSITORY / "params" / "paper.yaml", what="settings")
    del settings["sample"]["interpolation"]
    write_yaml(settings, tmp_path / "params.yaml")
    results = Results([Folder(Path(), root=tmp_path)], complete=False)
    rows = dict(score.what_was_run(results, settings, REPOSITORY / "params", collected_on=None))
    assert rows["Profile"] == "params/paper.yaml"
    settings["seed"] = 77
    rows = dict(score.what_was_run(results, settings, REPOSITORY / "params", collected_on=None))
    assert rows["Profile"] != "params/paper.yaml"


def test_table_1_has_no_column_of_a_family_that_the_settings_of_an_earlier_commit_lack() -> None:
    settings = yaml_reading.read(REPOSITORY / "params" / "paper.yaml", what="settings")
    columns = [column.title for column in classify.table_1(settings).columns]
    del settings["search"]["cnn_batch_norm"]
    fewer = [column.title for column in classify.table_1(settings).columns]
    assert set(columns) - set(fewer) == {"Here, for the CNN with batch normalisation"}


@pytest.mark.parametrize("record", [{}, {"name": "a", "seconds": 1.0, "trainings": [{}]}])
def test_a_damaged_record_of_durations_is_named(record: dict[str, object], tmp_path: Path) -> None:
    writing.write_json({"records": [record]}, tmp_path / "durations.json")
    with pytest.raises(InputError, match=r"durations\.json: results: expected the column or key"):
        score.durations(Folder(Path(), root=tmp_path))


def test_damaged_counts_and_machines_are_named(tmp_path: Path) -> None:
    results = Results([Folder(Path(), root=tmp_path)], complete=False)
    write(tmp_path / "metrics" / "reproduction.json", '{"counts": {}}')
    with pytest.raises(InputError, match=r"reproduction\.json: results: expected the column or key 'reproduced'"):
        score.counts(results)
    settings = yaml_reading.read(REPOSITORY / "params.yaml", what="settings")
    with pytest.raises(InputError, match=r"run\.json: results: expected the column or key 'processor'"):
        score.what_was_run(results, settings, REPOSITORY / "params", collected_on={})


def test_a_stage_of_any_name_can_be_drawn(tmp_path: Path) -> None:
    names = ("superresolution", "superresolution_of_the_leaves", "a_superresolutionised_leaf")
    stages = {name: {"foreach": ["a", "b", "c"], "do": {"cmd": "true", "desc": "Large"}} for name in names}
    write_yaml({"stages": stages}, tmp_path / "dvc.yaml")
    drawing = graph.draw(pipeline_map.read(tmp_path / "dvc.yaml"))
    lines = [line for node in drawing.nodes for line in node.lines]
    assert "superresolution ×3" in lines


def test_durations_are_shown_of_evidence_that_has_a_record(tmp_path: Path) -> None:
    folder = Folder(Path(), root=tmp_path)
    assert score.durations(folder) is None
    parts = [{"processor": "a 386", "accelerator": "none"}, {"processor": "a 386", "accelerator": "a card"}]
    record = {"name": "train_gan", "seconds": 90.0, "images": 900, "images_per_second": 10.0}
    record["trainings"] = [{"parts": parts}, {"parts": parts[:1]}]
    writing.write_json({"records": [record]}, tmp_path / "durations.json")
    table = score.durations(folder)
    assert table is not None
    assert [cell.text for cell in table.rows[0]] == ["train_gan", "a 386; a card", "1.5", "900", "10"]
