import math

import pandas as pd
import pytest

from imagelab.reproduction import published, search_tables


def rows(**settings: object) -> pd.DataFrame:
    return pd.DataFrame([{"learning_rate": 0.001, "run": 1, "test_accuracy": 0.5, "test_loss": 1.0, **settings}])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"optimizer": "adamax", "learning_rate": 0.0005, "batch_size": 128, "epochs": 10}, 0.905),
        ({"optimizer": "adam", "batch_size": 64, "epochs": 5, "run": 1}, 0.873),
        ({"optimizer": "adam", "batch_size": 64, "epochs": 5, "run": 2}, 0.871),
        ({"optimizer": "adam", "batch_size": 64, "epochs": 6}, None),
    ],
    ids=["a run", "printed twice, first", "printed twice, second", "not printed"],
)
def test_the_published_accuracy_stands_beside_ours_where_the_point_exists(
    settings: dict[str, object], expected: float | None
) -> None:
    table = search_tables.beside(rows(**settings), published.runs("cnn"))
    assert table.columns.tolist()[table.columns.tolist().index("test_accuracy") + 1] == published.ACCURACY
    found = table[published.ACCURACY].item()
    assert found == expected if expected is not None else math.isnan(found)


def test_where_the_report_states_no_settings_its_accuracy_stands_beside_our_best() -> None:
    mlp = published.runs("mlp")
    unstated = rows(variant="one_hidden", optimizer="sgd", batch_size=7, epochs=99)
    assert search_tables.beside(pd.concat([unstated, unstated]), mlp)[published.ACCURACY].tolist()[0] == 0.883
    assert search_tables.beside(pd.concat([unstated, unstated]), mlp)[published.ACCURACY].isna().tolist() == [
        False,
        True,
    ]
    second = unstated.assign(run=2)
    assert search_tables.beside(pd.concat([second, unstated]), mlp)[published.ACCURACY].isna().tolist() == [True, False]
    stated = rows(variant="two_hidden", optimizer="sgd", batch_size=64, epochs=10)
    assert search_tables.beside(stated, mlp)[published.ACCURACY].isna().all()


def test_the_reports_own_spread_stands_beside_ours_where_it_prints_the_point_twice() -> None:
    points = [("adam", 64, 5), ("adam", 64, 20), ("adagrad", 128, 5), ("adam", 64, 10), ("adam", 64, 6)]
    ours = pd.DataFrame(points, columns=["optimizer", "batch_size", "epochs"]).assign(learning_rate=0.001, runs=2)
    table = search_tables.beside_repeated(ours, published.runs("cnn"))
    assert table["published_difference_between_runs"].tolist() == pytest.approx(
        [0.002, 0.006, 0.001, math.nan, math.nan], nan_ok=True
    )
    assert table["published_lowest_test_accuracy"].tolist()[:3] == [0.871, 0.879, 0.692]
    assert table[published.UNCERTAIN].tolist()[:3] == [False, True, False]
    nothing = search_tables.beside_repeated(ours, published.runs("cnn").head(0))
    assert nothing["published_difference_between_runs"].isna().all()
    assert len(table) == len(nothing) == len(points)


def test_a_reading_that_the_report_prints_garbled_is_marked_beside_ours() -> None:
    runs = published.runs("cnn")
    uncertain = rows(optimizer="adamax", batch_size=128, epochs=20)
    assert search_tables.beside(uncertain, runs)[published.UNCERTAIN].tolist() == [True]
    assert search_tables.beside(uncertain, runs.head(0))[published.UNCERTAIN].tolist() == [None]


def test_runs_on_other_pictures_are_not_compared() -> None:
    runs = published.runs("cnn")
    for data in ("Fashion-MNIST's stand-in (digits)", "own pictures (3 classes)"):
        assert search_tables.comparable(runs, data).empty
    for data in ("Fashion-MNIST", "Fashion-MNIST (local copy)"):
        assert len(search_tables.comparable(runs, data)) == len(runs)
