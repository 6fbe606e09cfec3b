from pathlib import Path
from typing import Any

import pytest

from imagelab.runtime.errors import InputError
from imagelab.settings import params
from tests.conftest import REPOSITORY, write_yaml


@pytest.mark.parametrize("path", [REPOSITORY / "params.yaml", *sorted((REPOSITORY / "params").glob("*.yaml"))], ids=str)
def test_every_profile_is_complete_and_valid(path: Path) -> None:
    params.load(path)


def test_one_thousandth_may_be_written_as_1e_3(settings: dict[str, Any], tmp_path: Path) -> None:
    path = write_yaml(settings, tmp_path / "params.yaml")
    path.write_text(path.read_text().replace("learning_rate: 0.0005", "learning_rate: 5e-4"))
    assert "5e-4" in path.read_text()
    assert params.load(path).gan.learning_rate == 0.0005


def test_the_reader_needs_clocks_to_train_on(settings: dict[str, Any], tmp_path: Path) -> None:
    settings["reader_clocks"] |= {"report_images_per_time": 0, "random_designs": 0}
    with pytest.raises(InputError, match=r"reader_clocks: .*report_images_per_time or random_designs above 0"):
        params.load(write_yaml(settings, tmp_path / "params.yaml"))


def merge(settings: dict[str, Any], change: dict[str, Any]) -> None:
    for key, value in change.items():
        if isinstance(value, dict):
            merge(settings[key], value)
        else:
            settings[key] = value
