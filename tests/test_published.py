import math

import pandas as pd
import pytest

from imagelab import params, published
from imagelab.models import report
from tests.conftest import REPOSITORY, read_yaml


def test_every_run_of_the_report_is_there_with_the_second_ones_numbered() -> None:
    runs = published.runs("cnn")
    assert len(runs) == 62
    assert len(published.runs("cnn_batch_norm")) == 12
    assert runs["run"].value_counts().to_dict() == {1: 59, 2: 3}
    assert runs[published.ACCURACY].between(0.1, 0.91).all()
    assert published.transfer()[published.ACCURACY].tolist() == [0.4854, 0.4563, 0.5249]


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
    table = published.beside(rows(**settings), published.runs("cnn"))
    assert table.columns.tolist()[table.columns.tolist().index("test_accuracy") + 1] == published.ACCURACY
    found = table[published.ACCURACY].item()
    assert found == expected if expected is not None else math.isnan(found)


def test_where_the_report_states_no_settings_its_accuracy_stands_beside_our_best() -> None:
    mlp = published.runs("mlp")
    unstated = rows(variant="one_hidden", optimizer="sgd", batch_size=7, epochs=99)
    assert published.beside(pd.concat([unstated, unstated]), mlp)[published.ACCURACY].tolist()[0] == 0.883
    assert published.beside(pd.concat([unstated, unstated]), mlp)[published.ACCURACY].isna().tolist() == [False, True]
    stated = rows(variant="two_hidden", optimizer="sgd", batch_size=64, epochs=10)
    assert published.beside(stated, mlp)[published.ACCURACY].isna().all()


def test_the_networks_that_are_counted_are_those_of_the_paper_profile() -> None:
    search = params.load(REPOSITORY / "params" / "paper.yaml").search
    variants = {
        name: (network.hidden, network.dropout, network.l1_on_first) for name, network in search.mlp.variants.items()
    }
    assert variants == report._MLP_VARIANTS
    assert set(variants) == set(published.runs("mlp")["variant"])
    facts = read_yaml(REPOSITORY / "src" / "imagelab" / "published.yaml")["fashion_mnist"]["mlp"]
    for name, network in search.mlp.variants.items():
        assert list(network.hidden) == facts[name]["hidden"]
        assert list(network.dropout) == (facts[name]["dropout"] or [0] * len(network.hidden))
