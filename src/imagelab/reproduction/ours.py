"""What a run of the pipeline measured, in the terms of ``facts``."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from imagelab.clocks.arrays import read_raw_clocks
from imagelab.clocks.times import MINUTES_PER_DIAL, MINUTES_PER_HOUR
from imagelab.datasets.leaf_layout import LEAF_CLASS_SEPARATOR
from imagelab.reproduction import orderings, pictures, published
from imagelab.reproduction.facts import Fact
from imagelab.reproduction.orderings import Accuracies, Decided
from imagelab.runtime.errors import InputError
from imagelab.settings.classification import SETTINGS
from imagelab.storage import reading

_RUN_COLUMNS = (*SETTINGS, "run", "test_accuracy")
_GENERATOR_CLAIMS = Path("plots/generator/claims.csv")


class Ours(NamedTuple):
    """The measurements of a run."""

    results: Mapping[str, pd.DataFrame]  # of the grid search, by family, and on ``cifar10``; one row a run
    measures: Mapping[str, Mapping[str, Mapping[str, Any]]]  # by model, part and measure, as ``published.measures``
    generators: pd.DataFrame  # of ``generator_claims.compare``
    clock_images: tuple[int, ...]  # how many, their height and width

    def number(self, fact: Fact) -> float | None:
        """Return our number; NaN if the training failed, None if the run is missing."""
        if fact.table is not None:
            return _of_run(self.results[fact.table], fact.lookup)
        return self._measure(fact.lookup["model"], fact.lookup["part"], fact.lookup["measure"])

    def _measure(self, model: str, part: str, measure: str) -> float:
        found = self.measures[model].get(part)
        value = found.get(measure) if isinstance(found, Mapping) else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            received = "none" if value is None else value
            raise InputError(f"{part}: {measure}", where=_file(model, part), expected="a number", received=received)
        return value

    def claims(self, accuracies: Accuracies) -> dict[str, Decided]:
        """Decide every claim; by path in ``published.yaml``."""
        heads = ("classification", "regression", "multi_head")
        errors = {head: self._measure(f"clock_{head}", "all", "common_sense_error_minutes") for head in heads}
        found = {
            **{f"claims.classify.{name}": decided for name, decided in orderings.of_accuracies(accuracies).items()},
            **{f"claims.clocks.{name}": decided for name, decided in orderings.of_clocks(errors).items()},
        }
        rows = {row["claim"]: row for row in self.generators.to_dict("records")}
        for path, sentence in published.claims().items():
            if path.startswith("claims.leaves."):
                if sentence not in rows:
                    received = ", ".join(rows)
                    raise InputError("claims", where=_GENERATOR_CLAIMS, expected=f"'{sentence}'", received=received)
                row = rows[sentence]
                found[path] = Decided(row["numbers"], row["verdict"])
        return found


def read(root: Path) -> Ours:
    """Read what the stages of a run wrote.

    Args:
        root: holds ``data/``, ``metrics/`` and ``plots/``.

    Raises:
        InputError: if a file is missing or damaged.
    """
    images, minutes = read_raw_clocks(root / "data" / "raw" / "clocks")
    results = {
        name: _read_runs(root / "data" / folder / f"{name}.csv", name)
        for name, folder in (
            ("mlp", "search"),
            ("cnn", "search"),
            ("cnn_batch_norm", "search"),
            ("cifar10", "transfer"),
        )
    }
    heads = [str(model) for model in published.measures()["model"].unique() if str(model).startswith("clock_")]
    models = reading.read_json(root / _file(heads[0], "network"), keys=heads)
    measures: dict[str, dict[str, Any]] = {
        "clocks": {"all": _count_clocks(images.shape, minutes)},
        "leaves": {"all": _count_leaves(root / "data")},
    }
    for model in ("keras_example_mlp", "keras_example_cnn"):
        measures[model] = reading.read_json(root / _file(model, "test"), keys=["test"])
    for model in heads:
        measures[model] = _read_clock(root, model, models)
    claims = reading.read_csv(root / _GENERATOR_CLAIMS, columns=["claim", "numbers", "verdict"])
    return Ours(results, measures, claims, images.shape[:3])


def _of_run(table: pd.DataFrame, settings: Mapping[str, Any]) -> float | None:
    """Return the accuracy of a run; where the report prints no settings, the best of our grid for that variant.

    Of an MLP, which the report ran once, only first runs count: a second chance would be an advantage.
    """
    stated = {"run": 1} | {name: value for name, value in settings.items() if not pd.isna(value)}
    found = table[orderings.are(table, stated)]
    if pd.isna(settings["optimizer"]) and not orderings.has_all(found, orderings.needed_points(settings["variant"])):
        return None
    return None if found.empty else float(found["test_accuracy"].max())


def _read_runs(path: Path, name: str) -> pd.DataFrame:
    return reading.read_csv(path, columns=[*_RUN_COLUMNS, *(["variant"] if name == "mlp" else [])])


def _file(model: str, part: str) -> Path:
    """Return where a part of a network's measurements stands."""
    if part == "network":
        return Path("metrics/models.json")
    kind, _, name = model.removeprefix("keras_").partition("_")
    if part.endswith(" epoch"):
        return Path("plots") / kind / name / "history.csv"
    return Path("metrics") / ("keras_example" if kind == "example" else kind) / f"{name}.json"


def _read_clock(root: Path, model: str, models: Mapping[str, Any]) -> dict[str, Any]:
    history = reading.read_csv(root / _file(model, "first epoch")).to_dict("records")
    return {
        **reading.read_json(root / _file(model, "all"), keys=["all", "test"]),
        "network": models[model],
        "first epoch": history[0],
        "last epoch": history[-1],
    }


def _count_clocks(shape: Sequence[int], minutes: "np.ndarray[Any, Any]") -> dict[str, int]:
    """Count pictures, their pixels, and the fewest pictures of a time and of an hour."""
    return {
        "images": shape[0],
        "image_size": shape[1],
        "images_per_time": int(np.bincount(minutes, minlength=MINUTES_PER_DIAL).min()),
        "images_per_hour": int(np.bincount(minutes // MINUTES_PER_HOUR, minlength=12).min()),
    }


def _count_leaves(data: Path) -> dict[str, int]:
    """Count crops and classes of the source, and classes, pictures and pixels of what was chosen."""
    source = pictures.leaf_counts(data / "raw" / "leaves")
    labels = reading.read_array(data / "leaves" / "labels.npy", dimensions=1, integers=True)
    images = reading.read_array(data / "leaves" / "images.npy", dimensions=4, memory_map=True)
    classes = reading.read_json(data / "leaves" / "classes.json", keys=["classes"])["classes"]
    chosen_of_crop = Counter(name.split(LEAF_CLASS_SEPARATOR)[0] for name in classes)
    return {
        "crops": len({name.split(LEAF_CLASS_SEPARATOR)[0] for name in source}),
        "source_classes": len(source),
        "max_classes_per_crop": max(chosen_of_crop.values(), default=0),
        "classes": len(classes),
        "images_per_class": int(np.bincount(labels, minlength=len(classes)).min()),
        "images": len(labels),
        "size": images.shape[1],
    }
