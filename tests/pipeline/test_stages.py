"""Every stage on tiny data, in one process: TensorFlow starts once instead of seventeen times."""

import contextlib
import importlib
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np
import pandas as pd
import pytest
from dvc.repo import Repo

from imagelab.classification.search import store
from imagelab.leaves.evaluation.samples import SPACES
from imagelab.runtime import cores, processes, progress
from imagelab.runtime.errors import InputError
from imagelab.settings.classification import BEST_CLASSIFIED, FAMILIES
from imagelab.settings.clocks import HEAD_NAMES, NETWORK_NAMES
from imagelab.settings.leaves import Generator
from imagelab.summary import summarise
from imagelab.training import checkpoint, durations
from tests.conftest import REPOSITORY, read_yaml, write_yaml
from tests.pipeline.recording import network_refused, recorded_files, recorded_reads
from tests.pipeline.test_graph import commands_in_order
from tests.pipeline.tiny import tiny_settings

ENVIRONMENT = Path("metrics/environment.json")


class Executed(NamedTuple):
    folder: Path
    reads: dict[str, set[str]]  # keys of the settings that each stage's command read
    files: dict[str, set[Path]]  # that it opened for reading


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Executed:
    """A folder in which every stage has run once, in the graph's order and without network, and what it read."""
    folder = tmp_path_factory.mktemp("workspace")
    write_yaml(tiny_settings(), folder / "params.yaml")
    shutil.copytree(REPOSITORY / "params", folder / "params")
    shutil.copy(REPOSITORY / "dvc.yaml", folder)  # the page shows it
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        connections = tmp_path_factory.mktemp("network") / "connections"
        patch.setenv("PYTHONPATH", str(REPOSITORY / "tests" / "no_network"))  # for the processes of a stage's own pool
        patch.setenv("IMAGELAB_TEST_CONNECTIONS", str(connections))
        reads, files = {}, {}
        for command in commands_in_order():
            _, _, module, *arguments = command.split()
            with recorded_reads() as reads[command], recorded_files() as files[command], network_refused():
                importlib.import_module(module).main(*arguments)
    assert not connections.exists(), connections.read_text()
    return Executed(folder, reads, files)


class NoBar:
    """In place of a progress bar: takes whatever is done to one, and shows nothing."""

    n = 0

    def __init__(self, **_: Any) -> None:
        pass

    def __enter__(self) -> "NoBar":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __getattr__(self, _: str) -> Any:
        return lambda *_, **__: None


@pytest.mark.slow  # all stages once more
def test_without_bars_other_cores_and_signals_every_output_has_the_same_bytes(
    executed: Executed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``runtime`` decides no number, so that no stage needs to depend on it."""
    write_yaml(tiny_settings(), tmp_path / "params.yaml")
    shutil.copytree(REPOSITORY / "params", tmp_path / "params")
    shutil.copy(REPOSITORY / "dvc.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(progress, "bar", NoBar)
    monkeypatch.setattr(cores, "available", lambda: 1)
    monkeypatch.setattr(processes, "interrupts_blocked", contextlib.nullcontext)
    monkeypatch.setattr(processes, "end_with_parent", lambda: None)
    for command in commands_in_order():
        _, _, module, *arguments = command.split()
        if module == "stages.write_report":  # the page shows the number of cores, which is another one here
            shutil.copy(executed.folder / ENVIRONMENT, tmp_path / ENVIRONMENT)
        importlib.import_module(module).main(*arguments)
    outputs = {out.def_path for stage in Repo(str(REPOSITORY)).index.stages for out in stage.outs}
    compared = [path.relative_to(executed.folder) for output in outputs for path in files_in(executed.folder / output)]
    assert len(compared) > 150
    for path in compared:
        assert (tmp_path / path).read_bytes() == (executed.folder / path).read_bytes(), path


def files_in(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]


@pytest.fixture(scope="module")
def workspace(executed: Executed) -> Path:
    return executed.folder


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_every_declared_output_is_there(workspace: Path) -> None:
    declared = [out.def_path for stage in Repo(str(REPOSITORY)).index.stages for out in stage.outs]
    assert len(declared) > 60
    assert [path for path in declared if not (workspace / path).exists()] == []


def test_no_output_is_there_that_is_not_declared_and_no_temporary_file(workspace: Path) -> None:
    declared = {out.def_path for stage in Repo(str(REPOSITORY)).index.stages for out in stage.outs}
    copied = {
        Path("params.yaml"),
        Path("dvc.yaml"),
        *(path.relative_to(REPOSITORY) for path in (REPOSITORY / "params").iterdir()),
    }
    written = {path.relative_to(workspace) for path in workspace.rglob("*") if path.is_file()} - copied
    stray = [path for path in written if not declared & {str(path), *map(str, path.parents)}]
    own = (store.FOLDER, checkpoint.FOLDER, durations.FOLDER)  # Git and DVC ignore them
    stray = [path for path in stray if path.parent not in own]
    assert stray == []
    assert not [path for path in written if "partial" in path.name]


def is_within(key: str, listed: Iterable[str]) -> bool:
    return any(key == section or key.startswith(f"{section}.") for section in listed)


def test_every_stage_lists_every_setting_that_it_reads(executed: Executed) -> None:
    for stage in Repo(str(REPOSITORY)).index.stages:
        listed = {key for dependency in stage.params for key in dependency.params}
        if stage.addressing in ("check_params", "write_report"):  # read all by the file itself
            assert [dependency.def_path for dependency in stage.deps if dependency.def_path == "params.yaml"]
        else:
            assert {key for key in executed.reads[stage.cmd] if not is_within(key, listed)} == set(), stage.addressing


def test_every_stage_depends_on_every_file_of_the_pipeline_that_it_reads(executed: Executed) -> None:
    """What lies at its place from an earlier stage would otherwise be read although it is stale."""
    count = 0
    for stage in Repo(str(REPOSITORY)).index.stages:
        listed = {Path(found.def_path) for found in (*stage.deps, *stage.outs)}
        read = {path for path in executed.files[stage.cmd] if path.parts[0] in ("data", "metrics", "plots", "params")}
        unlisted = {path for path in read if listed.isdisjoint({path, *path.parents})}
        assert {path for path in unlisted if ".partial" not in str(path)} == set(), stage.addressing  # their own files
        count += len(read)
    assert count > 200


READ_FOR_OTHER_SOURCES = {"fetch": {"class_folders"}}
"""Settings that no source of the default profile needs; ``test_own_pictures`` fetches from one that does."""


def test_every_setting_that_a_stage_lists_is_read_by_it_or_by_one_of_its_kind(executed: Executed) -> None:
    kinds: dict[str, tuple[set[str], set[str]]] = {}
    for stage in Repo(str(REPOSITORY)).index.stages:
        listed, read = kinds.setdefault(stage.addressing.split("@")[0], (set(), set()))
        listed |= {key for dependency in stage.params for key in dependency.params}
        read |= executed.reads[stage.cmd]
    for kind, (listed, read) in kinds.items():
        unread = {key for key in listed if not any(is_within(found, [key]) for found in read)}
        assert unread == READ_FOR_OTHER_SOURCES.get(kind, set()), kind
    assert sum(len(listed) for listed, _ in kinds.values()) > 50


def test_clock_metrics_tell_train_test_and_all_apart(workspace: Path) -> None:
    reader = read(workspace / "metrics" / "clock" / "reader.json")
    assert reader.keys() == {"data", "test", "all"}  # it trains on clocks of its own
    for head in HEAD_NAMES:
        metrics = read(workspace / "metrics" / "clock" / f"{head}.json")
        assert metrics.pop("data") == "rendered clocks"
        assert [metrics[part]["images"] for part in ("train", "test", "all")] == [576, 144, 720]
        for part in metrics.values():
            assert 0 <= part["common_sense_error_median_minutes"] <= 360
        weighted = sum(
            metrics[part]["common_sense_error_minutes"] * metrics[part]["images"] for part in ("train", "test")
        )
        assert metrics["all"]["common_sense_error_minutes"] == pytest.approx(weighted / 720, rel=1e-5)


def numbers_in(path: Path) -> Iterator[float]:
    """Every number of a file of metrics or of a table that is not written as a whole one."""

    def within(content: Any) -> Iterator[float]:
        if isinstance(content, dict | list):
            for part in content.values() if isinstance(content, dict) else content:
                yield from within(part)
        elif isinstance(content, float):
            yield content

    if path.suffix == ".json":
        yield from within(read(path))
        return
    for text in pd.read_csv(path, dtype=str, keep_default_na=False).to_numpy().ravel():
        with contextlib.suppress(ValueError):
            if not text.lstrip("-").isdigit() and math.isfinite(number := float(text)):
                yield number


def test_no_number_in_metrics_and_plots_has_more_than_seven_significant_digits(workspace: Path) -> None:
    files = [path for name in ("metrics", "plots") for path in (workspace / name).rglob("*")]
    found = {path: list(numbers_in(path)) for path in files if path.suffix in (".json", ".csv")}
    assert sum(len(numbers) > 0 for numbers in found.values()) > 50
    assert sum(map(len, found.values())) > 1000
    longer = {path.name: [number for number in found[path] if number != float(f"{number:.7g}")] for path in found}
    assert {name: numbers for name, numbers in longer.items() if numbers} == {}


def test_what_stages_hand_on_to_each_other_keeps_all_digits(workspace: Path) -> None:
    for name in ("search/cnn.csv", "raw/clocks/views.csv", "models/clock/reader/history.csv"):
        assert any(number != float(f"{number:.7g}") for number in numbers_in(workspace / "data" / name)), name


def test_the_parameters_of_every_network_are_listed_at_the_reports_sizes(workspace: Path) -> None:
    models = read(workspace / "metrics" / "models.json")
    assert models["clock_multi_head"] == {"total_parameters": 1675193, "trainable_parameters": 1674113}
    assert models["fashion_mnist_cnn"]["total_parameters"] == 1413834


def test_every_clock_is_for_training_or_for_testing(workspace: Path) -> None:
    labels = np.load(workspace / "data" / "raw" / "clocks" / "labels.npy")
    rows = [np.load(workspace / "data" / "clocks" / f"{part}_rows.npy") for part in ("train", "test")]
    assert np.array_equal(np.sort(np.concatenate(rows)), np.arange(len(labels)))


def test_every_reading_is_in_the_reliability_table_and_in_its_calibration_error(workspace: Path) -> None:
    table = pd.read_csv(workspace / "plots" / "clock" / "reliability.csv")
    metrics = read(workspace / "metrics" / "clock" / "random_designs.json")
    assert set(table["set"]) == set(metrics) - {"unreadable"} == {"test", "random_designs"}
    for name, own in table.groupby("set"):
        found = metrics[name]
        assert own["readings"].sum() == found["pictures"]
        exact = (own["readings"] * own["share_right"]).sum()
        assert found["pictures"] - exact == pytest.approx(found["wrong_readings"], abs=1e-3)
        gaps = own["readings"] * (own["mean_stated_probability"] - own["share_right"]).abs()
        assert found["expected_calibration_error"] == pytest.approx(gaps.sum() / found["pictures"], rel=1e-4)
        assert own["share_right"].between(own["share_right_low"], own["share_right_high"]).all()
        assert 0 <= found["share_of_wrong_readings_stated_above_90_percent"] <= 1


def test_no_picture_that_measures_the_reader_is_one_that_it_learns(workspace: Path) -> None:
    raw = workspace / "data" / "raw"
    learnt, unseen = (np.load(raw / "reader_clocks" / name / "images.npy") for name in ("near", "test"))
    clocks = np.load(raw / "clocks" / "images.npy")
    assert (len(learnt), len(unseen), len(clocks)) == (720, 60, 720)
    known = {image.tobytes() for image in learnt[..., 0]}
    assert known.isdisjoint(image.tobytes() for image in [*unseen[..., 0], *clocks])


def test_the_best_three_settings_go_on_to_cifar10(workspace: Path) -> None:
    chosen = read(workspace / "data" / "search" / "best_cnn_settings.json")
    assert (len(chosen["best"]), chosen["published"]) == (3, [])
    assert list(read(workspace / "metrics" / "transfer.json")) == ["data", "rank_1", "rank_2", "rank_3"]


def test_a_point_that_is_listed_twice_shows_the_spread_from_run_to_run(workspace: Path) -> None:
    found = read(workspace / "metrics" / "search" / "cnn.json")
    assert (found["points"], found["runs"], found["repeated_points"]) == (3, 4, 1)
    table = pd.read_csv(workspace / "plots" / "search" / "run_to_run.csv")
    (row,) = table.to_dict("records")
    assert (row["family"], row["optimizer"], row["runs"]) == ("cnn", "adam", 2)
    assert row["difference_between_runs"] == pytest.approx(found["largest_difference_between_runs"])
    assert "published_largest_difference_between_runs" not in found  # of stand-in digits the report knows nothing


@pytest.mark.parametrize("name", BEST_CLASSIFIED)
def test_metrics_and_tables_of_a_best_classifier_agree(name: str, workspace: Path) -> None:
    found = read(workspace / "metrics" / "best_classifier" / f"{name}.json")
    plots = workspace / "plots" / "best_classifier" / name
    confusion, by_class, reliability = (
        pd.read_csv(plots / f"{table}.csv", dtype={"class": str, "actual": str, "predicted": str})
        for table in ("confusion", "per_class", "reliability")
    )
    labels = np.load(workspace / "data" / name / "test_labels.npy")
    assert (
        found["images"] == len(confusion) == by_class["images"].sum() == reliability["predictions"].sum() == len(labels)
    )
    assert confusion["actual"].tolist() == [str(label) for label in labels]  # the stand-ins' classes are digits
    right = confusion["actual"] == confusion["predicted"]
    assert found["test_accuracy"] == pytest.approx(right.mean(), rel=1e-6)
    assert found["wrong_predictions"] == (~right).sum()
    accuracies = right.groupby(confusion["actual"]).mean()
    assert found["test_accuracy_by_class"] == pytest.approx(accuracies.to_dict(), rel=1e-6)
    assert by_class.set_index("class")["test_accuracy"].to_dict() == pytest.approx(accuracies.to_dict(), rel=1e-6)
    assert (found["classes"], reliability["set"].unique().tolist()) == (10, ["test"])


def test_every_metric_and_table_names_the_data_that_it_is_about(workspace: Path) -> None:
    names = {
        "keras_example/mlp": "MNIST's stand-in (digits)",
        "search/mlp": "Fashion-MNIST's stand-in (digits)",
        "search/cnn": "Fashion-MNIST's stand-in (digits)",
        "transfer": "CIFAR-10's stand-in (coloured digits)",
        "best_classifier/fashion_mnist": "Fashion-MNIST's stand-in (digits)",
        "best_classifier/cifar10": "CIFAR-10's stand-in (coloured digits)",
        "clock/reader": "rendered clocks",
        "leaf_classifier": "leaves drawn by the project",
    }
    for path, name in names.items():
        assert read(workspace / "metrics" / f"{path}.json")["data"] == name
    random = read(workspace / "metrics" / "clock" / "random_designs.json")
    assert random["random_designs"]["data"] != random["test"]["data"] == "rendered clocks"
    tables = sorted(path for path in (workspace / "plots").rglob("*.csv") if path.name != "layers.csv")  # of networks
    assert len(tables) > 40
    own = {"reliability.csv", "reproduction.csv"}  # have a name in each row
    for table in tables:
        found = pd.read_csv(table)
        assert table.name in own or found.columns[0] == "data", table
        assert found["data"].dropna().str.contains("stand-in|rendered|drawn").all(), table


def test_of_a_small_run_only_the_report_s_networks_are_reproduced(workspace: Path) -> None:
    table = pd.read_csv(workspace / "plots" / "reproduction.csv")
    of_networks = table["id"].str.contains("/network_")
    assert table[of_networks]["verdict"].tolist() == ["reproduced"] * 6
    assert set(table[~of_networks]["verdict"]) == {"not run at this size"}
    assert table[~of_networks]["data"].str.contains("stand-in|rendered|drawn").all()
    counts = read(workspace / "metrics" / "reproduction.json")["counts"]
    assert (counts["reproduced"], counts["not_run_at_this_size"]) == (6, len(table) - 6)


def test_the_summary_has_a_row_for_every_model_beside_chance(workspace: Path) -> None:
    table = summarise(workspace / "metrics")
    transferred = read(workspace / "metrics" / "transfer.json").keys() - {"data"}
    trained = (*FAMILIES, *transferred, *BEST_CLASSIFIED, *NETWORK_NAMES, *get_args(Generator))
    assert len(table) == len(("mlp", "cnn")) + len(trained)
    assert table["data"].str.contains("stand-in|rendered clocks|drawn").all()
    assert all(map(math.isfinite, [*table["result"], *table["chance"]]))
    assert read(workspace / "metrics" / "summary.json").keys() == {name.split(".")[0] for name in table["name"]} | {
        "report"
    }


def test_every_artifact_is_a_file_that_the_stages_wrote(workspace: Path) -> None:
    for artifact in read_yaml(REPOSITORY / "dvc.yaml")["artifacts"].values():
        assert (workspace / artifact["path"]).is_file(), artifact["path"]


def run_stage(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_stage_called_for_something_unknown_says_what_it_knows(tmp_path: Path) -> None:
    done = run_stage(tmp_path, "stages.fetch", "imagenet")
    assert done.returncode == 2
    assert "choose from mnist" in done.stderr.replace("'", "")


@pytest.fixture
def collapsed(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the stages made, but for a GAN that draws always the same picture, and a VAE that draws real leaves."""
    for part in ("leaves", "models", "samples"):
        shutil.copytree(workspace / "data" / part, tmp_path / "data" / part)
    samples = tmp_path / "data" / "samples" / "gan" / "samples.npy"
    np.save(samples, np.repeat(np.load(samples)[:1], 64, axis=0))
    leaves = np.load(tmp_path / "data" / "leaves" / "images.npy")
    vae = tmp_path / "data" / "samples" / "vae_small"
    np.save(vae / "samples.npy", leaves[:64])
    for space in SPACES:
        seen = np.load(tmp_path / "data" / "samples" / "real" / f"training_{space}_features.npy")
        np.save(vae / f"sample_{space}_features.npy", np.random.default_rng(0).permutation(seen)[:64])
    codes = np.random.default_rng(0).normal(size=(20, 8))
    np.save(tmp_path / "data" / "models" / "generator" / "vae_small" / "held_out_codes.npy", codes)
    shutil.copy(workspace / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_collapsed_generator_is_said_and_marked(collapsed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    importlib.import_module("stages.evaluate_generator").main("gan")
    assert "warning: gan collapsed: its pictures are nearly alike" in capsys.readouterr().err
    assert read(collapsed / "metrics" / "generator" / "gan.json")["collapsed"] == 1
    importlib.import_module("stages.evaluate_generator").main("vae_small")
    found = read(collapsed / "metrics" / "generator" / "vae_small.json")
    assert found["collapsed"] == 0
    assert found["active_units"] == found["latent_dimension"] == 4


def test_generated_leaves_are_compared_with_all_held_out_ones(workspace: Path) -> None:
    held_out = len(np.load(workspace / "data" / "leaves" / "held_out_rows.npy"))
    for name in get_args(Generator):
        found = read(workspace / "metrics" / "generator" / f"{name}.json")
        assert found["images"] == held_out
        assert [found[space]["images"] for space in SPACES] == [held_out, held_out]


def test_of_drawn_leaves_no_claim_of_the_report_is_decided(workspace: Path) -> None:
    claims = pd.read_csv(workspace / "plots" / "generator" / "claims.csv")
    assert claims["verdict"].tolist() == ["not measured"] * 5


def test_one_picture_a_class_is_said_and_marked(collapsed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawn = collapsed / "data" / "samples" / "vae_small"
    samples = np.load(drawn / "samples.npy")
    classes = np.arange(len(samples)) % 2
    np.save(drawn / "samples.npy", samples[classes])
    np.save(drawn / "classes.npy", classes)
    importlib.import_module("stages.evaluate_generator").main("vae_small")
    assert "warning: vae_small collapsed: its pictures of a class are nearly alike" in capsys.readouterr().err
    found = read(collapsed / "metrics" / "generator" / "vae_small.json")
    assert found["smallest_class_spread"] == pytest.approx(0, abs=1e-4)  # of float32
    assert found["collapsed"] == 1


def test_a_collapsed_generator_fails_the_stage_where_the_settings_say_so(collapsed: Path) -> None:
    settings = read_yaml(collapsed / "params.yaml")
    settings["sample"]["on_collapse"] = "fail"
    write_yaml(settings, collapsed / "params.yaml")
    with pytest.raises(InputError, match="expected a generator that did not collapse"):
        importlib.import_module("stages.evaluate_generator").main("gan")
    assert not (collapsed / "metrics").exists()
