"""Join runs that differ in their seed only, to show how far the numbers depend on the seed."""

from collections.abc import Sequence

import pandas as pd

from imagelab.datasets import data_names
from imagelab.reproduction import generator_claims
from imagelab.reproduction.finished_runs import CHOSEN, Run
from imagelab.reproduction.measured_generators import read_measured
from imagelab.settings import params
from imagelab.settings.classification import SETTINGS

_SHOWN = ("accuracy", "test_accuracy", "best_test_accuracy", "common_sense_error_minutes", "frechet_distance")
_CHOSEN_SETTINGS = tuple(f"{CHOSEN}{name}" for name in SETTINGS)
_NOT_SHOWN = ("train", "validation", "all")  # parts of the data


def join(runs: Sequence[Run]) -> pd.DataFrame:
    """Join the metrics of ``read_runs``.

    Returns:
        One row per metric that is a number, but for settings that a search has chosen, whose mean no run has:
        ``metric``, ``runs`` (how many have a number, not None), ``mean``, ``lowest`` and ``highest``.
    """
    rows = []
    for name in runs[0].metrics:
        if _is_chosen(name):
            continue
        values = [value for run in runs if isinstance(value := run.metrics[name], int | float)]
        if values:
            rows.append((name, len(values), sum(values) / len(values), min(values), max(values)))
    table = pd.DataFrame(rows, columns=["metric", "runs", "mean", "lowest", "highest"])
    return table.astype({"mean": float, "lowest": float, "highest": float})


def judge_claims(runs: Sequence[Run]) -> tuple[pd.DataFrame, str] | None:
    """Test the report's claims about its generators on all runs together.

    Returns:
        The table of ``generator_claims.compare``, and the name of the data; None if a run did not measure all
        generators.

    Raises:
        InputError: if a file is damaged.
    """
    measured = [found for run in runs if (found := read_measured(run.folder)) is not None]
    if len(measured) < len(runs):
        return None
    source = params.load(runs[0].folder / "params.yaml").fetch.leaves  # the same in all of them
    table = generator_claims.compare(measured, real=not data_names.is_stand_in(source))
    return table, data_names.describe("leaves", source)


def describe(runs: Sequence[Run], table: pd.DataFrame) -> str:
    """Describe in a few lines what was joined: seeds, the main metrics of ``join``, and other differences."""
    seeds = ", ".join(str(run.seed) for run in runs)
    lines = [f"{len(runs)} runs, seeds {seeds}: {len(table)} metrics"]
    parts = table["metric"].str.split("/")
    shown = parts.str[-1].isin(_SHOWN) & ~parts.map(lambda names: any(name in _NOT_SHOWN for name in names))
    if shown.any():
        lines.append(table[shown].to_string(index=False, float_format="{:.4g}".format))
    for name in runs[0].metrics:
        values = [run.metrics[name] for run in runs]
        found = {str(value) for value in values if _is_chosen(name) or isinstance(value, str)}
        if len(found) > 1:
            lines.append(f"{name}: {' or '.join(sorted(found))}")
    if left_out := sorted({name for run in runs for name in run.left_out}):
        lines.append(f"left out, because not all runs have them: {', '.join(left_out)}")
    keys = dict.fromkeys(key for run in runs for key in run.machine)
    if differing := [key for key in keys if len({str(run.machine.get(key)) for run in runs}) > 1]:
        lines.append(f"different environments: {', '.join(differing)}")
    return "\n".join(lines)


def _is_chosen(name: str) -> bool:
    """Tell by its name whether a metric is a setting that a search has chosen."""
    return name.rpartition("/")[2] in _CHOSEN_SETTINGS
