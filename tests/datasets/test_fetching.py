from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imagelab.datasets import fetching, official
from imagelab.datasets.cifar10 import CIFAR10_ARCHIVE, read_cifar10
from imagelab.datasets.idx import read_idx_folder
from imagelab.runtime.errors import InputError
from imagelab.settings import params
from imagelab.settings.data import CLASSIFIED
from imagelab.storage import class_names
from tests.conftest import write_yaml


def fetch(dataset: str, source: str | None, settings: dict[str, Any], folder: Path) -> Path:
    if source is not None:
        settings["fetch"][dataset] = source
    out = folder / "out"
    out.mkdir()
    fetching.fetch(dataset, params.load(write_yaml(settings, folder / "params.yaml")), out)
    return out


@pytest.mark.parametrize("dataset", CLASSIFIED)
def test_demo_data_are_in_the_official_layout_and_the_same_every_time(
    dataset: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    contents = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        out = fetch(dataset, "demo", settings, tmp_path / name)
        contents.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert contents[0] == contents[1]
    if dataset == "cifar10":
        splits = read_cifar10(out / CIFAR10_ARCHIVE)
        assert splits["train"].images.shape == (1500, 32, 32, 3)
    else:
        splits = read_idx_folder(out, classes=10)
        assert splits["train"].images.shape == (1500, 28, 28, 1)
    assert np.unique(splits["test"].targets).tolist() == list(range(10))
    assert class_names.read(out) == tuple("0123456789")  # whatever the digits stand for


def test_a_data_set_without_an_address_is_not_downloaded(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(official.FILES, "mnist")
    with pytest.raises(InputError, match=r"fetch.mnist: expected 'demo' or a path, .* received 'official'"):
        fetch("mnist", "official", settings, tmp_path)
