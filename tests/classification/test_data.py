import json
from pathlib import Path

import numpy as np
import pytest

from imagelab.classification.data import SPLITS, read_class_names, read_examples, write_examples
from imagelab.runtime.errors import InputError
from imagelab.storage.splits import Split

NAMES = ("cat", "Straße", "a dog")


def write(folder: Path, *, labels: int) -> dict[str, Split]:
    random = np.random.default_rng(0)
    splits = {
        name: Split(random.integers(0, 256, (6, 8, 8, 3), np.uint8), (np.arange(6) % labels).astype(np.uint8))
        for name in SPLITS
    }
    write_examples(splits, NAMES, folder)
    return splits


def test_examples_come_back_with_the_names_of_their_classes_in_order(tmp_path: Path) -> None:
    splits = write(tmp_path, labels=3)
    assert read_class_names(tmp_path) == NAMES
    for name in SPLITS:
        images, labels = read_examples(tmp_path, name)
        assert np.array_equal(images, splits[name].images)
        assert np.array_equal(labels, splits[name].targets)


def test_there_are_as_many_classes_as_names(tmp_path: Path) -> None:
    write(tmp_path, labels=4)
    with pytest.raises(InputError, match=r"train_labels\.npy: labels: expected integers, classes 0\.\.2, received"):
        read_examples(tmp_path, "train")


@pytest.mark.parametrize("names", [["a"], [str(number) for number in range(257)], ["a", ""], "ab", ["a", "a"]])
def test_names_that_cannot_be_those_of_classes_are_refused(names: object, tmp_path: Path) -> None:
    (tmp_path / "classes.json").write_text(json.dumps({"classes": names}))
    with pytest.raises(InputError, match=r"classes\.json: classes: expected"):
        read_class_names(tmp_path)
