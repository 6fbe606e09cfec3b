"""Readers of finished runs of the pipeline, with checks that they are repeats of each other."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from imagelab.runtime.errors import InputError
from imagelab.settings import params
from imagelab.storage import reading

_NO_MEASUREMENTS = ("reproduction", "summary", "data")  # files in metrics/: they repeat others, or describe the data
_MACHINE = "environment"  # metrics/environment.json describes the machine of a run; it holds no measurement
CHOSEN = "best_"  # prefix of settings that a search has chosen; another seed may choose others


class Run(NamedTuple):
    """A finished run, in the form in which ``results/`` keeps them."""

    folder: Path  # with params.yaml, metrics/ and, if any, plots/
    seed: int
    metrics: dict[str, Any]  # by file and key, such as clock/reader/test/share_exact; numbers, texts or None
    machine: dict[str, Any]  # content of metrics/environment.json; empty without that file
    left_out: list[str]  # files of its metrics that another run lacks, as clock/reader


def read_runs(folders: Sequence[Path]) -> list[Run]:
    """Read runs that are repeats of each other.

    Args:
        folders: each with ``params.yaml`` and ``metrics/``.

    Returns:
        The runs, ordered by their seeds. Only files of metrics that all of them have are read: of some seeds a part of
        the pipeline may have run.

    Raises:
        InputError: if there are fewer than two, a file is missing or damaged, a setting other than ``seed`` differs,
            two seeds are equal, the runs have no file of metrics in common, a file has other metrics in another run, or
            a metric that is a text differs.
    """
    if len(folders) < 2:
        raise InputError("folders", where="repeats", expected="two or more of them", received=len(folders))
    settings = [params.load(folder / "params.yaml").model_dump(mode="json") for folder in folders]
    flat = [dict(_flat(own, ".")) for own in settings]
    for folder, own in zip(folders[1:], flat[1:], strict=True):
        _check_settings(own, flat[0], where=folder / "params.yaml", first=folders[0])
    names = [_metrics_of(folder) for folder in folders]
    shared = sorted(set.intersection(*names))
    if not shared:
        expected = f"a file that {folders[0]} has, too"
        raise InputError("metrics", where=folders[1] / "metrics", expected=expected, received="none")
    runs = [
        _read(folder, own["seed"], shared, sorted(found - set(shared)))
        for folder, own, found in zip(folders, settings, names, strict=True)
    ]
    for index, run in enumerate(runs):
        if other := next((other for other in runs[:index] if other.seed == run.seed), None):
            expected = f"another seed than that of {other.folder}"
            raise InputError("seed", where=run.folder / "params.yaml", expected=expected, received=run.seed)
        _check_metrics(run, runs[0])
    return sorted(runs, key=lambda run: run.seed)


def _metrics_of(folder: Path) -> set[str]:
    root = folder / "metrics"
    found = {path.relative_to(root).with_suffix("").as_posix() for path in root.rglob("*.json")}
    found -= {_MACHINE, *_NO_MEASUREMENTS}
    if not found:
        raise InputError("metrics", where=root, expected="those of a finished run (.json files)", received="none")
    return found


def _read(folder: Path, seed: int, names: Sequence[str], left_out: list[str]) -> Run:
    root = folder / "metrics"
    found = {name: reading.read_json(root / f"{name}.json") for name in names}
    path = root / f"{_MACHINE}.json"
    machine = reading.read_json(path) if path.exists() else {}
    return Run(folder, seed, dict(_flat(found, "/")), dict(_flat(machine, ".")), left_out)


def _flat(content: Mapping[str, Any], between: str, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path of each value, and the value; a list is one value."""
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, between, f"{before}{key}{between}")
        else:
            yield f"{before}{key}", value


def _check_settings(own: Mapping[str, Any], others: Mapping[str, Any], *, where: Path, first: Path) -> None:
    for name in dict.fromkeys([*others, *own]):  # the variants of the grid may be named differently
        here, there = own.get(name, "none"), others.get(name, "none")
        if name != "seed" and here != there:
            raise InputError(name, where=where, expected=f"{there}, as in {first}", received=here)


def _check_metrics(run: Run, first: Run) -> None:
    """Refuse runs with different metrics, or with different texts in a metric, such as the names of data sets."""
    for name in dict.fromkeys([*first.metrics, *run.metrics]):
        where = run.folder / "metrics"
        if name not in run.metrics:
            raise InputError(name, where=where, expected=f"a value, as in {first.folder}", received="none")
        if name not in first.metrics:
            raise InputError(name, where=where, expected=f"none, as in {first.folder}", received=run.metrics[name])
        here, there = run.metrics[name], first.metrics[name]
        numbers = all(isinstance(value, int | float | None) for value in (here, there))
        if here != there and not numbers and not name.rpartition("/")[2].startswith(CHOSEN):
            raise InputError(name, where=where, expected=f"{there}, as in {first.folder}", received=here)
