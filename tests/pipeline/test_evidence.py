"""Evidence of a run: a pipeline of shell commands, in a repository of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from imagelab.pipeline import evidence
from imagelab.runtime.errors import InputError
from imagelab.settings.data import CLASSIFIED, Fetch
from imagelab.storage import class_names
from imagelab.training import durations
from imagelab.training.durations import Part, Training
from tests.conftest import REPOSITORY
from tests.reproduction import full_run

PIPELINE = """
stages:
  train:
    cmd: mkdir -p data && cat params.yaml > data/model
    params: [rate]
    outs: [data/model]
  measure:
    cmd: >-
      mkdir -p metrics/clock plots/clock && echo '{}' > metrics/clock/all.json && cat data/model > plots/clock/a.csv &&
      echo moves > plots/clock/a.gif
    deps: [data/model]
    metrics: [metrics/clock/all.json: {cache: false}]
    plots: [plots/clock/a.csv: {cache: false}, plots/clock/a.gif: {cache: false}]
  count:
    cmd: mkdir -p metrics && echo '{"parameters":3}' > metrics/models.json
    deps: [code.txt]
    metrics: [metrics/models.json: {cache: false}]
"""
UNFINISHED = """
stages:
  prepare:
    cmd: mkdir -p data && cp -r made/data/raw made/data/leaves data
    deps: [made/data]
    outs: [RAW, data/leaves]
  train:
    cmd: mkdir -p data/search && cp made/data/search/mlp.csv data/search
    deps: [made/data/search/mlp.csv]
    outs: [data/search/mlp.csv]
  count:
    cmd: mkdir -p metrics && cp made/metrics/models.json metrics && cp -r made/metrics/keras_example metrics
    metrics: [metrics/models.json: {cache: false}]
  evaluate:
    cmd: exit 1
    metrics: [metrics/keras_example/mlp.json: {cache: false}]
  compare_with_report:
    cmd: exit 1
    metrics: [metrics/reproduction.json: {cache: false}]
""".replace("RAW", ", ".join(f"data/raw/{name}" for name in Fetch.model_fields))
COMPARE = """
  compare_with_report:
    cmd: touch plots/reproduction.csv
    metrics: [metrics/reproduction.json: {cache: false, persist: true}]
    plots: [plots/reproduction.csv: {cache: false}]
"""
SETTINGS = "# a comment\nrate:   1e-3\n"
WRITTEN = [
    *("durations.json", "metrics/clock/all.json", "metrics/models.json", "params.yaml", "plots/clock/a.csv"),
    "run.json",
]


def call(*command: str) -> None:
    own = {"GIT_CONFIG_GLOBAL": os.devnull}
    own |= {f"GIT_{who}_{what}": "nobody@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(command, env=os.environ | own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def reproduce(*stages: str) -> None:
    call(sys.executable, "-m", "dvc", "repro", "--quiet", *stages)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed repository in which every stage has run; the training has a record of its duration."""
    root = tmp_path_factory.mktemp("template") / "repository"
    root.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        call("git", "init", "--quiet")
        call(sys.executable, "-m", "dvc", "init", "--quiet")
        for name, text in (("dvc.yaml", PIPELINE), ("params.yaml", SETTINGS), ("code.txt", "code")):
            Path(name).write_text(text)
        Path(".gitignore").write_text("/data\n/.imagelab\n")
        reproduce()
        keep("the_training", Path("data/model"))
        Path("elsewhere").mkdir()
        Path("elsewhere/model").write_text("a network of no stage")
        keep("another_training", Path("elsewhere/model"))
        shutil.rmtree("elsewhere")
        call("git", "add", "--all")
        call("git", "commit", "--quiet", "--message", "all")
    return root


def keep(name: str, output: Path) -> None:
    part = Part("a processor", "none", 2, 100, 4.0)
    durations.keep(name, [Training(name, [part])], [output], backend="jax", precision="float32", threads=2)


@pytest.fixture(autouse=True)
def root(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = Path(shutil.copytree(template, tmp_path / "repository", symlinks=True))
    monkeypatch.chdir(found)
    return found


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def read(path: str) -> Any:
    return json.loads(Path(path).read_text())


def test_settings_and_results_are_copied_as_they_are_with_commit_and_durations() -> None:
    line = evidence.collect(Path("results/mine"))
    assert files(Path("results/mine")) == WRITTEN
    for name in ("params.yaml", "metrics/clock/all.json", "plots/clock/a.csv"):
        assert Path("results/mine", name).read_bytes() == Path(name).read_bytes()
    run = read("results/mine/run.json")
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert (run["code"]["commit"], run["code"]["clean"], run["missing"]) == (head, True, [])
    assert run["collected_on"]["processor"] and run["collected_on"]["versions"]["numpy"]
    (record,) = read("results/mine/durations.json")["records"]
    assert (record["name"], record["seconds"], record["images_per_second"]) == ("the_training", 4.0, 25.0)
    assert line == (
        f"results/mine: 3 files of metrics and plots; 1 records of trainings, 0.1 minutes; commit {head[:7]}"
    )


def test_a_second_call_takes_its_own_folder_for_no_change_of_the_code_wherever_it_lies() -> None:
    evidence.collect(Path("../elsewhere"))
    evidence.collect(Path("my_run"))
    evidence.collect(Path("my_run"))
    assert files(Path("my_run")) == files(Path("../elsewhere")) == WRITTEN
    Path("code.txt").write_text("other")
    with pytest.raises(InputError, match="expected code as it was committed"):
        evidence.collect(Path("my_run"))


def test_what_else_is_in_the_folder_stays_and_what_is_no_result_any_more_goes() -> None:
    folder = Path("results/mine")
    (folder / "trajectories").mkdir(parents=True)
    for name in ("README.md", "trajectories/a.json"):
        (folder / name).write_text("own")
    evidence.collect(folder)
    (folder / "metrics" / "old.json").write_text("{}")
    evidence.collect(folder)
    assert files(folder) == sorted([*WRITTEN, "README.md", "trajectories/a.json"])


@pytest.mark.parametrize("name", ["params.yaml", "durations.json", "metrics", "plots"])
def test_files_of_another_origin_are_not_replaced(name: str) -> None:
    path = Path("results/mine") / name
    path.parent.mkdir(parents=True)
    path.write_text("own")
    with pytest.raises(InputError, match=rf"results/mine: folder: expected a folder without {name}"):
        evidence.collect(Path("results/mine"))
    assert files(Path("results/mine")) == [name]
    assert path.read_text() == "own"


def test_results_of_other_settings_are_refused_or_left_out() -> None:
    """``measure`` itself did not change, but it measured what ``train`` made of the former settings."""
    Path("params.yaml").write_text("rate: 2e-3\n")
    with pytest.raises(InputError, match=r"results: expected stages that are up to date .*1 that are not: measure"):
        evidence.collect(Path("results/mine"))
    assert not Path("results").exists()
    evidence.collect(Path("results/mine"), partly=True)
    assert files(Path("results/mine")) == ["durations.json", "metrics/models.json", "params.yaml", "run.json"]
    assert read("results/mine/run.json")["missing"] == ["measure"]
    assert read("results/mine/durations.json") == {"records": []}  # the network is there, but of other settings
    reproduce("count")
    reproduce()
    evidence.collect(Path("results/mine"))
    assert files(Path("results/mine")) == WRITTEN
    assert read("results/mine/run.json")["missing"] == []
    assert read("results/mine/durations.json") == {"records": []}  # nothing is known of the new network


def commit_all(message: str) -> str:
    call("git", "add", "--all")
    call("git", "commit", "--quiet", "--allow-empty", "--message", message)
    return subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()


def test_a_run_is_collected_in_parts_and_what_only_an_earlier_part_has_stays() -> None:
    """As from another clone, which has not trained what the first one trained."""
    folder = Path("results/mine")
    evidence.collect(folder)
    first = read("results/mine/run.json")["code"]["commit"]
    Path("data/model").unlink()
    Path("plots/clock/a.csv").write_text("of another run")
    second = commit_all("another clone")
    line = evidence.collect(folder, partly=True)
    assert "1 files of metrics and plots, 1 stages as they were in the folder; 1 records of trainings" in line
    assert files(folder) == WRITTEN
    assert (folder / "plots/clock/a.csv").read_text() == SETTINGS
    run = read("results/mine/run.json")
    assert run["missing"] == []
    assert run["commits"] == {"measure": first, "count": second}
    commit_all("evidence of two clones")
    evidence.collect(folder, partly=True)
    assert read("results/mine/run.json")["commits"]["measure"] == first


def test_results_of_other_settings_do_not_stay_beside_new_ones() -> None:
    folder = Path("results/mine")
    evidence.collect(folder)
    before = {name: (folder / name).read_bytes() for name in WRITTEN}
    Path("params.yaml").write_text("rate: 2e-3\n")
    expected = r"results/mine/params\.yaml: rate: expected that of this run, because results of measure would stay"
    with pytest.raises(InputError, match=expected):
        evidence.collect(folder, partly=True)
    assert {name: (folder / name).read_bytes() for name in WRITTEN} == before


def test_results_stay_if_only_settings_of_other_stages_have_changed() -> None:
    folder = Path("results/mine")
    evidence.collect(folder)
    before = {name: (folder / name).read_bytes() for name in WRITTEN if name.startswith(("metrics", "plots"))}
    Path("params.yaml").write_text("rate: 1e-3\nsize: 2\n")
    shutil.rmtree("data")
    evidence.collect(folder, partly=True)
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert (folder / "params.yaml").read_text() == "rate: 1e-3\nsize: 2\n"


def test_a_part_of_a_run_has_verdicts_once_all_data_are_prepared() -> None:
    made = Path("made")
    (made / "params").mkdir(parents=True)
    shutil.copy(REPOSITORY / "params" / "paper.yaml", "params.yaml")
    shutil.copytree(REPOSITORY / "params", "params")
    for name in CLASSIFIED:
        class_names.write([str(place) for place in range(10)], made / "data" / "raw" / name)
    full_run.write_clocks(made, images_per_time=1, size=16)
    full_run.write_leaves(made, source=(1,), chosen=(1,))
    full_run.write_runs(made, "mlp", full_run.mlp_runs())
    full_run.write_measures(made)
    Path("dvc.yaml").write_text(UNFINISHED)
    call("git", "add", "--all")
    call("git", "commit", "--quiet", "--message", "unfinished")
    reproduce("train", "count")
    evidence.collect(Path("results/mine"), partly=True)
    assert not Path("results/mine/metrics/reproduction.json").exists()
    reproduce("prepare")
    evidence.collect(Path("results/mine"), partly=True)
    assert read("results/mine/run.json")["missing"] == ["evaluate"]
    found = read("results/mine/metrics/reproduction.json")["entries"]
    assert len(Path("results/mine/plots/reproduction.csv").read_text().splitlines()) == len(found) + 1
    assert found["mlp/two_hidden"]["verdict"] == "reproduced"
    assert found["keras_example_mlp/test_accuracy"]["ours"] is None  # although metrics of another run lie there
    assert not Path("metrics/reproduction.json").exists()
    recorded = read("results/mine/metrics/data.json")["raw_data"]
    assert set(recorded) == set(Fetch.model_fields)
    assert all(found["files"] for found in recorded.values())


def test_what_only_a_further_run_has_at_the_report_s_size_comes_from_there() -> None:
    size, small = "parameters", "not run at this size"
    own = {name: entry(small) for name in ("mlp", "claim", size)} | {size: entry("reproduced", ours=1)}
    write_verdicts(Path("metrics/reproduction.json"), own)
    Path("dvc.yaml").write_text(PIPELINE + COMPARE)
    call("git", "add", "--all")
    call("git", "commit", "--quiet", "--message", "verdicts")
    reproduce("compare_with_report")
    further = Path("results/mine/further")
    for name, found in {
        "a": {"mlp": entry(small), "claim": entry("differs", ours="no"), size: entry("worse", ours=2)},
        "b": {"mlp": entry(small), "claim": entry("reproduced", ours="yes"), size: entry("worse", ours=3)},
    }.items():
        write_verdicts(further / name / "metrics/reproduction.json", found)
    evidence.collect(Path("results/mine"), partly=True)
    found = read("results/mine/metrics/reproduction.json")
    assert {name: (each["ours"], each["verdict"]) for name, each in found["entries"].items()} == {
        "mlp": (None, small),
        "claim": ("no", "differs"),
        size: (1, "reproduced"),
    }
    assert found["counts"]["differs"] == 1
    assert read("results/mine/run.json")["further"] == {"a": ["claim"], "b": []}
    assert len(files(further)) == 2  # what is there stays
    (further / "b" / "metrics" / "reproduction.json").write_text('{"entries": {"mlp": 3}}')
    with pytest.raises(InputError, match=r"b/metrics/reproduction\.json: verdicts: expected entries with id"):
        evidence.collect(Path("results/mine"), partly=True)
    assert read("results/mine/metrics/reproduction.json") == found


def entry(verdict: str, *, ours: object = None) -> dict[str, object]:
    names = ("section", "published", "difference", "split", "data")
    return dict.fromkeys(names) | {"ours": ours, "verdict": verdict}


def write_verdicts(path: Path, entries: dict[str, dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"counts": {}, "entries": entries}))


def test_a_result_that_was_edited_is_refused() -> None:
    Path("metrics/models.json").write_text('{"parameters":4}')
    with pytest.raises(InputError, match=r"1 that are not: count"):
        evidence.collect(Path("results/mine"))


def test_code_that_is_not_committed_is_refused_unless_it_is_asked_for() -> None:
    Path("new_code.txt").write_text("code")
    with pytest.raises(InputError, match=r"code: expected code as it was committed, or --uncommitted"):
        evidence.collect(Path("results/mine"))
    assert not Path("results").exists()
    evidence.collect(Path("results/mine"), uncommitted=True)
    assert read("results/mine/run.json")["code"]["clean"] is False


def test_outside_of_a_pipeline_nothing_is_collected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    command = [sys.executable, "-m", "imagelab", "evidence", "mine"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ") and len(done.stderr.splitlines()) == 1
    assert list(Path().iterdir()) == []
    call("git", "init", "--quiet")
    call("git", "commit", "--quiet", "--allow-empty", "--message", "empty")
    with pytest.raises(InputError, match="pipeline: expected a repository of DVC"):
        evidence.collect(Path("mine"))


def test_the_command_collects(root: Path) -> None:
    command = [sys.executable, "-m", "imagelab", "evidence", "results/mine", "--partly", "--uncommitted"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("results/mine: 3 files of metrics and plots;")
    assert files(root / "results" / "mine") == WRITTEN


@pytest.mark.parametrize("name", ["run.json", "plots"])
def test_what_a_killed_process_had_moved_aside_comes_back(name: str) -> None:
    """Also ``run.json``, without which the folder would seem to be of another origin."""
    folder = Path("results/mine")
    evidence.collect(folder)
    aside = folder / ".evidence.partial" / f"{name}.former"
    aside.parent.mkdir()
    (folder / name).replace(aside)
    Path("data/model").unlink()  # so that plots can come from nowhere else
    evidence.collect(folder, partly=True)
    assert files(folder) == WRITTEN


def test_what_was_there_comes_back_if_it_cannot_be_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, new = tmp_path / "metrics", tmp_path / "new" / "metrics"
    for folder, text in ((place, "former"), (new, "new")):
        folder.mkdir(parents=True)
        (folder / "a.json").write_text(text)
    replace = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if self == new:
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        with pytest.raises(KeyboardInterrupt):
            evidence._exchange(new, place)
    assert (place / "a.json").read_text() == "former"
    evidence._exchange(new, place)
    assert (place / "a.json").read_text() == "new"
