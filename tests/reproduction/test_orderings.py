"""Claims about which run or network is better than which."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelab.classification.search import grid
from imagelab.reproduction import orderings, published, rules
from imagelab.reproduction.orderings import Accuracies
from imagelab.settings import params
from tests.conftest import REPOSITORY
from tests.reproduction.full_run import ACCURACY, mlp_runs

BEST = {"optimizer": "adamax", "learning_rate": 0.0005, "batch_size": 128, "epochs": 10}


def printed_runs() -> dict[str, pd.DataFrame]:
    """Our runs, if they were the report's."""
    found = {family: published.runs(family).rename(columns=ACCURACY) for family in ("cnn", "cnn_batch_norm")}
    return {**found, "mlp": mlp_runs(), "cifar10": published.transfer().rename(columns=ACCURACY)}


def decided(results: dict[str, pd.DataFrame], name: str, spread: float = 0) -> str:
    return orderings.of_accuracies(Accuracies(results, 10_000, spread))[name].answer


def with_accuracy(table: pd.DataFrame, accuracy: float, **settings: object) -> pd.DataFrame:
    own = orderings.are(table, settings)
    assert own.any()
    return table.assign(test_accuracy=table["test_accuracy"].mask(own, accuracy))


@pytest.mark.parametrize(
    ("accuracy", "verdict"), [(0.95, "yes"), (0.905, "cannot tell"), (0.899, "cannot tell"), (0.88, "no")]
)
def test_a_best_point_leads_beyond_chance_or_is_beaten_beyond_chance_or_nobody_can_tell(
    accuracy: float, verdict: str
) -> None:
    results = printed_runs()
    results["cnn"] = with_accuracy(results["cnn"], accuracy, **BEST)
    assert decided(results, "best_cnn") == verdict
    assert decided(results, "best_cnn", spread=100) == "cannot tell"


@pytest.mark.parametrize(("lead", "verdict"), [(0.008, "cannot tell"), (0.012, "yes")])
def test_the_best_of_many_must_lead_by_more_than_chance_gives_the_best_of_so_many(lead: float, verdict: str) -> None:
    """One pair of runs differs by 0.006 at most, 41 pairs by 0.0095."""
    results = printed_runs()
    results["cnn"] = with_accuracy(results["cnn"].assign(test_accuracy=0.895), 0.895 + lead, **BEST)
    assert decided(results, "best_cnn") == verdict
    alone = Accuracies(results, 10_000, 0).compare(0.895 + lead, 0.895, "both", pairs=1)
    assert alone.answer == "yes"


def test_second_runs_do_not_compete() -> None:
    results = printed_runs()
    results["cnn"] = with_accuracy(results["cnn"], 0.99, run=2)
    assert decided(results, "best_cnn") == "cannot tell"
    second = results["mlp"].assign(run=2, test_accuracy=0.99)
    results["mlp"] = pd.concat([results["mlp"], second])
    assert decided(results, "best_point_of_two_hidden") == "yes"
    assert decided(results, "worst_mlp") == "yes"


def test_the_full_grid_which_repeats_nothing_decides_every_claim_about_the_cnn() -> None:
    settings = params.load(REPOSITORY / "params" / "full_grid.yaml")
    slow = rules.load().slow_optimizers
    cnn = pd.DataFrame([point.row() for point in grid.points(settings.search.cnn)])
    cnn = cnn.assign(test_accuracy=0.8 - 0.5 * cnn["optimizer"].isin(slow))
    assert set(cnn["run"]) == {1}
    results = printed_runs() | {"cnn": with_accuracy(cnn, 0.9, **BEST)}
    assert decided(results, "best_cnn") == decided(results, "slow_optimizers") == "yes"
    assert decided(results, "batch_normalization") != "not measured"


def test_a_second_run_is_needed_nowhere_and_competes_nowhere() -> None:
    results = printed_runs()
    second = results["cnn"]["run"] == 2
    assert second.any()
    without = results | {"cnn": results["cnn"][~second]}
    bad = results | {"cnn": results["cnn"].assign(test_accuracy=results["cnn"]["test_accuracy"].mask(second, 0.01))}
    for name in ("best_cnn", "slow_optimizers"):
        assert decided(without, name) == decided(bad, name) == decided(results, name) != "not measured"


def test_a_best_mlp_is_the_best_of_its_grid_and_a_grid_without_the_printed_points_is_too_small() -> None:
    results = printed_runs()
    results["mlp"] = with_accuracy(results["mlp"], 0.93, variant="dropout_after_first")
    assert decided(results, "best_mlp") == "yes"
    results["mlp"] = with_accuracy(results["mlp"], 0.98, variant="one_hidden", epochs=10)
    assert decided(results, "best_mlp") == "no"
    results["mlp"] = with_accuracy(results["mlp"], 0.96, variant="l1_on_first", epochs=10)
    assert decided(results, "worst_mlp") == "no"
    fewer = results | {"mlp": results["mlp"][results["mlp"]["variant"] != "one_hidden"]}
    assert decided(fewer, "best_mlp") == decided(fewer, "worst_mlp") == "not measured"
    assert decided(fewer, "best_point_of_two_hidden") != "not measured"
    alone = results["mlp"][results["mlp"]["epochs"] == 30]
    assert decided(results | {"mlp": alone}, "best_point_of_dropout_after_first") == "not measured"


def test_variants_of_one_s_own_do_not_compete_with_the_report_s() -> None:
    results = printed_runs()
    own = results["mlp"].head(1).assign(variant="wide", test_accuracy=0.99)
    with_own = results | {"mlp": pd.concat([results["mlp"], own])}
    assert decided(with_own, "best_mlp") == decided(results, "best_mlp") == "cannot tell"


@pytest.mark.parametrize(("shift", "verdict"), [(0.0, "yes"), (0.1, "no"), (0.042, "cannot tell")])
def test_batch_normalisation_is_worse_in_pairs_of_the_same_settings(shift: float, verdict: str) -> None:
    results = printed_runs()
    table = results["cnn_batch_norm"]
    results["cnn_batch_norm"] = table.assign(test_accuracy=table["test_accuracy"] + shift)
    found = orderings.of_accuracies(Accuracies(results, 10_000, 0))["batch_normalization"]
    assert found.answer == verdict
    assert "mean difference of 8 pairs" in found.numbers


def test_where_a_training_of_a_pair_failed_nobody_can_tell_and_where_one_is_missing_nothing_was_measured() -> None:
    results = printed_runs()
    table = results["cnn_batch_norm"]
    failed = with_accuracy(table, math.nan, optimizer="adam", batch_size=64)
    found = orderings.of_accuracies(Accuracies(results | {"cnn_batch_norm": failed}, 10_000, 0))
    assert found["batch_normalization"] == ("trainings of 1 of 8 pairs failed", "cannot tell")
    fewer = results | {"cnn_batch_norm": table[table["optimizer"] != "adam"]}
    assert decided(fewer, "batch_normalization") == "not measured"


@pytest.mark.parametrize(("accuracy", "verdict"), [(0.728, "yes"), (0.85, "cannot tell"), (0.9, "no")])
def test_slow_optimizers_are_behind_every_run_of_the_others(accuracy: float, verdict: str) -> None:
    results = printed_runs()
    results["cnn"] = with_accuracy(results["cnn"], accuracy, optimizer="adagrad", batch_size=512)
    assert decided(results, "slow_optimizers") == verdict


def test_settings_that_our_search_chose_do_not_compete_on_cifar10() -> None:
    results = printed_runs()
    ours = results["cifar10"].head(1).assign(batch_size=32, test_accuracy=0.9)
    with_ours = results | {"cifar10": pd.concat([results["cifar10"], ours])}
    assert decided(with_ours, "best_on_cifar10") == decided(results, "best_on_cifar10") == "yes"
    assert decided(results | {"cifar10": results["cifar10"].head(2)}, "best_on_cifar10") == "not measured"


def test_a_first_place_whose_training_failed_is_none() -> None:
    results = printed_runs()
    results["cnn"] = with_accuracy(results["cnn"], math.nan, **BEST)
    assert decided(results, "best_cnn") == "no"


def test_a_failed_training_of_a_fast_optimizer_is_not_above_the_slow_ones_and_a_failed_slow_one_is_below() -> None:
    results = printed_runs()
    failed = with_accuracy(results["cnn"], math.nan, optimizer="adam", batch_size=128, epochs=5)
    found = orderings.of_accuracies(Accuracies(results | {"cnn": failed}, 10_000, 0))["slow_optimizers"]
    expected = "the worst of the others and the best of these: a training of the former failed"
    assert found == (expected, "no")
    assert (
        decided(results | {"cnn": with_accuracy(results["cnn"], math.nan, optimizer="sgd")}, "slow_optimizers") == "yes"
    )


def test_a_variant_without_a_result_is_worse_than_the_worst() -> None:
    results = printed_runs()
    results["mlp"] = with_accuracy(results["mlp"], math.nan, variant="two_hidden")
    found = orderings.of_accuracies(Accuracies(results, 10_000, 0))
    assert found["worst_mlp"] == ("the worst other and it: a training of the former failed", "no")
    assert found["best_point_of_two_hidden"].answer == "cannot tell"
    assert found["best_mlp"].answer == decided(printed_runs(), "best_mlp")
    one = with_accuracy(printed_runs()["mlp"], math.nan, variant="two_hidden", epochs=30)
    assert decided(results | {"mlp": one}, "worst_mlp") == "yes"  # its other run succeeded


@pytest.mark.parametrize(
    ("table", "failed", "claim"),
    [
        ("cnn", [{"optimizer": name} for name in rules.load().slow_optimizers], "slow_optimizers"),
        ("mlp", [{"variant": "l1_on_first"}], "worst_mlp"),
        ("mlp", [{"variant": "two_hidden", "epochs": 30}], "best_point_of_two_hidden"),
        ("cifar10", [{"batch_size": 128}, {"batch_size": 256}], "best_on_cifar10"),
        ("cifar10", [{"run": 1}], "best_on_cifar10"),
    ],
)
def test_nobody_can_tell_if_all_failed_that_something_should_be_better_than(
    table: str, failed: list[dict[str, object]], claim: str
) -> None:
    results = printed_runs()
    for settings in failed:
        results[table] = with_accuracy(results[table], math.nan, **settings)
    found = orderings.of_accuracies(Accuracies(results, 10_000, 0))[claim]
    assert found.answer == "cannot tell"
    assert found.numbers.endswith("no training of the latter succeeded")


def test_no_text_of_a_claim_says_nan() -> None:
    results = {name: table.assign(test_accuracy=math.nan) for name, table in printed_runs().items()}
    for found in orderings.of_accuracies(Accuracies(results, 10_000, 0)).values():
        assert found.answer == "cannot tell"
        assert "nan" not in found.numbers


@given(st.floats(0.1, 360), st.floats(0.1, 360))
def test_of_two_heads_one_is_better_by_a_tenth_or_nobody_can_tell(first: float, second: float) -> None:
    found = orderings.of_clocks({"multi_head": first, "classification": second, "regression": 1.0})
    verdict = found["multi_head_before_classification"].answer
    if first < 0.9 * second:
        assert verdict == "yes"
    elif first > 1.12 * second:
        assert verdict == "no"
    elif second < 1.09 * first and first < 1.09 * second:
        assert verdict == "cannot tell"
    swapped = orderings.of_clocks({"multi_head": second, "classification": first, "regression": 1.0})
    assert {verdict, swapped["multi_head_before_classification"].answer} != {"yes"}
