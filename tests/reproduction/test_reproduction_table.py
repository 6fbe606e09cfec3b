"""The stage on a run of the report's profile that measured what the test says."""

import contextlib
import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from imagelab.reproduction import facts, full_size, published, reproduction_table, rules
from imagelab.runtime.errors import InputError
from imagelab.settings import params
from imagelab.storage import reading, writing
from tests.conftest import REPOSITORY, read_yaml, write_yaml
from tests.reproduction import full_run
from tests.reproduction.test_rules import REACH_HALF_WAY_TO_A_GUESS

FACTS = facts.all_facts()
NOT_RUN, OTHER_PICTURES = "not run at this size", "not on these pictures"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    full_run.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def compared(run: Path) -> dict[str, dict[str, Any]]:
    importlib.import_module("stages.compare_with_report").main()
    entries: dict[str, dict[str, Any]] = json.loads((run / "metrics" / "reproduction.json").read_text())["entries"]
    return entries


def verdicts(run: Path) -> dict[str, str]:
    return {name: entry["verdict"] for name, entry in compared(run).items()}


def change(path: Path, edit: Callable[[Any], object]) -> None:
    content = read_yaml(path) if path.suffix == ".yaml" else json.loads(path.read_text())
    edit(content)
    write_yaml(content, path) if path.suffix == ".yaml" else path.write_text(json.dumps(content))


def set_run(folder: Path, name: str, accuracy: float, **settings: object) -> None:
    path = folder / "data" / ("transfer" if name == "cifar10" else "search") / f"{name}.csv"
    table = reading.read_csv(path)
    same = pd.Series(True, table.index)
    for key, value in settings.items():
        same &= table[key] == value
    assert same.sum() == 1
    table.loc[same, "test_accuracy"] = accuracy
    full_run.write_runs(folder, name, table)


def test_what_the_report_prints_is_reproduced_by_itself(run: Path) -> None:
    entries = compared(run)
    others = {name: entry["verdict"] for name, entry in entries.items() if entry["verdict"] != "reproduced"}
    assert others == {
        "clocks/all_images_per_hour": "differs",  # figure 8's bins; 18,000 pictures of 12 hours are 1,500 an hour
        "leaves/all_max_classes_per_crop": "differs",  # 5 give 33 classes
        **dict.fromkeys(REACH_HALF_WAY_TO_A_GUESS, "cannot tell"),
        "claims/classify/best_mlp": "cannot tell",  # 0.888 and 0.885
        "claims/classify/best_cnn": "cannot tell",  # 0.905 and 0.903
        "claims/leaves/epochs": NOT_RUN,  # the profile trains 50 epochs
    }
    for name, entry in entries.items():
        if name.startswith("claims/"):
            assert entry["difference"] is None and isinstance(entry["published"], str)
        elif name not in others:
            assert entry["difference"] == pytest.approx(0, abs=1e-9)


def test_every_fact_has_one_entry_and_one_row_and_the_counts_are_theirs(run: Path) -> None:
    entries = compared(run)
    table = pd.read_csv(run / "plots" / "reproduction.csv")
    assert list(entries) == table["id"].tolist() == [fact.id for fact in FACTS]
    assert table["verdict"].tolist() == [entry["verdict"] for entry in entries.values()]
    counts = json.loads((run / "metrics" / "reproduction.json").read_text())["counts"]
    assert {name.replace("_", " "): count for name, count in counts.items() if count} == table[
        "verdict"
    ].value_counts().to_dict()
    assert sum(counts.values()) == len(FACTS)
    assert list(counts) == [verdict.replace(" ", "_") for verdict in rules.VERDICTS]
    required = {"section", "published", "ours", "difference", "split", "verdict", "data"}
    assert all(required <= set(entry) <= required | {"uncertain"} for entry in entries.values())


MLPS = Path("data/search/mlp.csv")


def test_of_a_part_of_a_run_the_rest_counts_as_not_run(run: Path) -> None:
    """Although files of another run lie where the rest would be."""
    whole = {entry.id: entry for entry in reproduction_table.compare(run)}
    part = {entry.id: entry for entry in reproduction_table.compare(run, outputs=[MLPS, Path("metrics/clock")])}
    nothing = {entry.id: entry for entry in reproduction_table.compare(run, outputs=[])}
    assert list(part) == list(whole) == list(nothing)
    counted = ("clocks/", "leaves/", "clock_classification/network", "clock_regression/network", "clock_multi_head/net")
    for name, entry in nothing.items():
        same = name.startswith(counted)
        assert entry.verdict == (whole[name].verdict if same else NOT_RUN), name
        assert (entry.ours, entry.difference) == (whole[name].ours, whole[name].difference) or not same
    judged = [name for name in part if part[name] == whole[name] and part[name] != nothing[name]]
    assert {name.split("/")[0] for name in judged} == {
        "mlp",
        "clock_classification",
        "clock_regression",
        "clock_multi_head",
        "claims",
    }
    assert {name for name in judged if name.startswith("claims/")} == {
        "claims/classify/best_mlp",
        "claims/classify/worst_mlp",
        "claims/classify/best_point_of_two_hidden",
        "claims/classify/best_point_of_dropout_after_first",
        "claims/clocks/multi_head_before_classification",
        "claims/clocks/classification_before_regression",
    }
    assert all(part[name] == nothing[name] for name in part if name not in judged and part[name] != whole[name])


def test_what_is_printed_garbled_is_marked_and_nothing_else(run: Path) -> None:
    marked = [name for name, entry in compared(run).items() if entry.get("uncertain")]
    assert marked == [
        "cnn/adamax_0.001_128_20",
        "cnn/adam_0.001_512_10",
        "cnn/adam_0.001_64_20_run_2",
        "cnn/adamax_0.001_128_5",
    ]


def test_every_kind_of_verdict_comes_from_what_was_measured(run: Path) -> None:
    best = {"optimizer": "adamax", "learning_rate": 0.0005, "batch_size": 128, "epochs": 10}
    set_run(run, "cnn", 0.895, **best)  # 0.010 below, of which 0.0084 may be chance
    set_run(run, "cnn", 0.892, **(best | {"batch_size": 64}))  # 0.006 below
    normalised = reading.read_csv(run / "data" / "search" / "cnn_batch_norm.csv").assign(test_accuracy=0.916)
    full_run.write_runs(run, "cnn_batch_norm", normalised)
    change(run / "metrics/clock/regression.json", lambda found: found["all"].update(common_sense_error_minutes=48.4))
    change(run / "params.yaml", lambda settings: settings["keras_example"]["cnn"].update(epochs=6))
    change(run / "params.yaml", lambda settings: settings["fetch"].update(clocks="a/folder"))
    entries = compared(run)
    found = {name: entry["verdict"] for name, entry in entries.items()}
    assert found["cnn/adamax_0.0005_128_10"] == "worse"
    assert found["cnn/adamax_0.0005_64_10"] == "reproduced"
    assert found["cnn_batch_norm/nadam_0.001_256_10"] == "better"
    assert found["claims/classify/batch_normalization"] == "differs"
    assert found["keras_example_cnn/test_accuracy"] == NOT_RUN
    assert found["claims/classify/best_mlp"] == "cannot tell"
    error = entries["clock_regression/all_common_sense_error_minutes"]
    assert (error["verdict"], error["ours"], error["difference"]) == (OTHER_PICTURES, 48.4, pytest.approx(-48.6))
    assert set(found.values()) == set(rules.VERDICTS)


def test_a_smaller_error_is_better_and_a_smaller_accuracy_is_worse(run: Path) -> None:
    change(run / "metrics/clock/regression.json", lambda found: found["all"].update(common_sense_error_minutes=48.4))
    change(run / "metrics/clock/multi_head.json", lambda found: found["all"].update(hour_accuracy=0.9))
    found = verdicts(run)
    assert found["clock_regression/all_common_sense_error_minutes"] == "better"
    assert found["clock_multi_head/all_hour_accuracy"] == "worse"


def test_a_training_that_failed_is_worse_and_has_no_number(run: Path) -> None:
    set_run(run, "cifar10", np.nan, optimizer="adamax", learning_rate=0.001, batch_size=512, epochs=20)
    entries = compared(run)
    entry = entries["cifar10/adamax_0.001_512_20"]
    assert (entry["verdict"], entry["ours"], entry["difference"]) == ("worse", None, None)
    assert entries["claims/classify/best_on_cifar10"]["verdict"] == "differs"


def test_a_bad_repetition_of_our_own_makes_no_number_reproduced(run: Path) -> None:
    point = {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 64, "epochs": 5}
    set_run(run, "cnn", 0.89, optimizer="adamax", learning_rate=0.0005, batch_size=128, epochs=10)  # 0.015 below
    assert verdicts(run)["cnn/adamax_0.0005_128_10"] == "worse"
    set_run(run, "cnn", 0.450, **point, run=2)
    assert verdicts(run)["cnn/adamax_0.0005_128_10"] == "cannot tell"  # so far apart may chance bring two runs


def test_a_second_run_of_an_mlp_does_not_count(run: Path) -> None:
    table = reading.read_csv(run / "data" / "search" / "mlp.csv")
    full_run.write_runs(run, "mlp", pd.concat([table, table.assign(run=2, test_accuracy=0.99)]))
    entries = compared(run)
    mlps = [entry for name, entry in entries.items() if name.startswith("mlp/")]
    assert [entry["verdict"] for entry in mlps] == ["reproduced"] * 6
    assert [entry["difference"] for entry in mlps] == pytest.approx([0] * 6)


def test_a_point_that_is_missing_was_not_run(run: Path) -> None:
    path = run / "data" / "search" / "cnn.csv"
    table = reading.read_csv(path)
    full_run.write_runs(run, "cnn", table.drop(0))
    found = verdicts(run)
    assert found["cnn/adamax_0.0005_128_10"] == found["claims/classify/best_cnn"] == NOT_RUN
    assert found["cnn/adamax_0.001_256_10"] == "reproduced"
    table = reading.read_csv(run / "data" / "search" / "mlp.csv")
    full_run.write_runs(run, "mlp", table[table["epochs"] != 10])
    found = verdicts(run)
    mlps = [name for name in found if name.startswith("mlp/")]
    assert {name: found[name] for name in mlps if found[name] != NOT_RUN} == {"mlp/dropout_after_first": "reproduced"}
    assert found["claims/classify/best_mlp"] == NOT_RUN


@pytest.mark.parametrize(
    ("data", "source", "beginnings"),
    [
        ("mnist", "demo", ["keras_example_"]),
        ("fashion_mnist", "demo", ["mlp/", "cnn/", "cnn_batch_norm/"]),
        ("cifar10", "demo", ["cifar10/"]),
        ("clocks", "render", ["clocks/", "clock_"]),
        ("leaves", "demo", ["leaves/", "claims/leaves/"]),
    ],
)
def test_stand_ins_at_the_report_s_size_are_shown_and_are_other_pictures(
    run: Path, data: str, source: str, beginnings: list[str]
) -> None:
    change(run / "params.yaml", lambda settings: settings["fetch"].update({data: source}))
    entries = compared(run)
    about = {name: entry for name, entry in entries.items() if name.startswith(tuple(beginnings))}
    about = {name: entry for name, entry in about.items() if "/network_" not in name}
    assert len(about) > 1
    for name, entry in about.items():
        assert entry["verdict"] == (NOT_RUN if name == "claims/leaves/epochs" else OTHER_PICTURES), name
        assert entry["ours"] is not None
    rest = {
        entry["verdict"] for name, entry in entries.items() if entry["data"] not in {e["data"] for e in about.values()}
    }
    assert "reproduced" in rest and OTHER_PICTURES not in rest


@pytest.mark.parametrize(("most", "expected"), [(6, "differs"), (5, "reproduced"), (4, "differs")])
def test_the_most_classes_of_a_crop_are_counted_among_those_that_were_chosen(
    run: Path, most: int, expected: str
) -> None:
    """Whatever the settings say, which are those of the profile here: 6."""
    source = (10, *full_run.CLASSES_OF_CROPS[1:])
    full_run.write_leaves(run, source=source, chosen=[min(count, most) for count in source])
    entries = compared(run)
    entry = entries["leaves/all_max_classes_per_crop"]
    assert (entry["ours"], entry["verdict"]) == (most, expected)
    assert entries["leaves/all_classes"]["ours"] == {6: 34, 5: 33, 4: 32}[most]


def test_a_small_run_on_other_pictures_is_small_first(run: Path) -> None:
    change(run / "params.yaml", lambda settings: settings["fetch"].update(mnist="demo"))
    change(run / "params.yaml", lambda settings: settings["prepare"].update(most_training_images=1000))
    found = verdicts(run)
    assert found["keras_example_mlp/test_accuracy"] == NOT_RUN


def test_clocks_of_another_number_or_size_are_no_run_at_the_report_s_size(run: Path) -> None:
    full_run.write_clocks(run, images_per_time=4, size=36)
    change(run / "params.yaml", lambda settings: settings["fetch"].update(clocks="a/folder"))
    found = verdicts(run)
    about = {name: verdict for name, verdict in found.items() if name.startswith("clock") and "/network_" not in name}
    assert set(about.values()) == {NOT_RUN}


def test_of_the_default_profile_only_the_sizes_of_networks_have_another_verdict(run: Path) -> None:
    write_yaml(read_yaml(REPOSITORY / "params.yaml"), run / "params.yaml")
    # its search has none of the report's points
    for name in ("mlp", "cnn", "cnn_batch_norm"):
        path = run / "data" / "search" / f"{name}.csv"
        full_run.write_runs(run, name, reading.read_csv(path).assign(epochs=1))
    found = verdicts(run)
    assert {name for name, verdict in found.items() if verdict != NOT_RUN} == {
        fact.id for fact in FACTS if ".parameters." in fact.path
    }


def test_a_claim_that_is_missing_from_the_generators_table_stops_the_stage_with_one_line(run: Path) -> None:
    path = run / "plots" / "generator" / "claims.csv"
    writing.write_csv(reading.read_csv(path).iloc[1:], path)
    with pytest.raises(
        InputError, match=r"claims\.csv: claims: expected 'The VAE's images are blurred', received More"
    ):
        compared(run)
    assert not (run / "metrics" / "reproduction.json").exists() and not (run / "plots" / "reproduction.csv").exists()


def test_without_the_report_s_profile_the_stage_says_so(run: Path) -> None:
    (run / "params" / "paper.yaml").unlink()
    with pytest.raises(InputError, match=r"params/paper\.yaml: settings: expected a file, received nothing"):
        compared(run)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("metrics/clock/regression.json", '{"test": {}, "all": {}}',
         "metrics/clock/regression.json: all: common_sense_error_minutes: expected a number, received none"),
        ("metrics/clock/regression.json", '{"test": {}, "all": {"common_sense_error_minutes": "97"}}',
         "metrics/clock/regression.json: all: common_sense_error_minutes: expected a number, received 97"),
        ("metrics/keras_example/cnn.json", '{"test": 3}',
         "metrics/keras_example/cnn.json: test: accuracy: expected a number, received none"),
        ("metrics/keras_example/cnn.json", "{}", "file: expected the key test, received none"),
        ("metrics/models.json", '{"clock_classification": {}}',
         "file: expected the key clock_regression, received clock_classification"),
        ("plots/clock/multi_head/history.csv", "epoch\n1\n",
         "plots/clock/multi_head/history.csv: first epoch: hour_loss: expected a number, received none"),
        ("data/search/mlp.csv", "optimizer\nadam\n", "table: expected the column learning_rate, received optimizer"),
        ("data/transfer/cifar10.csv", "", "table: expected a .csv file, received No columns to parse from file"),
        ("plots/generator/claims.csv", "claim,numbers\na,b\n",
         "table: expected the column verdict, received claim, numbers"),
        ("data/raw/leaves/leaves.tar", "a text", "archive: expected a whole .tar of leaves"),
        ("data/leaves/classes.json", "{}", "file: expected the key classes, received none"),
    ],
)  # fmt: skip
def test_a_damaged_measurement_stops_the_stage_with_one_line(run: Path, name: str, content: str, message: str) -> None:
    (run / name).write_text(content)
    with pytest.raises(InputError) as caught:
        compared(run)
    assert message in str(caught.value)
    assert not (run / "metrics" / "reproduction.json").exists() and not (run / "plots" / "reproduction.csv").exists()


PAPER = params.load(REPOSITORY / "params" / "paper.yaml")
CANDIDATES: tuple[Any, ...] = (0, 1, 2, 5, 16, 256, 0.5, True, False, *("area", "mean", "grid", "cosine", "classes"))
CANDIDATES += ("resize", "fail", "spherical", [1, 2], [16, 32], [16, 32, 64], [0.25], [0.1, 0.2], [1])
"""Values of which one at least is valid for every setting, and another one than the profile's."""


def with_another_value(key: str) -> params.Params:
    """The report's profile with one setting changed."""
    *parents, last = key.split(".")
    content: Any = PAPER.model_dump(mode="json")
    section = content
    for name in parents:
        section = section[name]
    before = section[last]
    for value in CANDIDATES:
        section[last] = value
        with contextlib.suppress(ValidationError):
            if value != before:
                return params.Params.model_validate_json(json.dumps(content))
    raise AssertionError(f"no other value of {key}")


@pytest.mark.parametrize("path", rules.load().decided_by)
def test_a_verdict_can_only_come_from_a_run_of_the_report_s_profile(path: str) -> None:
    found = rules.load()
    longer = tuple(found.longer.get(path, ()))
    for section in full_size.deciding(path, PAPER):
        keys = [key for key in full_size.values(PAPER, section) if key not in (*found.may_differ, *longer)]
        assert keys
        for key in keys:
            assert key in full_size.differing(path, with_another_value(key), PAPER)


def test_what_may_differ_makes_no_run_smaller() -> None:
    for key in rules.load().may_differ:
        settings = with_another_value(key)
        for path in rules.load().decided_by:
            assert full_size.differing(path, settings, PAPER) == tuple(rules.load().longer.get(path, ()))


def test_seed_precision_threads_and_sources_may_differ(tmp_path: Path) -> None:
    content = read_yaml(REPOSITORY / "params" / "paper.yaml")
    content |= {"seed": 2, "precision": "mixed_bfloat16", "threads": 1}
    content["fetch"] = dict.fromkeys(content["fetch"], "a/folder")
    content["search"]["mlp"]["grid"] = content["search"]["mlp"]["grid"][:1]
    content["search"]["mlp"]["grid"][0]["optimizer"] = ["adam", "nadam"]
    content["vae"]["snapshot_epochs"] = [50]
    settings = params.load(write_yaml(content, tmp_path / "params.yaml"))
    for fact in FACTS:
        expected = ("vae.epochs",) if fact.path == "claims.leaves.epochs" else ()
        assert full_size.differing(fact.path, settings, PAPER) == expected


def test_the_claim_about_more_epochs_needs_the_longer_training(tmp_path: Path) -> None:
    content = read_yaml(REPOSITORY / "params" / "paper.yaml")
    content["vae"] |= {"epochs": 100, "snapshot_epochs": [50]}
    settings = params.load(write_yaml(content, tmp_path / "params.yaml"))
    assert full_size.differing("claims.leaves.epochs", settings, PAPER) == ()
    assert full_size.differing("claims.leaves.blurred", settings, PAPER) == ("vae.epochs",)


def test_an_mlp_variant_that_the_settings_do_not_have_was_not_run_at_the_report_s_size(tmp_path: Path) -> None:
    content = read_yaml(REPOSITORY / "params" / "paper.yaml")
    content["search"]["mlp"]["variants"].pop("one_hidden")
    content["search"]["mlp"]["grid"][0]["variant"].remove("one_hidden")
    settings = params.load(write_yaml(content, tmp_path / "params.yaml"))
    path = "fashion_mnist.mlp.one_hidden.test_accuracy"
    assert full_size.differing(path, settings, PAPER)
    other = "fashion_mnist.mlp.two_hidden.test_accuracy"
    assert not full_size.differing(other, settings, PAPER)


def test_every_setting_that_can_decide_a_verdict_is_a_parameter_of_the_stage() -> None:
    listed = read_yaml(REPOSITORY / "dvc.yaml")["stages"]["compare_with_report"]["params"]
    keys = {key for decided in rules.load().decided_by.values() for key in decided.settings}
    assert {key.split(".")[0] for key in keys} | {"fetch", "demo", "render"} == set(listed)
    assert published.clock_images() == (18_000, 150, 150)
