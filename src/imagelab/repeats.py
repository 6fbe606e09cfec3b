"""Runs that differ in their seed only, joined: how much of a number is luck."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from imagelab import artifacts, claims, data_names, params
from imagelab.errors import InputError

_MACHINE = "environment"  # metrics/environment.json describes where a run was, and measures nothing
_CHOSEN = "best_"  # begins the names of settings that a search has chosen: another seed may choose others
_SHOWN = ("accuracy", "test_accuracy", "best_test_accuracy", "common_sense_error_minutes", "frechet_distance")
_NOT_SHOWN = ("train", "validation", "all")  # parts of the data


class Run(NamedTuple):
    """A finished run, as ``results/`` keeps it."""

    folder: Path  # with params.yaml, metrics/ and, where there are some, plots/
    seed: int
    metrics: dict[str, Any]  # by file and key, such as clock/reader/test/share_exact; numbers, texts or None
    machine: dict[str, Any]  # of metrics/environment.json; empty where there is none


def read_runs(folders: Sequence[Path]) -> list[Run]:
    """Read runs that are repeats of each other.

    Args:
        folders: each with ``params.yaml`` and ``metrics/``.

    Returns:
        The runs, ordered by their seeds.

    Raises:
        InputError: if there are fewer than two, a file is missing or damaged, a setting other than ``seed`` differs,
            two seeds are equal, the runs have not the same metrics, or a text among these differs.
    """
    if len(folders) < 2:
        raise InputError("folders", where="repeats", expected="two or more of them", received=len(folders))
    settings = [params.load(folder / "params.yaml").model_dump(mode="json") for folder in folders]
    flat = [dict(_flat(own, ".")) for own in settings]
    for folder, own in zip(folders[1:], flat[1:], strict=True):
        _check_settings(own, flat[0], where=folder / "params.yaml", first=folders[0])
    runs = [_read(folder, own["seed"]) for folder, own in zip(folders, settings, strict=True)]
    for index, run in enumerate(runs):
        if other := next((other for other in runs[:index] if other.seed == run.seed), None):
            expected = f"another one than that of {other.folder}"
            raise InputError("seed", where=run.folder / "params.yaml", expected=expected, received=run.seed)
        _check_metrics(run, runs[0])
    return sorted(runs, key=lambda run: run.seed)


def join(runs: Sequence[Run]) -> pd.DataFrame:
    """Join the metrics of ``read_runs``.

    Returns:
        A row a metric that is a number: ``metric``, ``runs`` (those that have a number, not None), ``mean``, ``lowest``
        and ``highest``.
    """
    rows = []
    for name in runs[0].metrics:
        values = [value for run in runs if isinstance(value := run.metrics[name], int | float)]
        if values:
            rows.append((name, len(values), sum(values) / len(values), min(values), max(values)))
    table = pd.DataFrame(rows, columns=["metric", "runs", "mean", "lowest", "highest"])
    return table.astype({"mean": float, "lowest": float, "highest": float})


def judge_claims(runs: Sequence[Run]) -> tuple[pd.DataFrame, str] | None:
    """Judge the report's claims about its generators by all runs together.

    Returns:
        As of ``claims.compare``, and the name of the data; None if a run has not measured all generators.

    Raises:
        InputError: if a file is damaged.
    """
    measured = [found for run in runs if (found := claims.read_measured(run.folder)) is not None]
    if len(measured) < len(runs):
        return None
    source = params.load(runs[0].folder / "params.yaml").fetch.leaves  # the same in all of them
    return claims.compare(measured, real=not data_names.is_stand_in(source)), data_names.describe("leaves", source)


def describe(runs: Sequence[Run], table: pd.DataFrame) -> str:
    """Say in a few lines what was joined: seeds, the main metrics of ``join``, and what differs besides."""
    seeds = ", ".join(str(run.seed) for run in runs)
    lines = [f"{len(runs)} runs, seeds {seeds}: {len(table)} metrics"]
    parts = table["metric"].str.split("/")
    shown = parts.str[-1].isin(_SHOWN) & ~parts.map(lambda names: any(name in _NOT_SHOWN for name in names))
    if shown.any():
        lines.append(table[shown].to_string(index=False, float_format="{:.4g}".format))
    for name in runs[0].metrics:
        if len(found := {str(run.metrics[name]) for run in runs if isinstance(run.metrics[name], str)}) > 1:
            lines.append(f"{name}: {' or '.join(sorted(found))}")
    keys = dict.fromkeys(key for run in runs for key in run.machine)
    if differing := [key for key in keys if len({str(run.machine.get(key)) for run in runs}) > 1]:
        lines.append(f"not on the same kind of machine: {', '.join(differing)}")
    return "\n".join(lines)


def _read(folder: Path, seed: int) -> Run:
    root = folder / "metrics"
    found = {
        path.relative_to(root).with_suffix("").as_posix(): artifacts.read_json(path)
        for path in sorted(root.rglob("*.json"))
    }
    machine = dict(_flat(found.pop(_MACHINE, {}), "."))
    if not found:
        raise InputError("metrics", where=root, expected="those of a finished run (.json files)", received="none")
    return Run(folder, seed, dict(_flat(found, "/")), machine)


def _flat(content: Mapping[str, Any], between: str, before: str = "") -> Iterator[tuple[str, Any]]:
    """Give each value with its path; lists are values."""
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, between, f"{before}{key}{between}")
        else:
            yield f"{before}{key}", value


def _check_settings(own: Mapping[str, Any], others: Mapping[str, Any], *, where: Path, first: Path) -> None:
    for name in dict.fromkeys([*others, *own]):  # the grid's variants have names of their own
        here, there = own.get(name, "none"), others.get(name, "none")
        if name != "seed" and here != there:
            raise InputError(name, where=where, expected=f"{there}, as in {first}", received=here)


def _check_metrics(run: Run, first: Run) -> None:
    """Check that two runs have measured the same, and say the same where a metric is a text, such as a data set's name.

    Raises:
        InputError: if not.
    """
    for name in dict.fromkeys([*first.metrics, *run.metrics]):
        where = run.folder / "metrics"
        if name not in run.metrics:
            raise InputError(name, where=where, expected=f"a value, as in {first.folder}", received="none")
        if name not in first.metrics:
            raise InputError(name, where=where, expected=f"none, as in {first.folder}", received=run.metrics[name])
        here, there = run.metrics[name], first.metrics[name]
        numbers = all(isinstance(value, int | float | None) for value in (here, there))
        if here != there and not numbers and not name.rpartition("/")[2].startswith(_CHOSEN):
            raise InputError(name, where=where, expected=f"{there}, as in {first.folder}", received=here)
