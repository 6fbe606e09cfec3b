"""``dvc.lock``, written after each stage in a hundredth of a second."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dvc.stage import PipelineStage
from dvc.stage.serialize import to_lockfile
from dvc.utils.serialize import dumps_yaml, parse_yaml

from imagelab.storage import writing


class LockFile:
    """The file has the bytes that ``dvc repro`` would write, but only the entry of a finished stage is formatted anew.

    DVC reads and formats the whole file after each stage, which takes three quarters of its own time. The file is
    replaced in one step, so that no kill leaves a part of it. Nobody else may write it meanwhile: hold DVC's lock.

    Args:
        path: ``dvc.lock``, which may be missing.
        plan: names of stages in the order of ``dvc repro``. Entries that are new in the file get this order.
    """

    def __init__(self, path: Path, plan: Sequence[str]) -> None:
        self._path = path
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        self._head: dict[str, Any] = parse_yaml(text, path) or {"schema": "2.0"}
        self._entries = {name: _format({name: entry}) for name, entry in self._head.pop("stages", {}).items()}
        new = {name: place for place, name in enumerate(plan) if name not in self._entries}
        self._places = dict.fromkeys(self._entries, -1) | new

    def record(self, stage: PipelineStage) -> None:
        """Write what a stage depends on, what its settings are, and what it has made."""
        self._entries[stage.name] = _format(to_lockfile(stage))
        entries = [self._entries[name] for name in sorted(self._entries, key=self._places.__getitem__)]
        writing.write_bytes("".join([dumps_yaml(self._head), "stages:\n", *entries]).encode(), self._path)


def _format(entry: Mapping[str, Any]) -> str:
    _, _, lines = dumps_yaml({"stages": entry}).partition("\n")
    return str(lines)
