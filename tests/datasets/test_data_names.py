import ast
from pathlib import Path

import pytest

from imagelab.datasets import data_names
from imagelab.settings.data import Fetch
from imagelab.storage import class_names
from tests.conftest import REPOSITORY


@pytest.mark.parametrize(
    ("dataset", "source", "name"),
    [
        ("fashion_mnist", "official", "Fashion-MNIST"),
        ("fashion_mnist", "demo", "Fashion-MNIST's stand-in (digits)"),
        ("fashion_mnist", "/home/somebody/fashion", "Fashion-MNIST (local copy)"),
        ("cifar10", "demo", "CIFAR-10's stand-in (coloured digits)"),
        ("leaves", "official", "leaves (Kaggle)"),
        ("leaves", "leaves.tar", "leaves (local copy)"),
        ("clocks", "render", "rendered clocks"),
        ("clocks", "official", "clocks (the report's)"),
        ("clocks", "../clocks", "clocks (local copy)"),
    ],
)
def test_a_name_says_what_the_pictures_are(dataset: str, source: str, name: str) -> None:
    assert data_names.describe(dataset, source) == name


def test_every_data_set_has_a_name_of_its_own_from_every_source() -> None:
    for names in (data_names.STAND_INS, data_names.ORIGINALS):
        assert names.keys() == set(Fetch.model_fields), "datasets/data_names.py: expected the data sets of Fetch"
    names = [
        data_names.describe(dataset, source)
        for dataset in Fetch.model_fields
        for source in ("render" if dataset == "clocks" else "demo", "official", "a/path")
    ]
    assert len(set(names)) == len(names) == 3 * len(Fetch.model_fields)


@pytest.mark.parametrize(("own", "name"), [(True, "own pictures (3 classes)"), (False, "Fashion-MNIST (local copy)")])
def test_what_was_fetched_from_class_folders_is_never_taken_for_a_published_data_set(
    own: bool, name: str, tmp_path: Path
) -> None:
    class_names.write("abc", tmp_path, own=own)
    assert data_names.describe_classified("fashion_mnist", "a/path", tmp_path) == name
    assert data_names.are_other_pictures(name) == own
    assert data_names.class_count(name) == (3 if own else 10)


def test_stand_ins_and_own_pictures_are_other_pictures_than_the_report_s() -> None:
    assert all(data_names.are_other_pictures(name) for name in data_names.STAND_INS.values())
    assert not any(data_names.are_other_pictures(name) for name in data_names.ORIGINALS.values())


def test_what_the_project_makes_itself_is_a_stand_in_and_nothing_else() -> None:
    assert [source for source in ("demo", "render", "official", "demo/folder") if data_names.is_stand_in(source)] == [
        "demo",
        "render",
    ]


def test_no_stage_knows_a_source_or_names_a_data_set_by_itself() -> None:
    scripts = [*(REPOSITORY / "stages").glob("*.py"), REPOSITORY / "src" / "imagelab" / "summary.py"]
    constants = {
        (path.name, node.value)
        for path in scripts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value in ("demo", "render", "official") or node.value.startswith(("MNIST", "Fashion", "CIFAR"))
    }
    assert constants == set()
