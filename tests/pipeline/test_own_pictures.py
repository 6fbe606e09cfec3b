"""Pictures of somebody's own, in three classes, all the way from class folders to tables and models."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from imagelab.settings.classification import FAMILIES
from imagelab.settings.data import CLASSIFIED
from imagelab.storage import model_files
from tests import own_pictures
from tests.conftest import REPOSITORY, write_yaml
from tests.pipeline import bad_input
from tests.pipeline.tiny import tiny_settings

NAME = "own pictures (3 classes)"
SIZE = 24


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which class folders were fetched and prepared in the place of every data set."""
    folder = tmp_path_factory.mktemp("own")
    own_pictures.write(folder / "colour", pictures=60, test=20)
    own_pictures.write(folder / "grey", pictures=30, grey=True)
    settings: dict[str, Any] = tiny_settings(search_epochs=2)
    settings["fetch"] |= {"mnist": "grey", "fashion_mnist": "colour", "cifar10": "colour"}
    settings["class_folders"] |= {"image_size": SIZE, "test_fraction": 0.2}
    settings["search"]["mlp"]["grid"][0]["variant"] = ["one_hidden"]
    settings["search"]["cnn"]["grid"] = settings["search"]["cnn_batch_norm"]["grid"]
    settings["best_classifier"]["cifar10"] |= {"filters": [8, 16], "epochs": 15}
    write_yaml(settings, folder / "params.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for stage in ("fetch", "prepare"):
            for dataset in CLASSIFIED:
                bad_input.execute(f"stages.{stage} {dataset}", patch)
        yield folder


def run(*commands: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for command in commands:
            bad_input.execute(f"stages.{command}", patch)


def read(path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(path).read_text())
    return found


def test_every_data_set_has_three_classes_of_pictures_of_the_size_that_the_setting_states(workspace: Path) -> None:
    for dataset, channels, test in (("mnist", 1, 6), ("fashion_mnist", 3, 20), ("cifar10", 3, 20)):
        assert read(f"data/{dataset}/classes.json")["classes"] == list(own_pictures.SHAPES)
        assert np.load(f"data/{dataset}/test_images.npy").shape == (3 * test, SIZE, SIZE, channels)
        assert np.bincount(np.load(f"data/{dataset}/test_labels.npy")).tolist() == [test] * 3


def test_the_search_and_the_transfer_say_whose_pictures_they_are_about(workspace: Path) -> None:
    run(*(f"search_grid {family}" for family in FAMILIES), "rank_grid", "transfer_cifar10", "evaluate_transfer")
    for family in FAMILIES:
        metrics = read(f"metrics/search/{family}.json")
        assert metrics["data"] == NAME
        assert metrics["failed"] == 0
    for name in ("search/table_2", "search/table_6", "transfer/table_4"):
        table = pd.read_csv(f"plots/{name}.csv")
        assert table["data"].eq(NAME).all() and table["published_test_accuracy"].isna().all()
    assert read("metrics/transfer.json")["data"] == NAME


def test_the_keras_example_names_the_classes(workspace: Path) -> None:
    run("train_keras_example mlp", "evaluate_keras_example mlp")
    assert np.load("data/models/keras_example/mlp/test_logits.npy").shape == (18, 3)
    assert read("metrics/keras_example/mlp.json")["data"] == NAME
    table = pd.read_csv("plots/keras_example/mlp/confusion.csv")
    assert set(table["actual"]) == set(own_pictures.SHAPES)
    assert set(table["predicted"]) <= set(own_pictures.SHAPES)


def test_the_best_classifier_learns_the_classes_and_tells_them_apart_in_new_pictures(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("train_best_classifier cifar10", "evaluate_best_classifier cifar10")
    metrics = read("metrics/best_classifier/cifar10.json")
    assert (metrics["data"], metrics["classes"], metrics["images"]) == (NAME, 3, 60)
    assert set(metrics["test_accuracy_by_class"]) == set(own_pictures.SHAPES)
    found = model_files.read_trained_on(Path("data/models/best_classifier/cifar10/model.keras"))
    assert found is not None and found.classes is not None
    assert (found.data, found.stand_in, found.classes.names) == (NAME, False, own_pictures.SHAPES)
    assert metrics["test_accuracy"] > 0.5  # guessing gives 0.33
    draw = [sys.executable, "-m", "tests.own_pictures", "new", "--pictures", "4", "--seed", "1"]
    subprocess.run(draw, env=os.environ | {"PYTHONPATH": str(REPOSITORY)}, check=True, timeout=60)
    new = sorted(path for path in (workspace / "new").rglob("*") if path.is_file())
    command = f"imagelab classify --model data/models/best_classifier/cifar10/model.keras {' '.join(map(str, new))}"
    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        bad_input.execute(command, patch)
    lines = capsys.readouterr().out.splitlines()
    named = [line.split(": ")[1].split()[0] for line in lines]  # the most likely class of each picture
    right = [name == path.parent.name for name, path in zip(named, new, strict=True)]
    assert sum(right) >= len(new) / 2  # guessing gives a third
