"""What several tests need: the repository, and settings small enough for seconds."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def repeatable() -> None:
    """Configure the backend, which it allows before its first operation only."""
    from imagelab import backend  # takes seconds, which most tests do not need

    backend.configure(seed=1, precision="float32", threads=2)


@pytest.fixture
def settings() -> dict[str, Any]:
    """The default profile as plain values, to be changed at will."""
    return read_yaml(REPOSITORY / "params.yaml")


def read_yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def write_yaml(content: Any, path: Path) -> Path:
    YAML().dump(content, path)
    return path
