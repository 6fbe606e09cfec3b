import re
from pathlib import Path
from typing import Any

import pytest
from dvc.utils.hydra import apply_overrides

from imagelab import params
from imagelab.errors import InputError
from tests.conftest import REPOSITORY, write_yaml


@pytest.mark.parametrize("path", [REPOSITORY / "params.yaml", *sorted((REPOSITORY / "params").glob("*.yaml"))], ids=str)
def test_every_profile_is_complete_and_valid(path: Path) -> None:
    params.load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clock": {"epoch": 3}}, "unknown key clock.epoch: expected no such key, received 3"),
        ({"clock": {"epochs": "ten"}}, "clock.epochs: expected a valid integer, received 'ten'"),
        ({"clock": {"epochs": 2.5}}, "clock.epochs: expected a valid integer"),
        ({"clock": {"epochs": True}}, "clock.epochs: expected a valid integer, received True"),
        ({"clock": {"epochs": -3}}, "clock.epochs: expected greater than 0, received -3"),
        ({"prepare": {"validation_fraction": 1.5}}, "prepare.validation_fraction: expected less than 1, received 1.5"),
        ({"search": {"cnn": {"grid": []}}}, "search.cnn.grid: expected"),
        ({"search": {"cnn": {"network": {"filters": [8, 16]}}}}, "search.cnn.network.filters"),
        ({"threads": 0}, "threads: expected greater than 0, received 0"),
        ({"precision": "float16"}, "precision: expected 'float32' or 'mixed_bfloat16', received 'float16'"),
        ({"render": {"roll_degrees": [10, -10]}}, "render.roll_degrees: expected an interval"),
        ({"render": {"tilt_degrees": [0, 80]}}, "render.tilt_degrees: expected an interval within"),
        ({"gan": {"latent_dimension": 0}}, "gan.latent_dimension: expected greater than 0, received 0"),
        ({"gan": {"learning_rate": float("nan")}}, "gan.learning_rate: expected"),
        ({"fetch": {"clocks": "demo"}}, "fetch.clocks: expected 'render' or a path, received 'demo'"),
        ({"fetch": {"mnist": "render"}}, "fetch.mnist: expected 'official', 'demo' or a path, received 'render'"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named_with_what_was_expected_and_received(
    change: dict[str, Any], message: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    merge(settings, change)
    with pytest.raises(InputError) as raised:
        params.load(write_yaml(settings, tmp_path / "params.yaml"))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_variant_that_is_not_defined_is_named(settings: dict[str, Any], tmp_path: Path) -> None:
    settings["search"]["mlp"]["grid"][0]["variant"].append("three_hidden")
    with pytest.raises(InputError, match=r"search\.mlp\.grid\.variant: expected one of two_hidden, .* 'three_hidden'"):
        params.load(write_yaml(settings, tmp_path / "params.yaml"))


def test_a_missing_key_is_named(settings: dict[str, Any], tmp_path: Path) -> None:
    del settings["gan"]["epochs"]
    with pytest.raises(InputError, match=r"missing key gan\.epochs"):
        params.load(write_yaml(settings, tmp_path / "params.yaml"))


def test_one_thousandth_may_be_written_as_1e_3(settings: dict[str, Any], tmp_path: Path) -> None:
    path = write_yaml(settings, tmp_path / "params.yaml")
    path.write_text(path.read_text().replace("learning_rate: 0.0005", "learning_rate: 5e-4"))
    assert "5e-4" in path.read_text()
    assert params.load(path).gan.learning_rate == 0.0005


@pytest.mark.parametrize("content", ["a: [", "- 1\n- 2\n", ""])
def test_a_file_that_holds_no_settings_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(content)
    with pytest.raises(InputError):
        params.load(path)


def test_the_settings_that_the_readme_tries_can_be_set(settings: dict[str, Any], tmp_path: Path) -> None:
    examples = re.findall(r"dvc exp run -S '?([^ ']+)'?", (REPOSITORY / "README.md").read_text())
    assert len(examples) > 1
    path = write_yaml(settings, tmp_path / "params.yaml")
    before = params.load(path)
    apply_overrides(path, examples)
    assert params.load(path) != before


def test_a_head_trains_as_long_as_all_unless_it_says_otherwise(settings: dict[str, Any], tmp_path: Path) -> None:
    settings["clock"] |= {"epochs": 7}
    settings["clock"]["classification"]["epochs"] = None
    settings["clock"]["multi_head"]["epochs"] = 2
    clock = params.load(write_yaml(settings, tmp_path / "params.yaml")).clock
    assert clock.epochs_of("classification") == 7
    assert clock.epochs_of("multi_head") == 2


def merge(settings: dict[str, Any], change: dict[str, Any]) -> None:
    for key, value in change.items():
        if isinstance(value, dict):
            merge(settings[key], value)
        else:
            settings[key] = value
