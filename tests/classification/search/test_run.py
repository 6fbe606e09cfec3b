import json
import math
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from imagelab.classification.data import write_examples
from imagelab.classification.search import engines, watch
from imagelab.classification.search.engines import Lost
from imagelab.classification.search.grid import Point, Trajectory, trajectories
from imagelab.classification.search.run import search_data_set, tabulate, train_missing, warn_of_failures
from imagelab.classification.search.store import FOLDER, FOLDER_VARIABLE, Store
from imagelab.classification.search.trajectory import Outcome, Study
from imagelab.runtime.errors import InputError
from imagelab.settings import params
from imagelab.settings.classification import MlpNetwork
from imagelab.training import backend, durations, variables
from tests.classification.search.conftest import CountingEngine, made_up, make_study, mlp_points
from tests.conftest import write_yaml


def search(found: Any, study: Study, store: Store, engine: Any) -> pd.DataFrame:
    return tabulate(
        "mlp", found, train_missing("mlp", trajectories(found), study, engine=engine, kept=store), processors=False
    )


def test_the_table_has_a_row_a_point_in_order_with_its_own_metrics(study: Study, store: Store) -> None:
    table = search(mlp_points(learning_rate=[0.02, 0.01]), study, store, CountingEngine())
    assert table.columns.tolist() == [
        *("variant", "optimizer", "learning_rate", "batch_size", "epochs", "run"),
        *("validation_loss", "validation_accuracy", "test_loss", "test_accuracy", "penalty", "failure"),
    ]
    assert table[["learning_rate", "epochs"]].to_numpy().tolist() == [[0.02, 1], [0.01, 1], [0.02, 2], [0.01, 2]]
    assert table["validation_accuracy"].tolist() == pytest.approx([0.201, 0.101, 0.202, 0.102])


def test_a_real_search_trains_what_it_is_asked_for(study: Study, store: Store) -> None:
    table = search(mlp_points(epochs=[1, 40]), study, store, engines.in_process)
    assert table["test_accuracy"].iloc[1] > 0.9
    assert table["test_loss"].iloc[1] < table["test_loss"].iloc[0]


def test_a_penalty_has_a_column_of_its_own_and_is_in_no_loss(study: Study, store: Store) -> None:
    penalised = mlp_points(epochs=[5], variant=["penalised"])
    table = search([*mlp_points(epochs=[5]), *penalised], study, store, engines.in_process)
    assert table["penalty"].iloc[0] == 0
    assert table["penalty"].iloc[1] > 10
    assert (table[["validation_loss", "test_loss"]] < 2).to_numpy().all()


def test_a_point_listed_twice_is_trained_twice_and_the_runs_differ(study: Study, store: Store) -> None:
    table = search(mlp_points(epochs=[2, 2]), study, store, engines.in_process)
    assert table["run"].tolist() == [1, 2]
    assert table["test_loss"].nunique() == 2
    alone = search(mlp_points(epochs=[2]), study, Store(study, store.folder / "alone"), engines.in_process)
    assert alone["test_loss"].tolist() == table["test_loss"].tolist()[:1]  # a second run leaves the first as it is
    engine = CountingEngine()
    pd.testing.assert_frame_equal(search(mlp_points(epochs=[2, 2]), study, store, engine), table, check_exact=True)
    assert engine.asked == []


def test_a_search_keeps_how_long_its_trainings_took(
    study: Study, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    write_examples(study.splits, [str(digit) for digit in range(10)], Path("data"))
    loaded = params.load(write_yaml(settings, tmp_path / "params.yaml"))
    out = Path("mlp.csv")
    found = mlp_points(epochs=[1, 3], learning_rate=[0.01, 0.02])
    search_data_set("search_grid@mlp", found[:2], Path("data"), loaded, out=out)
    search_data_set("search_grid@mlp", found, Path("data"), loaded, out=out)
    (kept,) = durations.of_present()
    assert (kept["name"], list(kept["outputs"]), kept["without_duration"]) == ("search_grid@mlp", ["mlp.csv"], 0)
    assert [training["images"] for training in kept["trainings"]] == [150, 150]  # 3 epochs of 50 images
    assert [training["training"] for training in kept["trainings"]] == list(map(str, trajectories(found)))
    assert all(training["seconds"] > 0 for training in kept["trainings"])
    table = out.read_bytes()
    search_data_set("search_grid@mlp", found, Path("data"), loaded, out=out)
    assert durations.of_present() == [kept]  # nothing was trained
    assert out.read_bytes() == table
    monkeypatch.setenv(FOLDER_VARIABLE, "shared")
    search_data_set("search_grid@mlp", found, Path("data"), loaded, out=out)
    assert len(list(Path("shared").iterdir())) == len(list(FOLDER.iterdir())) == 2
    shutil.rmtree(FOLDER)
    search_data_set("search_grid@mlp", found, Path("data"), loaded, out=out)
    assert not FOLDER.exists() and out.read_bytes() == table
    monkeypatch.setenv(variables.ANY_PROCESSOR, "1")
    search_data_set("search_grid@mlp", found, Path("data"), loaded, out=out)
    assert pd.read_csv(out)["processor"].eq(backend.environment()["processor"]).all()


def test_where_results_of_other_processors_are_taken_the_table_says_what_computed_each_row(
    study: Study, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = backend.environment()["processor"]
    found = mlp_points(learning_rate=[0.01, 0.02])
    first, _ = trajectories(found)
    there = {**backend.environment(), "processor": "another one"}
    store.keep(first, made_up(first)._replace(computed_on=there))
    monkeypatch.setenv(variables.ANY_PROCESSOR, "1")
    engine = CountingEngine()
    outcomes = train_missing("mlp", trajectories(found), study, engine=engine, kept=store)
    assert [trajectory.learning_rate for trajectory in engine.asked] == [0.02]
    table = tabulate("mlp", found, outcomes, processors=True)
    assert table["processor"].tolist() == ["another one", here, "another one", here]
    pd.testing.assert_frame_equal(
        table.drop(columns="processor"), tabulate("mlp", found, outcomes, processors=False), check_exact=True
    )
    monkeypatch.delenv(variables.ANY_PROCESSOR)
    again = CountingEngine()
    train_missing("mlp", trajectories(found), study, engine=again, kept=store)
    assert [trajectory.learning_rate for trajectory in again.asked] == [0.01]


def test_a_training_that_was_lost_has_no_processor(study: Study, store: Store) -> None:
    found = mlp_points(learning_rate=[0.01, 0.02, 0.03])
    outcomes = train_missing("mlp", trajectories(found), study, engine=FailingEngine(), kept=store)
    table = tabulate("mlp", found, outcomes, processors=True).set_index("learning_rate")
    assert table.loc[0.01, "processor"].tolist() == ["", ""]
    assert (table.loc[[0.02, 0.03], "processor"] == backend.environment()["processor"]).all()


def test_a_search_that_was_interrupted_goes_on_where_it_stopped(study: Study, store: Store) -> None:
    found = mlp_points(learning_rate=[0.01, 0.02, 0.03])
    first, second = CountingEngine(dies_after=2), CountingEngine()
    with pytest.raises(KeyboardInterrupt):
        search(found, study, store, first)
    table = search(found, study, store, second)
    assert [trajectory.learning_rate for trajectory in second.asked] == [0.03]
    undisturbed = search(found, study, Store(study, store.folder / "other"), CountingEngine())
    pd.testing.assert_frame_equal(table, undisturbed, check_exact=True)


def test_another_learning_rate_trains_the_new_trajectories_only(study: Study, store: Store) -> None:
    search(mlp_points(learning_rate=[0.01]), study, store, CountingEngine())
    engine = CountingEngine()
    table = search(mlp_points(learning_rate=[0.01, 0.02]), study, store, engine)
    assert [trajectory.learning_rate for trajectory in engine.asked] == [0.02]
    assert len(table) == 4


def test_fewer_values_train_nothing_and_leave_no_stale_row(study: Study, store: Store) -> None:
    search(mlp_points(learning_rate=[0.01, 0.02]), study, store, CountingEngine())
    engine = CountingEngine()
    table = search(mlp_points(learning_rate=[0.02], epochs=[1]), study, store, engine)
    assert engine.asked == []
    assert table[["learning_rate", "epochs"]].to_numpy().tolist() == [[0.02, 1]]


@pytest.mark.parametrize("other", [make_study(seed=2), make_study(brightness=140)], ids=["seed", "data"])
def test_another_seed_or_other_data_train_all(other: Study, study: Study, store: Store) -> None:
    found = mlp_points(learning_rate=[0.01, 0.02])
    search(found, study, store, CountingEngine())
    engine = CountingEngine()
    search(found, other, Store(other, store.folder), engine)
    assert len(engine.asked) == 2


def test_other_code_trains_all(study: Study, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    found = mlp_points(learning_rate=[0.01, 0.02])
    search(found, study, store, CountingEngine())
    monkeypatch.setattr("imagelab.training.digests.of_code", lambda folder, names: "another network")
    engine = CountingEngine()
    search(found, study, Store(study, store.folder), engine)
    assert len(engine.asked) == 2


class FailingEngine:
    """Loses the first trajectory; the second ends early; the others are well."""

    def __call__(self, work: object, study: Study, items: Sequence[Trajectory], seen: object) -> Iterator[Any]:
        yield 0, Lost("given up after 3 attempts: its process died")
        if len(items) > 1:
            early = {1: made_up(items[1]).measured[1]}
            yield 1, Outcome(early, "loss: expected a finite number, received nan", backend.environment())
        yield from ((index, made_up(items[index])) for index in range(2, len(items)))


def test_a_trajectory_that_fails_for_good_is_recorded_and_the_others_finish(
    study: Study, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    table = search(mlp_points(learning_rate=[0.01, 0.02, 0.03]), study, store, FailingEngine())
    by_point = table.set_index(["learning_rate", "epochs"])
    reason = "adam, 0.01, batch 16, 2 epochs; 16, dropout 0.2: given up after 3 attempts: its process died"
    assert by_point.loc[(0.01, 1), "failure"] == reason
    assert math.isnan(by_point.loc[(0.01, 2), "test_accuracy"])
    assert by_point.loc[(0.02, 1), "failure"] == ""  # measured before it failed
    assert by_point.loc[(0.02, 2), "failure"].endswith("received nan")
    assert by_point.loc[0.03, "failure"].tolist() == ["", ""]
    warn_of_failures("search_grid@mlp", table)
    lines = capsys.readouterr().err.splitlines()
    assert lines[-4:] == [
        "warning: search_grid@mlp: 3 of 6 points have no result:",
        f"warning:   {reason} (points: 2)",
        "warning:   loss: expected a finite number, received nan (points: 1)",
        "warning: dvc repro -f -s search_grid@mlp tries these again, and only these",
    ]


def test_what_failed_is_tried_again_by_the_next_search(study: Study, store: Store) -> None:
    found = mlp_points(learning_rate=[0.01, 0.02, 0.03])
    search(found, study, store, FailingEngine())
    engine = CountingEngine()
    table = search(found, study, store, engine)
    assert [trajectory.learning_rate for trajectory in engine.asked] == [0.01, 0.02]
    assert table["failure"].tolist() == [""] * 6


def test_a_search_without_any_result_stops_with_the_first_reason(study: Study, store: Store) -> None:
    with pytest.raises(InputError, match=r"search: mlp: expected one point at least that trains, received adam.*died"):
        search(mlp_points(), study, store, FailingEngine())


def test_the_bar_counts_all_pictures_and_names_the_best(
    study: Study, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    search(mlp_points(learning_rate=[0.01, 0.03, 0.02]), study, store, CountingEngine())
    shown = capsys.readouterr().err.split("\r")[-1]
    assert (
        "mlp: 3/3 trajectories, best on validation 0.3020 (adam, 0.03, batch 16, 2 epochs; 16, dropout 0.2): 100%"
        in shown
    )
    assert "300/300" in shown  # 50 pictures, 2 epochs, 3 trajectories


def test_what_is_kept_counts_as_done_and_not_for_the_speed(study: Study) -> None:
    joined = trajectories(mlp_points(learning_rate=[0.01, 0.02, 0.03]))
    with watch.SearchBar("mlp", joined, {joined[1]: made_up(joined[1])}, images=50) as bar:
        assert (bar.bar.n, bar.bar.initial, bar.bar.total) == (100, 100, 300)
        bar.add_images(30)
        bar.finished(joined[0], made_up(joined[0]))
        assert (bar.bar.n, bar.done) == (200, 2)


def test_two_networks_with_the_same_settings_are_told_apart(study: Study, store: Store) -> None:
    networks = [MlpNetwork(hidden=(8,), dropout=(0.0,), l1_on_first=factor) for factor in (0.0, 0.01)]
    points = [Point("v", network, "adam", 0.01, 16, 1) for network in networks]
    described = [str(trajectory) for trajectory in trajectories(points)]
    assert described == [
        "adam, 0.01, batch 16, 1 epochs; 8, dropout 0",
        "adam, 0.01, batch 16, 1 epochs; 8, dropout 0, L1 0.01",
    ]


def test_the_live_page_is_written_on_request_and_dvc_yaml_is_left_alone(
    study: Study, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    search(mlp_points(), study, Store(study, tmp_path / "first"), CountingEngine())
    assert not (tmp_path / "dvclive").exists()
    monkeypatch.setenv(watch.LIVE, "1")
    search(mlp_points(learning_rate=[0.01, 0.02]), study, Store(study, tmp_path / "second"), CountingEngine())
    assert (tmp_path / "dvclive" / "mlp" / "report.html").exists()
    metrics = json.loads((tmp_path / "dvclive" / "mlp" / "metrics.json").read_text())
    assert metrics["best_validation_accuracy"] == pytest.approx(0.202)
    assert [path.name for path in tmp_path.glob("*.y*ml")] == []
