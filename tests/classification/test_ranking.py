import math

import pandas as pd
import pytest

from imagelab.classification import ranking

RESULTS = pd.DataFrame(
    {
        "optimizer": ["sgd", "adam", "nadam", "adam"],
        "learning_rate": [0.001] * 4,
        "batch_size": [64, 64, 64, 32],
        "epochs": [5] * 4,
        "run": [1] * 4,
        "validation_loss": [1.0] * 4,
        "validation_accuracy": [0.5, 0.8, 0.9, 0.8],
        "test_loss": [1.0] * 4,
        "test_accuracy": [0.6, 0.9, 0.7, 0.8],
        "failure": [""] * 4,
    }
)
FAILED = RESULTS.assign(
    validation_accuracy=[0.5, math.nan, 0.9, 0.8],
    test_accuracy=[0.6, math.nan, 0.7, 0.8],
    failure=["", "loss: nan", "", ""],
)
TWICE = pd.concat(
    [RESULTS, RESULTS.iloc[[2]].assign(run=2, validation_accuracy=0.95, test_accuracy=0.76)], ignore_index=True
)


def test_the_selection_decides_the_order() -> None:
    assert ranking.rank(RESULTS, selection="validation")["optimizer"].tolist() == ["nadam", "adam", "adam", "sgd"]
    assert ranking.rank(RESULTS, selection="test")["test_accuracy"].tolist() == [0.9, 0.8, 0.7, 0.6]


@pytest.mark.parametrize("table", [RESULTS, FAILED, TWICE], ids=["plain", "a failure", "a second run"])
def test_ties_are_ordered_by_the_settings_whatever_the_order_of_the_grid(table: pd.DataFrame) -> None:
    first, second = (ranking.rank(rows, selection="validation") for rows in (table, table.iloc[::-1]))
    pd.testing.assert_frame_equal(first, second)
    assert first["rank"].tolist() == list(range(1, len(table) + 1))


def test_equal_accuracies_go_by_batch_size() -> None:
    assert ranking.rank(RESULTS, selection="validation")["batch_size"].tolist()[1:3] == [32, 64]


def test_failed_points_come_last_and_are_never_the_best() -> None:
    ranked = ranking.rank(FAILED, selection="test")
    assert ranked["failure"].tolist() == ["", "", "", "loss: nan"]
    assert len(ranking.best_settings(ranked, 4)) == 3
    summary = ranking.summary(ranked, selection="test")
    assert (summary["points"], summary["failed"], summary["worst_test_accuracy"]) == (4, 1, 0.6)


def test_the_best_settings_are_plain_values_without_accuracies() -> None:
    best = ranking.best_settings(ranking.rank(RESULTS, selection="validation"), 2)
    assert best == [
        {"optimizer": "nadam", "learning_rate": 0.001, "batch_size": 64, "epochs": 5},
        {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 32, "epochs": 5},
    ]


def test_a_second_run_does_not_take_a_place_among_the_best_settings() -> None:
    best = ranking.best_settings(ranking.rank(TWICE, selection="validation"), 3)
    assert [settings["optimizer"] for settings in best] == ["nadam", "adam", "adam"]


def test_a_point_that_is_run_twice_has_no_second_chance_to_be_the_best() -> None:
    lucky = RESULTS.iloc[[0]].assign(run=2, validation_accuracy=0.99, test_accuracy=0.99)  # of the worst point
    ranked = ranking.rank(pd.concat([RESULTS, lucky], ignore_index=True), selection="validation")
    assert ranked["run"].tolist()[0] == 2  # in the table it is where its accuracy places it
    assert [settings["optimizer"] for settings in ranking.best_settings(ranked, 4)] == ["nadam", "adam", "adam", "sgd"]
    summary = ranking.summary(ranked, selection="validation")
    assert (summary["best_optimizer"], summary["points"], summary["runs"]) == ("nadam", 4, 5)
    assert summary["mean_test_accuracy"] == pytest.approx((0.6 + 0.9 + 0.7 + 0.8 + 0.99) / 5)


def test_where_the_first_run_failed_the_second_stands_for_the_point() -> None:
    second = RESULTS.iloc[[1]].assign(run=2, validation_accuracy=0.99)
    ranked = ranking.rank(pd.concat([FAILED, second], ignore_index=True), selection="validation")
    assert ranking.best_settings(ranked, 1)[0]["batch_size"] == 64
    assert ranking.summary(ranked, selection="validation")["failed"] == 1


def test_choosing_on_the_test_split_gains_the_best_test_accuracy_less_that_of_the_choice_on_validation() -> None:
    found = ranking.gain_of_choosing_on_test(RESULTS, seed=1)
    assert found == {"gain_of_choosing_on_test": pytest.approx(0.9 - 0.7)}  # four trainings are too few for an interval


def grid(trainings: int, *, epochs: int = 1) -> pd.DataFrame:
    """Points of which the one that is best on the test split is the worst on the other."""
    table = pd.concat([RESULTS.iloc[[1]].assign(batch_size=size) for size in range(trainings)], ignore_index=True)
    rows = table.index.to_numpy() / trainings
    table = table.assign(validation_accuracy=0.9 - 0.1 * rows, test_accuracy=0.7 + 0.2 * rows)
    return pd.concat([table.assign(epochs=epoch) for epoch in range(1, epochs + 1)], ignore_index=True)


def test_its_interval_draws_grids_of_the_trainings() -> None:
    found = ranking.gain_of_choosing_on_test(grid(10), seed=1)
    gain, low, high = (found[f"gain_of_choosing_on_test{end}"] for end in ("", "_low", "_high"))
    assert gain == pytest.approx(0.18)
    assert 0 < low < gain == pytest.approx(high)  # no drawn grid gains more
    assert len(ranking.gain_of_choosing_on_test(grid(9, epochs=4), seed=1)) == 1  # 36 points of 9 trainings
    assert ranking.gain_of_choosing_on_test(grid(10, epochs=4), seed=1) == pytest.approx(found)  # as one training each


def test_where_both_splits_choose_the_same_point_nothing_is_gained_in_any_sample() -> None:
    agreeing = grid(10).assign(test_accuracy=lambda table: table["validation_accuracy"] - 0.1)
    assert set(ranking.gain_of_choosing_on_test(agreeing, seed=1).values()) == {0.0}


def test_a_second_run_is_no_choice_and_a_failed_point_gains_nothing() -> None:
    gain = "gain_of_choosing_on_test"
    assert ranking.gain_of_choosing_on_test(FAILED, seed=1)[gain] == pytest.approx(0.8 - 0.7)
    assert ranking.gain_of_choosing_on_test(TWICE, seed=1)[gain] == pytest.approx(0.9 - 0.7)
    assert ranking.gain_of_choosing_on_test(RESULTS.head(1), seed=1) == {}


def test_the_runs_of_a_point_are_compared_and_single_or_failed_ones_are_not() -> None:
    repeated = ranking.run_to_run(pd.concat([TWICE, FAILED.iloc[[1]].assign(run=2)], ignore_index=True))
    (row,) = repeated.to_dict("records")
    assert (row["optimizer"], row["runs"]) == ("nadam", 2)
    assert (row["lowest_test_accuracy"], row["highest_test_accuracy"]) == (0.7, 0.76)
    assert row["mean_test_accuracy"] == pytest.approx(0.73)
    assert row["difference_between_runs"] == pytest.approx(0.06)


def test_the_mean_and_the_largest_difference_leave_out_what_is_not_known() -> None:
    ours, report = "difference_between_runs", "published_difference_between_runs"
    found = ranking.differences_between_runs(pd.DataFrame({ours: [0.1, 0.3], report: [math.nan, 0.2]}))
    assert found == pytest.approx(
        {
            "repeated_points": 2,
            "mean_difference_between_runs": 0.2,
            "largest_difference_between_runs": 0.3,
            "published_mean_difference_between_runs": 0.2,
            "published_largest_difference_between_runs": 0.2,
        }
    )
    nothing = pd.DataFrame({ours: [], report: []}, dtype=float)
    assert ranking.differences_between_runs(nothing) == {"repeated_points": 0}


def test_where_no_point_is_run_twice_the_table_of_runs_is_empty_with_its_columns() -> None:
    repeated = ranking.run_to_run(RESULTS)
    assert len(repeated) == 0
    assert repeated.columns.tolist()[-2:] == ["highest_test_accuracy", "difference_between_runs"]


def test_what_lies_between_two_runs_is_spread_that_no_hyperparameter_explains() -> None:
    table = pd.DataFrame({"optimizer": ["adam", "sgd", "adam", "sgd"], "learning_rate": 0.001, "batch_size": 64})
    table = table.assign(epochs=1, run=[1, 1, 2, 2], validation_accuracy=[0.9, 0.5, 0.8, 0.4])
    spread = ranking.explained_spread(table.assign(test_accuracy=table["validation_accuracy"]), selection="validation")
    assert spread["share_of_variance"].item() == pytest.approx(0.04 / (0.04 + 0.0025))


def test_the_summary_reads_the_test_accuracy_of_the_point_chosen_on_validation() -> None:
    summary = ranking.summary(ranking.rank(RESULTS, selection="validation"), selection="validation")
    assert summary["best_test_accuracy"] == 0.7
    assert (summary["best_optimizer"], summary["best_batch_size"]) == ("nadam", 64)
    assert summary["points"] == summary["runs"] == 4
    assert not any(isinstance(value, dict) for value in summary.values())


def spread_of(accuracies: list[float], **settings: list[object]) -> pd.DataFrame:
    table = pd.DataFrame({"learning_rate": 0.001, "batch_size": 64, **settings, "run": 1})
    return ranking.explained_spread(
        table.assign(test_accuracy=accuracies, validation_accuracy=accuracies), selection="validation"
    )


def test_a_hyperparameter_that_alone_decides_explains_all_of_the_spread() -> None:
    spread = spread_of([0.9, 0.9, 0.5, 0.5], optimizer=["adam", "adam", "sgd", "sgd"], epochs=[1, 2, 1, 2])
    by_name = spread.set_index("hyperparameter")
    assert by_name.loc["optimizer", "share_of_variance"] == pytest.approx(1)
    assert by_name.loc["epochs", "share_of_variance"] == pytest.approx(0)
    assert by_name.loc["optimizer", ["best_value", "worst_value"]].tolist() == ["adam", "sgd"]
    assert by_name.loc["optimizer", ["best_mean_accuracy", "worst_mean_accuracy"]].tolist() == [0.9, 0.5]
    assert spread["hyperparameter"].tolist() == ["optimizer", "epochs"]  # those of one value only are left out


def test_a_hyperparameter_with_one_run_a_value_is_left_out_because_it_would_explain_all() -> None:
    spread = spread_of([0.9, 0.2, 0.6], optimizer=["adam"] * 3, epochs=[1, 2, 3])
    assert len(spread) == 0


def test_beside_a_share_stands_what_a_value_explains_that_makes_no_difference() -> None:
    spread = spread_of([0.9, 0.8, 0.6, 0.5], optimizer=["adam", "adam", "sgd", "sgd"], epochs=[2, 1, 2, 1])
    assert spread["runs"].tolist() == [4, 4]
    assert spread["share_by_chance"].tolist() == pytest.approx([1 / 3, 1 / 3])


def test_in_a_complete_grid_the_shares_of_what_adds_up_sum_to_one() -> None:
    spread = spread_of([0.9, 0.8, 0.6, 0.5], optimizer=["adam", "adam", "sgd", "sgd"], epochs=[2, 1, 2, 1])
    assert spread["share_of_variance"].tolist() == pytest.approx([0.9, 0.1])


def test_where_nothing_varies_the_table_of_the_spread_is_empty_with_its_columns() -> None:
    for spread in (spread_of([0.9], optimizer=["adam"], epochs=[1]), spread_of([0.1] * 6, epochs=[1, 2, 3, 4, 5, 6])):
        assert len(spread) == 0
    assert spread.columns.tolist() == ranking.SPREAD


def test_the_figures_lines_are_means_over_the_runs_that_share_optimizer_and_value() -> None:
    table = ranking.accuracy_by(TWICE, "batch_size")
    assert table.columns.tolist()[:4] == ["optimizer", "batch_size", "runs", "mean_test_accuracy"]
    assert table[["optimizer", "batch_size", "runs"]].to_numpy().tolist() == [
        ["adam", 32, 1],
        ["adam", 64, 1],
        ["nadam", 64, 2],
        ["sgd", 64, 1],
    ]
    assert table["mean_test_accuracy"].tolist() == pytest.approx([0.8, 0.9, 0.73, 0.6])
    table = ranking.accuracy_by(FAILED, "epochs")
    assert table["runs"].tolist() == [1, 1, 1]
    both = ranking.accuracy_by(RESULTS, "epochs").set_index("optimizer").loc["adam"]
    assert both[["lowest_test_accuracy", "highest_test_accuracy"]].tolist() == [0.8, 0.9]
    assert both["mean_test_accuracy"] == pytest.approx(0.85)
