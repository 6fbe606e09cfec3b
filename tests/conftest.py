"""What several tests need: the repository, and settings small enough for seconds."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from imagelab.runtime import yaml_reading

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def repeatable() -> None:
    """Configure the backend, which it allows before its first operation only."""
    from imagelab.training import backend  # takes seconds, which most tests do not need

    backend.configure(seed=1, precision="float32", threads=1)


@pytest.fixture
def settings() -> dict[str, Any]:
    """The default profile as plain values, to be changed at will."""
    return read_yaml(REPOSITORY / "params.yaml")


def read_yaml(path: Path) -> Any:
    return yaml_reading.load(path)


class _Dumper(yaml.SafeDumper):
    """Quotes a text where YAML 1.2 needs it: ``1e-3`` too."""

    yaml_implicit_resolvers = yaml_reading.RESOLVERS


def write_yaml(content: Any, path: Path) -> Path:
    path.write_text(yaml.dump(content, Dumper=_Dumper, sort_keys=False), encoding="utf-8")
    return path
