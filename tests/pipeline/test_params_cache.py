"""Files of parameters, as DVC reads them during a run."""

from pathlib import Path
from typing import Any

import pytest
from dvc.dependency.param import read_param_file
from dvc.fs import localfs

from imagelab.pipeline import params_cache


def read(path: Path, *keys: str) -> Any:
    return read_param_file(localfs, str(path), list(keys), flatten=True)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were parsed."""
    found: list[str] = []
    load = params_cache.load_yaml
    monkeypatch.setattr(params_cache, "load_yaml", lambda path, fs: found.append(path) or load(path, fs=fs))
    return found


def test_a_file_is_parsed_once_until_it_changes(tmp_path: Path, parsed: list[str]) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("a: {b: [1, 2]}\nc: 1e-3\n")
    with params_cache.parsed_once():
        for _ in range(3):
            assert read(path, "a.b", "c") == {"a.b": [1, 2], "c": 0.001}
        assert parsed == [str(path)]
        path.write_text("a: {b: [1, 3]}\n")
        assert read(path, "a.b", "c") == {"a.b": [1, 3]}
        assert len(parsed) == 2
    read(path, "a.b")
    assert len(parsed) == 2  # outside, DVC reads by itself


def test_what_a_reader_changes_stays_its_own(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("a: [1]\n")
    with params_cache.parsed_once():
        read(path, "a")["a"].append(2)
        assert read(path, "a") == {"a": [1]}


def test_a_missing_file_is_told_as_dvc_does(tmp_path: Path) -> None:
    with params_cache.parsed_once(), pytest.raises(FileNotFoundError):
        read(tmp_path / "params.yaml", "a")
