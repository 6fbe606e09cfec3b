"""The page as a file: what it says, what it refuses, and that equal results give equal bytes."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import webbrowser
from pathlib import Path

import pandas as pd
import pytest

from imagelab import __main__
from imagelab.report import evidence, exhibits, page
from imagelab.report.pictures import Picture
from imagelab.reproduction.rules import VERDICTS
from imagelab.runtime.errors import InputError
from imagelab.settings.data import Fetch
from imagelab.storage import class_names, reading
from stages import write_report
from tests.conftest import REPOSITORY, read_yaml
from tests.report.repository import MOST_BYTES, add_whole_run, data, lay_out, own

RENDER = """
import hashlib, json
from pathlib import Path
from imagelab.report import page
data = json.loads(Path("metrics/data.json").read_text())["raw_data"]
print(hashlib.sha256(page.render(Path(), data=data)).hexdigest())
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "repository")


@pytest.fixture
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes seconds and decides nothing here: Vega's script, and smaller pictures."""
    monkeypatch.setattr(page, "_bundle", lambda: "")
    monkeypatch.setattr(exhibits, "encode", lambda path, alternative, width: Picture("data:,", 1, 1, alternative))


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page.render(lay_out(tmp_path_factory.mktemp("page") / "repository"), data=data()).decode()


def without_scripts(html: str) -> str:
    return re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)


def test_equal_results_give_equal_bytes_in_another_process_and_folder(rendered: str) -> None:
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(REPOSITORY / "src")}
    done = subprocess.run(
        [sys.executable, "-c", RENDER], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == hashlib.sha256(rendered.encode()).hexdigest()


def test_the_page_names_neither_the_folder_nor_the_day(rendered: str) -> None:
    assert str(REPOSITORY) not in rendered
    assert not re.search(r"20[2-9]\d-\d\d-\d\d", rendered)


def test_the_score_of_this_run_is_the_one_in_the_metrics(rendered: str) -> None:
    counts = reading.read_json(REPOSITORY / "metrics" / "reproduction.json")["counts"]
    shown = {
        verdict: int(count)
        for count, verdict in re.findall(r'<b>(\d+)</b> <span class="verdict [\w-]+">([^<]+)</span></li>', rendered)
    }
    assert shown == {verdict: counts[verdict.replace(" ", "_")] for verdict in VERDICTS}


@pytest.mark.parametrize("number", [*range(2, 24)])
def test_every_figure_of_the_report_is_named(number: int, rendered: str) -> None:
    together = {4: "Figures 4 and 5", 5: "Figures 4 and 5", 17: "figures 17 and 18", 18: "figures 17 and 18"}
    assert re.search(rf"{together.get(number, f'Figure {number}')}\b", rendered)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 6])
def test_every_table_of_the_report_is_named(number: int, rendered: str) -> None:
    assert f"Table {number}:" in rendered
    assert "Figure 1, left" in rendered


def test_every_stage_has_its_command_and_is_in_the_drawing(rendered: str) -> None:
    for name in read_yaml(REPOSITORY / "dvc.yaml")["stages"]:
        assert f'id="stage-{name}"' in rendered
        assert f'href="#stage-{name}" class="node"' in rendered
        assert f"<code>python -m stages.{name}" in rendered


def check_links(html: str) -> None:
    places = set(re.findall(r'\bid="([^"]+)"', html))
    targets = set(re.findall(r'href="#([^"]+)"', html))
    assert len(targets) > 50
    assert targets - places == set()
    assert not re.search(r'(href|src)="(?!#|data:)', html)


def test_every_link_leads_to_a_place_of_the_page(rendered: str) -> None:
    check_links(without_scripts(rendered))


def test_no_two_places_have_one_name(rendered: str) -> None:
    places = re.findall(r'\bid="([^"]+)"', without_scripts(rendered))
    assert len(places) == len(set(places))


@pytest.mark.usefixtures("_quickly")
def test_without_a_whole_run_the_page_says_so_and_names_the_folders_of_parts(repository: Path) -> None:
    if evidence.whole_run(REPOSITORY) is not None:
        own(repository, "results")
        (repository / "results" / "paper" / "params.yaml").unlink()
    shown = page.render(repository, data=data()).decode()
    assert "No run of everything at the report’s size is committed yet" in shown
    for folder in evidence.PARTS:
        assert f"<code>{folder.path.as_posix()}</code>" in shown


@pytest.mark.usefixtures("_quickly")
def test_a_whole_run_goes_before_its_parts(repository: Path) -> None:
    paper = add_whole_run(repository)
    shown = page.render_committed(repository).decode()
    assert "is committed yet" not in shown
    assert "<code>results/clock_reader</code>" not in shown
    assert "<summary>One number a model</summary>" in shown
    assert "Over its 43 runs with Adam, Adamax and Nadam they are: epochs 48.5 %, " in shown
    assert "<td>batch size</td>" in shown and "<td>batch_size</td>" not in shown
    (paper / "cnn_grid.json").unlink()
    assert "runs with Adam, Adamax and Nadam they are" not in page.render_committed(repository).decode()
    for about in ("clocks rendered by the project", "CIFAR-10 after JPEG compression", "24 of the report"):
        assert f"From <code>results/paper</code> ({about}" in shown


@pytest.mark.usefixtures("_quickly")
def test_the_main_number_of_a_model_comes_from_the_folder_that_has_it(repository: Path) -> None:
    paper = add_whole_run(repository)
    (paper / "metrics" / "clock" / "reader.json").unlink()
    shown = page.render_committed(repository).decode()
    assert "<td>clocks.reader</td><td>rendered clocks</td>" in shown
    (paper / "metrics" / "clock" / "cyclic.json").unlink()  # no other folder has it
    assert "<summary>One number a model</summary>" not in page.render_committed(repository).decode()


@pytest.mark.usefixtures("_quickly")
def test_evidence_without_verdicts_says_so(repository: Path) -> None:
    paper = add_whole_run(repository)
    (paper / "metrics" / "reproduction.json").unlink()
    shown = page.render(repository, data=data()).decode()
    assert "<code>results/paper</code> has no verdicts yet" in shown
    assert "is committed yet" not in shown


@pytest.mark.usefixtures("_quickly")
def test_the_stages_that_evidence_lacks_are_named_and_claims_come_from_further_runs(repository: Path) -> None:
    paper = add_whole_run(repository)
    collected = {"processor": "a 386", "system": "DOS", "python": "3.0", "backend": "abacus", "versions": {}}
    (paper / "run.json").write_text(json.dumps({"missing": [], "collected_on": collected}))
    assert "without results in this folder" not in page.render(repository, data=data()).decode()
    missing = ["evaluate_clock@reader", "rank_grid"]
    (paper / "run.json").write_text(json.dumps({"missing": missing, "collected_on": collected}))
    (paper / "metrics" / "clock" / "reader.json").unlink()
    shown = page.render(repository, data=data()).decode()
    assert "<code>evaluate_clock@reader</code>, <code>rank_grid</code>" in shown
    assert "The 2 stages without results in this folder" in shown
    assert "<code>results/clock_reader</code>" in shown  # an earlier run, in its place
    shown = page.render_committed(repository).decode()
    assert "Written by imagelab report --committed" in shown
    assert "a 386" not in shown  # the run has a description of its own
    (paper / "metrics" / "environment.json").unlink()
    assert "<dt>Collected on</dt><dd>a 386</dd>" in page.render_committed(repository).decode()
    further = {"more_epochs": ["claims/leaves/epochs"], "unused": []}
    (paper / "run.json").write_text(json.dumps({"missing": [], "collected_on": collected, "further": further}))
    shown = page.render_committed(repository).decode()
    assert "<code>results/paper/further/more_epochs</code>: <code>claims/leaves/epochs</code>." in shown
    assert "further/unused" not in shown
    claims = pd.read_csv(paper / "plots" / "generator" / "claims.csv")
    measured = claims["claim"].eq("More epochs do not help")
    assert claims.loc[measured, "verdict"].item() == "not measured"
    claims.loc[measured, ["verdict", "numbers"]] = ["cannot tell", "the ratio is 1"]
    further_claims = paper / "further" / "more_epochs" / "plots" / "generator" / "claims.csv"
    further_claims.parent.mkdir(parents=True, exist_ok=True)
    claims.to_csv(further_claims, index=False)
    shown = page.render_committed(repository).decode()
    assert "the ratio is 1 (from results/paper/further/more_epochs)" in shown
    shutil.copy(paper / "metrics" / "models.json", further_claims)
    with pytest.raises(InputError, match=r"more_epochs.*claims\.csv"):
        page.render_committed(repository)
    claims.to_csv(further_claims, index=False)
    (paper / "run.json").write_text(json.dumps({"missing": [], "collected_on": collected, "further": ["a"]}))
    with pytest.raises(InputError, match=r"run\.json: evidence: expected 'further' with names of folders"):
        page.render_committed(repository)
    (paper / "run.json").write_text("{}")
    with pytest.raises(InputError, match=r"paper.*run\.json"):
        page.render(repository, data=data())


@pytest.mark.usefixtures("_quickly")
def test_the_page_of_the_committed_evidence_needs_no_run_of_ones_own_and_shows_none(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = add_whole_run(repository)
    for name in ("metrics", "params.yaml"):
        (repository / name).unlink()
    monkeypatch.chdir(repository)
    monkeypatch.setattr(webbrowser, "open", lambda address: True)
    monkeypatch.setattr(sys, "argv", ["imagelab", "report", "--committed"])
    __main__.main()
    assert capsys.readouterr().out == f"{paper / 'index.html'}\n"
    shown = without_scripts((paper / "index.html").read_text(encoding="utf-8"))
    check_links(shown)
    assert 'id="paper-leaves"' in shown
    assert "Leaves drawn by the better GAN, a class a column" in shown
    assert 'id="better-evaluate_generator-gan-0"' in shown  # its settings
    assert "This run" not in shown


@pytest.mark.slow
def test_the_committed_page_is_what_the_command_writes_and_is_not_too_heavy() -> None:
    committed = (REPOSITORY / evidence.COMMITTED_PAGE).read_bytes()
    assert committed == page.render_committed(REPOSITORY)
    assert len(committed) <= MOST_BYTES


@pytest.mark.slow
def test_the_page_of_the_committed_run_is_not_too_heavy(repository: Path) -> None:
    assert len(page.render(repository, data=data())) <= MOST_BYTES


def test_without_evidence_of_a_run_at_the_reports_size_it_has_no_page(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"results/paper: evidence: expected settings \(imagelab evidence"):
        page.render_committed(tmp_path)


@pytest.mark.usefixtures("_quickly")
def test_a_file_that_evidence_lacks_is_named(repository: Path) -> None:
    paper = add_whole_run(repository)
    (paper / "plots" / "search" / "table_2.csv").unlink()
    (paper / "metrics" / "environment.json").unlink()
    shown = page.render(repository, data=data()).decode()
    assert "No evidence yet: <code>plots/search/table_2.csv</code>" in shown
    assert "there is no metrics/environment.json" in shown


@pytest.mark.usefixtures("_quickly")
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plots/clock/regression/errors.csv", None),
        ("plots/clock/regression/errors.csv", b"\xff\xfe\n1"),
        ("plots/clock/regression/errors.csv", b"from,train\n0,1\n"),
        ("plots/search/table_6.csv", b"rank,optimizer\n1,adam\n"),
        ("plots/search/table_2.csv", b'a,b\n"1,2\n3'),
        ("metrics/search/cnn.json", b"{}"),
        ("metrics/clock/reader.json", b"{"),
        ("metrics/clock/reader.json", b'{"test": {}, "all": {}}'),
        ("metrics/environment.json", b"{}"),
        ("plots/generator/gan/samples.png", None),
        ("plots/layers.csv", None),
        ("dvc.yaml", b"stages: [1"),
        ("dvc.yaml", b"stages: {a: {cmd: b}}"),
        ("params.yaml", b"- 1"),
    ],
)
def test_what_a_run_must_have_and_lacks_or_is_damaged_is_refused_by_name(
    name: str, content: bytes | None, repository: Path
) -> None:
    own(repository, name.split("/")[0])
    if content is None:
        (repository / name).unlink()
    else:
        (repository / name).write_bytes(content)
    with pytest.raises(InputError, match=re.escape(name)):
        page.render(repository, data=data())


@pytest.mark.usefixtures("_quickly")
def test_damaged_evidence_is_refused_by_name(repository: Path) -> None:
    path = own(repository, "results") / "clock_reader" / "metrics" / "clock" / "reader.json"
    path.write_bytes(b"{")
    with pytest.raises(InputError, match=r"clock_reader.*reader\.json"):
        page.render(repository, data=data())


@pytest.mark.usefixtures("_quickly")
def test_damaged_metrics_of_a_whole_run_are_refused_by_name_although_no_figure_shows_them(repository: Path) -> None:
    (add_whole_run(repository) / "metrics" / "search" / "mlp.json").write_bytes(b"{")
    with pytest.raises(InputError, match=r"paper.*search/mlp\.json"):
        page.render(repository, data=data())


@pytest.mark.usefixtures("_quickly")
def test_the_stage_leaves_the_former_page_where_a_result_is_damaged(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in Fetch.model_fields:
        class_names.write(("a", "b"), repository / "data" / "raw" / name)
    (own(repository, "metrics") / "summary.json").write_text("{}")
    before = {path: path.read_bytes() for path in (repository / "metrics").rglob("*.json")}
    (own(repository, "plots") / "search" / "table_2.csv").unlink()
    (repository / evidence.PAGE).parent.mkdir()
    (repository / evidence.PAGE).write_text("former")
    monkeypatch.chdir(repository)
    with pytest.raises(InputError, match=r"table_2\.csv"):
        write_report.main()
    assert (repository / evidence.PAGE).read_text() == "former"
    assert {path: path.read_bytes() for path in before} == before
