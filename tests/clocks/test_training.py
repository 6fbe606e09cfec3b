from pathlib import Path
from typing import Any

from imagelab.clocks.training import epochs_of
from imagelab.settings import params
from tests.conftest import write_yaml


def test_a_head_trains_as_long_as_all_unless_it_says_otherwise(settings: dict[str, Any], tmp_path: Path) -> None:
    settings["clock"] |= {"epochs": 7}
    settings["clock"]["classification"]["epochs"] = None
    settings["clock"]["multi_head"]["epochs"] = 2
    clock = params.load(write_yaml(settings, tmp_path / "params.yaml")).clock
    assert epochs_of("classification", clock) == 7
    assert epochs_of("multi_head", clock) == 2
