"""What a run of the pipeline measured, in the terms of ``facts``."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from imagelab.clocks.arrays import read_raw_clocks
from imagelab.clocks.times import MINUTES_PER_DIAL, MINUTES_PER_HOUR
from imagelab.datasets.leaf_layout import LEAF_CLASS_SEPARATOR
from imagelab.reproduction import orderings, published, same_pictures
from imagelab.reproduction.answers import ANSWERS
from imagelab.reproduction.facts import Fact
from imagelab.reproduction.orderings import Accuracies, Decided
from imagelab.runtime.errors import InputError
from imagelab.settings.classification import SETTINGS
from imagelab.storage import class_names, reading

_RUN_COLUMNS = (*SETTINGS, "run", "test_accuracy")
_GENERATOR_CLAIMS = Path("plots/generator/claims.csv")


class Ours(NamedTuple):
    """The measurements of a run, or of a part of one."""

    results: Mapping[str, pd.DataFrame]  # of the grid search, by family, and on ``cifar10``; one row a run
    measures: Mapping[str, Mapping[str, Mapping[str, Any]]]  # by model, part and measure, as ``published.measures``
    generators: pd.DataFrame | None  # of ``generator_claims.compare``
    clock_images: tuple[int, ...]  # how many, their height and width

    def number(self, fact: Fact) -> float | None:
        """Return our number; NaN if the training failed, None if the run is missing."""
        if fact.table is not None:
            return _of_run(self.results[fact.table], fact.lookup)
        return self._measure(fact.lookup["model"], fact.lookup["part"], fact.lookup["measure"])

    def _measure(self, model: str, part: str, measure: str) -> float | None:
        """Return a measurement; None if its part was not run."""
        if part not in self.measures[model]:
            return None
        found = self.measures[model][part]
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
        found |= {
            path: self._generator_claim(sentence)
            for path, sentence in published.claims().items()
            if path.startswith("claims.leaves.")
        }
        return found

    def _generator_claim(self, sentence: str) -> Decided:
        if self.generators is None:
            return orderings.NOT_RUN
        rows = {row["claim"]: row for row in self.generators.to_dict("records")}
        if sentence not in rows:
            received = ", ".join(rows)
            raise InputError("claims", where=_GENERATOR_CLAIMS, expected=f"'{sentence}'", received=received)
        verdict = rows[sentence]["verdict"]
        if verdict not in ANSWERS:
            expected = f"one of {', '.join(ANSWERS)}"
            raise InputError(f"verdict on '{sentence}'", where=_GENERATOR_CLAIMS, expected=expected, received=verdict)
        return Decided(rows[sentence]["numbers"], verdict)


def read(root: Path, *, outputs: Collection[Path] | None = None, elsewhere: Mapping[Path, Path]) -> Ours:
    """Read what the stages of a run wrote.

    Args:
        root: holds ``data/``, ``metrics/`` and ``plots/``.
        outputs: files and folders of the stages that belong to the run, relative to ``root``; None for all. What
            trainings and evaluations wrote to other places is of another run, and is left out. The raw data, the
            prepared leaves and the numbers of parameters must be there.
        elsewhere: where metrics and plots of the run lie that are not below ``root``, by their path there.

    Raises:
        InputError: if a file is missing or damaged.
    """

    def is_of_run(path: Path) -> bool:
        return outputs is None or path in elsewhere or not {path, *path.parents}.isdisjoint(outputs)

    def place(path: Path) -> Path:
        return elsewhere.get(path, root / path)

    images, minutes = read_raw_clocks(root / "data" / "raw" / "clocks")
    results = {}
    for name, folder in (("mlp", "search"), ("cnn", "search"), ("cnn_batch_norm", "search"), ("cifar10", "transfer")):
        path = Path("data") / folder / f"{name}.csv"
        results[name] = _read_runs(root / path, name) if is_of_run(path) else _no_runs(name)
    heads = [str(model) for model in published.measures()["model"].unique() if str(model).startswith("clock_")]
    models = reading.read_json(root / _file(heads[0], "network"), keys=heads)
    measures: dict[str, dict[str, Any]] = {
        "clocks": {"all": _count_clocks(images.shape, minutes)},
        "leaves": {"all": _count_leaves(root / "data")},
    }
    for model in ("keras_example_mlp", "keras_example_cnn"):
        path = _file(model, "test")
        measures[model] = reading.read_json(place(path), keys=["test"]) if is_of_run(path) else {}
    for model in heads:
        measures[model] = {"network": models[model]}
        if is_of_run(path := _file(model, "all")):
            measures[model] |= reading.read_json(place(path), keys=["all", "test"])
        if is_of_run(path := _file(model, "first epoch")):
            history = reading.read_csv(place(path)).to_dict("records")
            measures[model] |= {"first epoch": history[0], "last epoch": history[-1]}
    claims = None
    if is_of_run(_GENERATOR_CLAIMS):
        claims = reading.read_csv(place(_GENERATOR_CLAIMS), columns=["claim", "numbers", "verdict"])
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


def _no_runs(name: str) -> pd.DataFrame:
    """Return a table without rows, with the report's columns and their types."""
    printed = published.transfer() if name == "cifar10" else published.runs(name)
    return printed.head(0).assign(run=1).rename(columns={published.ACCURACY: "test_accuracy"})


def _file(model: str, part: str) -> Path:
    """Return where a part of a network's measurements stands."""
    if part == "network":
        return Path("metrics/models.json")
    kind, _, name = model.removeprefix("keras_").partition("_")
    if part.endswith(" epoch"):
        return Path("plots") / kind / name / "history.csv"
    return Path("metrics") / ("keras_example" if kind == "example" else kind) / f"{name}.json"


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
    source = same_pictures.leaf_counts(data / "raw" / "leaves")
    labels = reading.read_array(data / "leaves" / "labels.npy", dimensions=1, integers=True)
    images = reading.read_array(data / "leaves" / "images.npy", dimensions=4, memory_map=True)
    classes = class_names.read(data / "leaves", fewest=1)
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
