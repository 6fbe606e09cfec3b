import json
from pathlib import Path
from typing import Any, get_args

import pytest

from imagelab.runtime.errors import InputError
from imagelab.settings.classification import BEST_CLASSIFIED, FAMILIES
from imagelab.settings.clocks import NETWORK_NAMES
from imagelab.settings.leaves import Generator
from imagelab.summary import headlines, summarise


@pytest.fixture
def metrics(tmp_path: Path) -> Path:
    """The least that a finished run leaves."""

    def write(name: str, content: dict[str, Any]) -> None:
        path = tmp_path / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))

    for name in ("mlp", "cnn"):
        write(f"keras_example/{name}", {"data": "MNIST (local copy)", "test": {"accuracy": 0.9}})
    for name in FAMILIES:
        write(
            f"search/{name}",
            {"data": "Fashion-MNIST (local copy)", "points": 2, "selection": "validation", "best_test_accuracy": 0.8},
        )
    accuracies = {
        f"{chooser}_{place}": {"test_accuracy": place / 10} for place in (1, 2) for chooser in ("rank", "report")
    }
    write("transfer", {"data": "CIFAR-10's stand-in", **accuracies})
    for name in BEST_CLASSIFIED:
        content = {"data": f"{name} (local copy)", "classes": 4, "test_accuracy": 0.95}
        write(f"best_classifier/{name}", content)
    for name in NETWORK_NAMES:
        write(f"clock/{name}", {"data": "other clocks", "test": {"common_sense_error_minutes": 1.0}})
    distances = {"images": 90, "classifier": {"frechet_distance": 1.0, "frechet_distance_of_noise": 2.0}}
    for name in get_args(Generator):
        write(f"generator/{name}", {"data": "drawn leaves", "collapsed": int(name == "gan"), **distances})
    write("reproduction", {"counts": {"reproduced": 2, "better": 1, "worse": 0}, "entries": {}})
    return tmp_path


def test_every_row_names_the_data_as_its_metrics_do(metrics: Path) -> None:
    found = summarise(metrics)[["name", "data", "measure"]].to_numpy().tolist()
    assert found == [
        ["mnist.mlp", "MNIST (local copy)", "test accuracy"],
        ["mnist.cnn", "MNIST (local copy)", "test accuracy"],
        *(
            [f"fashion_mnist.{name}", "Fashion-MNIST (local copy)", "test accuracy of the best of 2 by validation"]
            for name in FAMILIES
        ),
        ["cifar10.rank_1", "CIFAR-10's stand-in", "test accuracy, our setting of rank 1"],
        ["cifar10.report_1", "CIFAR-10's stand-in", "test accuracy, the report's setting 1"],
        ["cifar10.rank_2", "CIFAR-10's stand-in", "test accuracy, our setting of rank 2"],
        ["cifar10.report_2", "CIFAR-10's stand-in", "test accuracy, the report's setting 2"],
        *([f"{name}.best", f"{name} (local copy)", "test accuracy"] for name in BEST_CLASSIFIED),
        *([f"clocks.{name}", "other clocks", "mean test error, minutes"] for name in NETWORK_NAMES),
        *(
            [f"leaves.{name}", "drawn leaves", f"Fréchet distance, 90 images{', collapsed' if name == 'gan' else ''}"]
            for name in get_args(Generator)
        ),
    ]


def test_the_file_has_each_result_of_the_table_under_its_name_and_the_score(metrics: Path) -> None:
    content = headlines(metrics)
    assert content.pop("report") == {"reproduced": 2, "better": 1, "worse": 0}
    found = {f"{data}.{model}": result for data, models in content.items() for model, result in models.items()}
    table = summarise(metrics)
    assert found == dict(zip(table["name"], table["result"], strict=True))
    assert len(found) == len(table)  # no two models of one name


def test_a_score_without_counts_is_refused(metrics: Path) -> None:
    (metrics / "reproduction.json").write_text('{"entries": {}}')
    with pytest.raises(InputError, match=r"reproduction\.json: metrics: expected the key counts, received entries"):
        headlines(metrics)


def test_a_best_classifier_stands_beside_guessing_one_of_its_own_classes(metrics: Path) -> None:
    table = summarise(metrics)
    row = table[table["name"] == "cifar10.best"]
    assert row[["measure", "result", "chance"]].to_numpy().tolist() == [["test accuracy", 0.95, 0.25]]


def test_results_on_own_pictures_stand_beside_guessing_one_of_their_classes(metrics: Path) -> None:
    content = {"data": "own pictures (5 classes)", "test": {"accuracy": 0.9}}
    (metrics / "keras_example" / "mlp.json").write_text(json.dumps(content))
    assert summarise(metrics)["chance"].tolist()[:3] == [0.2, 0.1, 0.1]


def test_metrics_that_do_not_name_their_data_are_refused(metrics: Path) -> None:
    path = metrics / "clock" / "reader.json"
    path.write_text('{"test": {"common_sense_error_minutes": 1.0}}')
    with pytest.raises(InputError, match=r"reader\.json: metrics: expected the key data, received test"):
        summarise(metrics)


def test_a_number_that_is_missing_inside_metrics_is_named(metrics: Path) -> None:
    path = metrics / "clock" / "reader.json"
    path.write_text('{"data": "clocks", "test": {}, "all": {}}')
    with pytest.raises(InputError, match=r"reader\.json: metrics: expected the key test\.common_sense_error_minutes"):
        summarise(metrics)
