"""``params.yaml``, parsed once: DVC parses it once to check a stage, and six times more for one that runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from dvc.utils.serialize import LOADERS, load_yaml

_SUFFIX = ".yaml"


@contextmanager
def parsed_once() -> Iterator[None]:
    """Let DVC parse a file of parameters again only after it has changed."""
    known: dict[str, tuple[tuple[int, ...], Any]] = {}

    def load(path: str, fs: Any = None) -> Any:
        found = Path(path).stat()
        version = found.st_ino, found.st_size, found.st_mtime_ns
        if path not in known or known[path][0] != version:
            known[path] = version, load_yaml(path, fs=fs)
        return deepcopy(known[path][1])

    before = LOADERS[_SUFFIX]
    LOADERS[_SUFFIX] = load
    try:
        yield
    finally:
        LOADERS[_SUFFIX] = before
