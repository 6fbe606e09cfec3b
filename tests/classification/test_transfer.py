"""From the search to the tables that lay the report's numbers beside ours, with made-up results of trainings."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from imagelab.classification.search.grid import Point
from imagelab.datasets.published_classes import DIGITS
from imagelab.settings import params
from imagelab.settings.classification import FAMILIES, SETTINGS
from imagelab.storage import class_names, writing
from stages import evaluate_transfer, rank_grid, transfer_cifar10
from tests.conftest import REPOSITORY, read_yaml, write_yaml

REPORT = [("adamax", 0.0005, 128, 10), ("adamax", 0.001, 256, 10), ("adamax", 0.001, 512, 20)]
OURS = [("nadam", 0.001, 64, 10), REPORT[1], ("adam", 0.001, 64, 5)]  # the second is the report's second too

Prepare = Callable[..., Path]


def results(settings: list[tuple[str, float, int, int]], **more: Any) -> pd.DataFrame:
    table = pd.DataFrame(settings, columns=list(SETTINGS))
    accuracies = [0.9 - place / 100 for place in range(len(table))]
    losses = {"validation_loss": 1.0, "validation_accuracy": accuracies, "test_loss": 1.0, "test_accuracy": accuracies}
    return table.assign(**{"run": 1, **losses, "failure": "", **more})


@pytest.fixture
def prepare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prepare:
    """Make a folder with the results of a search on local copies or on stand-ins, and rank them."""
    monkeypatch.chdir(tmp_path)

    def search(table: pd.DataFrame, *, source: str = "a/folder", own: bool = False, published_best: bool) -> Path:
        settings = read_yaml(REPOSITORY / "params.yaml")
        settings["rank"]["published_best"] = published_best
        settings["fetch"] |= {"fashion_mnist": source, "cifar10": source}
        write_yaml(settings, tmp_path / "params.yaml")
        (tmp_path / "data" / "search").mkdir(parents=True)
        for dataset in ("fashion_mnist", "cifar10"):
            class_names.write(DIGITS, tmp_path / "data" / dataset, own=own)
        for family in FAMILIES:
            own = table.assign(variant="one_hidden") if family == "mlp" else table
            own.to_csv(tmp_path / "data" / "search" / f"{family}.csv", index=False)
        rank_grid.main()
        return tmp_path

    return search


def trained_on_cifar10(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Run the stage with made-up trainings; return the settings that it asks for."""
    asked: list[tuple[Any, ...]] = []

    def search(name: str, points: list[Point], folder: Path, settings: params.Params, *, out: Path) -> None:
        asked.extend((point.optimizer, point.learning_rate, point.batch_size, point.epochs) for point in points)
        writing.write_csv(results(asked), out)

    monkeypatch.setattr(transfer_cifar10, "search_data_set", search)
    transfer_cifar10.main()
    evaluate_transfer.main()
    return asked


def read(path: str) -> Any:
    return json.loads(Path(path).read_text())


def test_the_reports_own_settings_are_trained_beside_ours_and_each_setting_once(
    prepare: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(results(OURS), published_best=True)
    assert trained_on_cifar10(monkeypatch) == [*OURS, REPORT[0], REPORT[2]]
    table = pd.read_csv("plots/transfer/table_4.csv")
    assert table["rank_on_fashion_mnist"].fillna(0).tolist() == [1, 2, 3, 0, 0]
    assert table["row_of_the_reports_table"].fillna(0).tolist() == [0, 2, 0, 1, 3]
    assert table["published_test_accuracy"].fillna(0).tolist() == [0, 0.4563, 0, 0.4854, 0.5249]
    metrics = read("metrics/transfer.json")
    assert metrics.pop("data") == "CIFAR-10 (local copy)"
    assert list(metrics) == ["rank_1", "rank_2", "rank_3", "report_1", "report_2", "report_3"]
    assert metrics["rank_2"] == metrics["report_2"]
    assert [metrics[f"report_{place}"]["test_accuracy"] for place in (1, 2, 3)] == pytest.approx([0.87, 0.89, 0.86])


def test_the_processor_of_each_run_stands_in_the_ranked_tables_where_the_search_names_it(
    prepare: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(results(OURS).assign(processor=["a", "b", "c"]), published_best=False)
    trained_on_cifar10(monkeypatch)
    ranked = pd.read_csv("plots/search/table_6.csv")
    assert ranked["processor"].tolist() == ["a", "b", "c"]
    assert pd.read_csv("plots/search/table_2.csv")["processor"].tolist() == ["a", "b", "c"]
    assert "processor" not in pd.read_csv("plots/search/explained_spread.csv")["hyperparameter"].tolist()


def test_ours_alone_are_trained_where_the_settings_say_so(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(results(OURS), published_best=False)
    assert trained_on_cifar10(monkeypatch) == OURS
    assert list(read("metrics/transfer.json")) == ["data", "rank_1", "rank_2", "rank_3"]


@pytest.mark.parametrize("other", [{"source": "demo"}, {"own": True}], ids=["stand-ins", "own"])
def test_on_other_pictures_no_accuracy_of_the_report_is_shown(
    other: dict[str, Any], prepare: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(results(OURS), **other, published_best=True)
    trained_on_cifar10(monkeypatch)
    for name in ("transfer/table_4", "search/table_2", "search/table_6"):
        assert pd.read_csv(f"plots/{name}.csv")["published_test_accuracy"].isna().all()


def test_the_profiles_of_the_report_ask_for_its_own_settings_and_the_others_do_not() -> None:
    paths = [REPOSITORY / "params.yaml", *(REPOSITORY / "params").glob("*.yaml")]
    asking = {path.stem for path in paths if params.load(path).rank.published_best}
    assert asking == {"paper", "paper_cpu", "full_grid"}


def test_the_spread_of_the_reports_own_runs_stands_beside_ours(prepare: Prepare) -> None:
    twice = [("adam", 0.001, 64, 5), ("adam", 0.001, 64, 5), ("adam", 0.001, 64, 20), ("adam", 0.001, 64, 20)]
    prepare(results([*OURS[:2], *twice], run=[1, 1, 1, 2, 1, 2]), published_best=False)
    table = pd.read_csv("plots/search/run_to_run.csv")
    table = table[table["family"] == "cnn"]
    assert table["epochs"].tolist() == [5, 20]
    assert table["difference_between_runs"].tolist() == pytest.approx([0.01, 0.01])
    assert table["published_difference_between_runs"].tolist() == pytest.approx([0.002, 0.006])
    assert table["published_uncertain"].tolist() == [False, True]
    metrics = read("metrics/search/cnn.json")
    assert (metrics["points"], metrics["runs"], metrics["repeated_points"]) == (4, 6, 2)
    assert metrics["largest_difference_between_runs"] == pytest.approx(0.01)
    assert metrics["published_largest_difference_between_runs"] == pytest.approx(0.006)
    assert metrics["published_mean_difference_between_runs"] == pytest.approx(0.004)
    marked = pd.read_csv("plots/search/table_6.csv").set_index(["epochs", "run"])["published_uncertain"]
    assert marked[20].tolist() == [False, True]


def test_without_a_point_that_is_listed_twice_the_table_of_runs_is_empty(prepare: Prepare) -> None:
    prepare(results(OURS), published_best=False)
    table = pd.read_csv("plots/search/run_to_run.csv")
    assert len(table) == 0
    assert {"family", "mean_test_accuracy", "difference_between_runs"} <= set(table)
    assert read("metrics/search/cnn.json")["repeated_points"] == 0
