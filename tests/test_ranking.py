import pandas as pd

from imagelab import ranking

RESULTS = pd.DataFrame(
    {
        "optimizer": ["sgd", "adam", "nadam", "adam"],
        "learning_rate": [0.001] * 4,
        "batch_size": [64, 64, 64, 32],
        "epochs": [5] * 4,
        "validation_accuracy": [0.5, 0.8, 0.9, 0.8],
        "validation_loss": [1.0] * 4,
        "test_accuracy": [0.6, 0.9, 0.7, 0.8],
        "test_loss": [1.0] * 4,
    }
)


def test_the_selection_decides_the_order() -> None:
    assert ranking.rank(RESULTS, selection="validation")["optimizer"].tolist() == ["nadam", "adam", "adam", "sgd"]
    assert ranking.rank(RESULTS, selection="test")["test_accuracy"].tolist() == [0.9, 0.8, 0.7, 0.6]


def test_ties_are_ordered_by_the_settings_whatever_the_order_of_the_grid() -> None:
    first, second = (ranking.rank(table, selection="validation") for table in (RESULTS, RESULTS.iloc[::-1]))
    pd.testing.assert_frame_equal(first, second)
    assert first["batch_size"].tolist()[1:3] == [32, 64]


def test_the_best_settings_are_plain_values_without_accuracies() -> None:
    best = ranking.best_settings(ranking.rank(RESULTS, selection="validation"), 2)
    assert best == [
        {"optimizer": "nadam", "learning_rate": 0.001, "batch_size": 64, "epochs": 5},
        {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 32, "epochs": 5},
    ]


def test_the_summary_reads_the_test_accuracy_of_the_point_chosen_on_validation() -> None:
    summary = ranking.summary(ranking.rank(RESULTS, selection="validation"), selection="validation")
    assert summary["best_test_accuracy"] == 0.7
    assert summary["points"] == 4
