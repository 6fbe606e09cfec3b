"""Every number and claim of the report that gets a verdict."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from imagelab.reproduction import published, rules
from imagelab.reproduction.published import ACCURACY, UNCERTAIN
from imagelab.reproduction.rules import Kind
from imagelab.settings.classification import SETTINGS

_KINDS: dict[str, Kind] = {
    "accuracy": "clock_share",
    "test_accuracy": "clock_share",
    "accuracy_of_720_times": "clock_share",
    "hour_accuracy": "clock_share",
    "share_of_minute_errors_below_10": "clock_share",
    "common_sense_error_minutes": "error",
    "mean_absolute_error_hours": "error",
    "mean_absolute_error_minutes": "error",
    "minute_mean_absolute_error": "error",
    "loss": "loss",
    "test_loss": "loss",
    "hour_loss": "loss",
    "minute_loss": "loss",
}
"""Kinds of what is measured of a clock network; other measures of ``published.measures`` are counts."""

_SPLITS = {"classify": "test", "clocks": "all", "leaves": "held-out"}
"""On which pictures the claims about a task are decided."""


class Fact(NamedTuple):
    """A number or a claim that the report prints."""

    id: str
    path: str  # in published.yaml
    published: float | int | str  # a claim's sentence
    kind: Kind
    split: str  # "test", "train", "all", "held-out" (leaves), or "none" where no pictures are measured
    uncertain: bool  # the print may be misread
    table: str | None  # of ours, that holds the run: "mlp", "cnn", "cnn_batch_norm", "cifar10"; None for no run
    lookup: Mapping[str, Any]  # of a run its settings, of a measure ``model``, ``part`` and ``measure``


def all_facts() -> list[Fact]:
    """Return every number and claim, in the report's order."""
    return [
        *(fact for fact in _measures() if fact.path.startswith("keras_mnist_examples.")),
        *_runs("mlp", published.runs("mlp"), "fashion_mnist.mlp"),
        *_runs("cnn", published.runs("cnn"), "fashion_mnist.cnn_runs"),
        *_runs("cnn_batch_norm", published.runs("cnn_batch_norm"), "fashion_mnist.cnn_batch_norm_runs"),
        *_runs("cifar10", published.transfer(), "cifar10"),
        *(fact for fact in _measures() if not fact.path.startswith("keras_mnist_examples.")),
        *_claims(),
    ]


def _runs(table: str, runs: pd.DataFrame, path: str) -> list[Fact]:
    facts = []
    for place, row in enumerate(runs.to_dict("records")):
        settings = {str(name): value for name, value in row.items() if name not in (ACCURACY, UNCERTAIN)}
        if table == "mlp":
            name, place_of_row = settings["variant"], f"{path}.{settings['variant']}.test_accuracy"
        else:
            second = f"_run_{settings['run']}" if settings["run"] > 1 else ""
            name = "_".join(str(settings[key]) for key in SETTINGS) + second
            place_of_row = f"{path}.{place}.test_accuracy"
        slow = settings["optimizer"] in rules.load().slow_optimizers
        kind: Kind = "slow_accuracy" if slow else "accuracy"
        facts.append(
            Fact(f"{table}/{name}", place_of_row, row[ACCURACY], kind, "test", bool(row[UNCERTAIN]), table, settings)
        )
    return facts


def _measures() -> list[Fact]:
    facts = []
    for path, model, part, measure, value in published.measures().itertuples(index=False, name=None):
        kind: Kind = "accuracy" if model.startswith("keras_example_") else _KINDS.get(measure, "count")
        split = {"network": "none"}.get(part, part)
        if part.endswith(" epoch"):
            split = "test" if measure.startswith("test_") else "train"
        name = f"{model}/{part.replace(' ', '_')}_{measure}"
        lookup = {"model": model, "part": part, "measure": measure}
        number = round(value) if kind == "count" else value
        facts.append(Fact(name, path, number, kind, split, False, None, lookup))
    return facts


def _claims() -> list[Fact]:
    return [
        Fact(path.replace(".", "/"), path, text, "claim", _SPLITS[path.split(".")[1]], False, None, {})
        for path, text in published.claims().items()
    ]
