import json
import re
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from imagelab import __main__
from imagelab.leaves.evaluation import ratios
from imagelab.reproduction import repeats
from imagelab.reproduction.finished_runs import read_runs
from imagelab.runtime.errors import InputError
from tests.conftest import REPOSITORY, read_yaml, write_yaml
from tests.reproduction.test_generator_claims import as_the_report_says
from tests.reproduction.test_generator_claims import metrics as measured

METRICS: dict[str, Any] = {
    "generator/gan.json": {"data": "drawn leaves", "frechet_distance": 15.0, "copying": None},
    "clock/reader.json": {"train": {"accuracy": 1.0}, "test": {"images": 144, "accuracy": 0.5}},
    "search/cnn.json": {
        "selection": "test",
        "best_optimizer": "adam",
        "best_batch_size": 64,
        "best_test_accuracy": 0.9,
    },
    "environment.json": {"processor": "one", "versions": {"keras": "3.15.0"}},
    "reproduction.json": {"counts": {"better": 1}, "entries": {"cnn": {"ours": 0.9, "verdict": "better"}}},
    "summary.json": {"fashion_mnist": {"cnn": 0.9}, "report": {"better": 1}},
}


def write_run(folder: Path, *, seed: int, metrics: dict[str, Any] = METRICS, **changes: Any) -> Path:
    settings = read_yaml(REPOSITORY / "params.yaml") | {"seed": seed}
    for key, value in changes.items():
        section, _, name = key.partition("__")
        settings[section] = value if not name else settings[section] | {name: value}
    folder.mkdir(parents=True)
    write_yaml(settings, folder / "params.yaml")
    for name, content in metrics.items():
        (folder / "metrics" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "metrics" / name).write_text(json.dumps(content))
    return folder


def changed(name: str, **values: Any) -> dict[str, Any]:
    """The metrics with other values in one file; a value that is ... goes."""
    content = {key: value for key, value in {**METRICS[name], **values}.items() if value is not ...}
    return {**METRICS, name: content}


def run_command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["imagelab", "repeats", *map(str, arguments)])
    __main__.main()


def test_claims_about_generators_are_judged_by_all_runs_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = []
    for seed, sharpness in ((1, 0.2), (2, 0.7)):
        folder = write_run(tmp_path / str(seed), seed=seed, fetch__leaves="official")
        run = as_the_report_says({"vae_small": measured(sharpness=sharpness)})
        for name, found in run.metrics.items():
            (folder / "metrics" / "generator" / f"{name}.json").write_text(json.dumps(found))
            plots = folder / "plots" / "generator" / name
            plots.mkdir(parents=True)
            run.progress[name].to_csv(plots / "progress.csv", index=False)
        run.ratios.to_csv(folder / ratios.PATH, index=False)
        folders.append(folder)
    run_command(monkeypatch, *folders, "--out", tmp_path / "joined")
    table = pd.read_csv(tmp_path / "joined" / "claims.csv").set_index("claim")
    assert table["verdict"]["The VAE's images are blurred"] == "cannot tell"  # one seed says yes, the other no
    assert table["verdict"]["More latent dimensions do not help"] == "yes"
    assert table["numbers"].str.contains("2 seeds").any()


def test_runs_of_several_seeds_are_joined_into_mean_lowest_and_highest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = changed("generator/gan.json", frechet_distance=17.0, copying=0.75)
    third = changed("generator/gan.json", frechet_distance=16.0)
    folders = [
        write_run(tmp_path / "c", seed=3),
        write_run(tmp_path / "a", seed=1, metrics=other),
        write_run(tmp_path / "b", seed=2, metrics=third),
    ]
    run_command(monkeypatch, *folders, "--out", tmp_path / "joined")
    table = pd.read_csv(tmp_path / "joined" / "metrics.csv")
    assert list(table) == ["metric", "runs", "mean", "lowest", "highest"]
    rows = table.set_index("metric").to_dict("index")
    assert rows["generator/gan/frechet_distance"] == {"runs": 3, "mean": 16, "lowest": 15, "highest": 17}
    assert rows["generator/gan/copying"] == {"runs": 1, "mean": 0.75, "lowest": 0.75, "highest": 0.75}
    assert rows["clock/reader/test/images"] == {"runs": 3, "mean": 144, "lowest": 144, "highest": 144}
    assert not any("environment" in name or "data" in name for name in rows)
    assert [path.name for path in (tmp_path / "joined").iterdir()] == ["metrics.csv"]
    said = capsys.readouterr().out
    assert said.startswith("3 runs, seeds 1, 2, 3: 6 metrics\n")
    assert "clock/reader/test/accuracy" in said and "clock/reader/train/accuracy" not in said


def test_the_runs_come_in_the_order_of_their_seeds_with_folders_and_metrics(tmp_path: Path) -> None:
    runs = read_runs([write_run(tmp_path / "b", seed=5), write_run(tmp_path / "a", seed=4)])
    assert [(run.folder.name, run.seed) for run in runs] == [("a", 4), ("b", 5)]
    assert runs[0].metrics["generator/gan/frechet_distance"] == 15.0
    assert runs[0].metrics["generator/gan/data"] == "drawn leaves"


def test_what_a_search_chose_may_differ_and_another_machine_is_said(tmp_path: Path) -> None:
    other = changed("search/cnn.json", best_optimizer="nadam", best_batch_size=128)
    other |= {"environment.json": {"processor": "one", "versions": {"keras": "3.16.0"}}}
    runs = read_runs([write_run(tmp_path / "a", seed=1), write_run(tmp_path / "b", seed=2, metrics=other)])
    lines = repeats.describe(runs, repeats.join(runs)).splitlines()
    assert "search/cnn/best_optimizer: adam or nadam" in lines
    assert "search/cnn/best_batch_size: 128 or 64" in lines  # no run used their mean
    assert lines[-1] == "different environments: versions.keras"


def test_the_committed_run_is_one_that_can_be_repeated(tmp_path: Path) -> None:
    committed = {
        path.relative_to(REPOSITORY / "metrics").as_posix(): json.loads(path.read_text())
        for path in (REPOSITORY / "metrics").rglob("*.json")
    }
    raw_data = committed["data.json"]["raw_data"]
    folders = []
    for seed in (1, 2):  # stand-ins depend on the seed, and so do their checksums
        other = {name: about | {"md5": f"{seed}"} for name, about in raw_data.items()}
        metrics = committed | {"data.json": {"raw_data": other}}
        folders.append(write_run(tmp_path / str(seed), seed=seed, metrics=metrics))
    table = repeats.join(read_runs(folders))
    assert len(table) > 200
    assert (table["runs"] <= 2).all() and (table["lowest"] == table["highest"]).all()


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another setting": ({"gan__epochs": 99}, r"b/params\.yaml: gan\.epochs: expected \d+, as in .*/a, received 99"),
    "another precision": ({"precision": "mixed_bfloat16"}, r"b/params\.yaml: precision: expected float32, as in "),
    "other data": ({"fetch__leaves": "leaves.zip"}, r"params\.yaml: fetch\.leaves: expected demo, as in .*leaves\.zip"),
    "the same seed": ({"seed": 1}, r"b/params\.yaml: seed: expected another seed than that of .*/a, received 1"),
    "an unknown setting": ({"colour": "red"}, r"b/params\.yaml: unknown key colour: expected no such key"),
    "no metrics": (
        {"metrics": {}},
        r"b/metrics: metrics: expected those of a finished run \(\.json files\), received none",
    ),
    "a metric less": (
        {"metrics": changed("generator/gan.json", copying=...)},
        r"b/metrics: generator/gan/copying: expected a value, as in .*/a, received none",
    ),
    "a metric more": (
        {"metrics": changed("generator/gan.json", recall=0.5)},
        r"b/metrics: generator/gan/recall: expected none, as in .*/a, received 0\.5",
    ),
    "other data in the metrics": (
        {"metrics": changed("generator/gan.json", data="photographs")},
        r"b/metrics: generator/gan/data: expected drawn leaves, as in .*/a, received photographs",
    ),
    "a text for a number": (
        {"metrics": changed("generator/gan.json", frechet_distance="15")},
        r"b/metrics: generator/gan/frechet_distance: expected 15\.0, as in .*/a, received 15",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_repeat_is_refused_in_one_line_and_nothing_is_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changes, message = REFUSED[name]
    folders = [write_run(tmp_path / "a", seed=1), write_run(tmp_path / "b", **({"seed": 2} | changes))]
    with pytest.raises(SystemExit) as ended:
        run_command(monkeypatch, *folders, "--out", tmp_path / "joined")
    assert ended.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert re.match(rf"error: .*{message}", line), line
    assert not (tmp_path / "joined").exists()


def test_a_run_alone_a_missing_folder_and_a_damaged_file_are_refused(tmp_path: Path) -> None:
    first, second = write_run(tmp_path / "a", seed=1), write_run(tmp_path / "b", seed=2)
    with pytest.raises(InputError, match="repeats: folders: expected two or more of them, received 1"):
        read_runs([first])
    with pytest.raises(InputError, match=r"none/params\.yaml: settings: expected a file, received nothing"):
        read_runs([first, tmp_path / "none"])
    (second / "metrics" / "clock" / "reader.json").write_text("{")
    with pytest.raises(InputError, match=r"reader\.json: file: expected JSON, received"):
        read_runs([first, second])


def test_verdicts_may_differ_between_seeds_and_are_joined_by_nobody(tmp_path: Path) -> None:
    other = {"counts": {"worse": 1}, "entries": {"cnn": {"ours": None, "verdict": "worse"}}}
    folders = [
        write_run(tmp_path / "1", seed=1),
        write_run(tmp_path / "2", seed=2, metrics={**METRICS, "reproduction.json": other}),
    ]
    names = repeats.join(read_runs(folders))["metric"]
    assert not names.str.contains("reproduction|summary").any()


def test_verdicts_on_claims_of_other_runs_do_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [write_run(tmp_path / str(seed), seed=seed) for seed in (1, 2)]
    claims = tmp_path / "joined" / "claims.csv"
    claims.parent.mkdir()
    claims.write_text("of other runs")
    run_command(monkeypatch, *folders, "--out", claims.parent)
    assert not claims.exists()
    assert (claims.parent / "metrics.csv").exists()


def test_what_not_all_runs_have_is_left_out_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    leaves_only = {name: METRICS[name] for name in ("generator/gan.json", "environment.json")}
    folders = [write_run(tmp_path / "1", seed=1), write_run(tmp_path / "2", seed=2, metrics=leaves_only)]
    run_command(monkeypatch, *folders, "--out", tmp_path / "joined")
    assert "left out, because not all runs have them: clock/reader, search/cnn" in capsys.readouterr().out
    assert set(pd.read_csv(tmp_path / "joined" / "metrics.csv")["metric"]) == {"generator/gan/frechet_distance"}
    nothing = write_run(tmp_path / "3", seed=3, metrics={"clock/cyclic.json": {"accuracy": 1.0}})
    with pytest.raises(InputError, match=r"3/metrics: metrics: expected a file that .*/1 has, too, received none"):
        read_runs([folders[0], nothing])
