"""A run at the report's size, without the training: what its stages would have written, on sparse arrays."""

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from imagelab.datasets import data_names
from imagelab.reproduction import orderings, published
from imagelab.settings.classification import SETTINGS
from imagelab.settings.data import CLASSIFIED
from imagelab.storage import class_names, writing
from tests.conftest import REPOSITORY, read_yaml, write_yaml

CLASSES_OF_CROPS = (6, 4, 4, 4, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1)
"""Of Kaggle's set, in which the first crop has 10; the profile keeps 6 at most, which makes the report's 34."""
ACCURACY = {published.ACCURACY: "test_accuracy"}


def write(folder: Path) -> None:
    """Write a run of the report's profile that measured exactly what the report prints."""
    (folder / "params").mkdir()
    for name in ("params.yaml", "params/paper.yaml"):
        write_yaml(read_yaml(REPOSITORY / "params" / "paper.yaml"), folder / name)
    for name in CLASSIFIED:
        class_names.write([str(place) for place in range(10)], folder / "data" / "raw" / name)
    write_clocks(folder, images_per_time=25, size=150)
    write_leaves(folder, source=(10, *CLASSES_OF_CROPS[1:]), chosen=CLASSES_OF_CROPS)
    for family in ("cnn", "cnn_batch_norm"):
        write_runs(folder, family, published.runs(family).rename(columns=ACCURACY))
    write_runs(folder, "cifar10", published.transfer().rename(columns=ACCURACY))
    write_runs(folder, "mlp", mlp_runs())
    write_measures(folder)
    claims = [text for path, text in published.claims().items() if path.startswith("claims.leaves.")]
    table = pd.DataFrame({"claim": claims, "numbers": "a number", "verdict": "yes"})
    writing.write_table(table, folder / "plots" / "generator" / "claims.csv", data="leaves")


def mlp_runs() -> pd.DataFrame:
    """The report's best point of each variant, and worse ones, so that every grid holds the points that it prints."""
    rows: list[dict[str, Any]] = []
    for printed in published.runs("mlp").to_dict("records"):
        variant, best = printed["variant"], printed[published.ACCURACY]
        for point in orderings.needed_points(variant):
            is_stated = point in orderings.stated_points()
            is_best = is_stated or (pd.isna(printed["optimizer"]) and point["epochs"] == 30)
            rows.append({**point, "run": 1, "test_accuracy": best if is_best else best - 0.1})
    return pd.DataFrame(rows)


def write_runs(folder: Path, name: str, table: pd.DataFrame) -> None:
    path = folder / "data" / ("transfer" if name == "cifar10" else "search") / f"{name}.csv"
    writing.write_csv(table[[*(["variant"] if name == "mlp" else []), *SETTINGS, "run", "test_accuracy"]], path)


def write_clocks(folder: Path, *, images_per_time: int, size: int) -> None:
    raw = folder / "data" / "raw" / "clocks"
    raw.mkdir(parents=True, exist_ok=True)
    minutes = np.repeat(np.arange(720), images_per_time)
    np.save(raw / "labels.npy", np.stack([minutes // 60, minutes % 60], axis=1))
    sparse(raw / "images.npy", np.uint8, (len(minutes), size, size))


def write_leaves(folder: Path, *, source: Sequence[int], chosen: Sequence[int]) -> None:
    """The arguments are numbers of classes by crop: of the source, and of what was chosen."""
    raw, prepared = folder / "data" / "raw" / "leaves", folder / "data" / "leaves"
    raw.mkdir(parents=True, exist_ok=True)
    with tarfile.open(raw / "leaves.tar", "w") as archive:
        for name in leaf_classes(source):
            archive.addfile(tarfile.TarInfo(f"train/{name}/0.jpg"), io.BytesIO())
    classes = leaf_classes(chosen)
    labels = np.repeat(np.arange(len(classes)), 300)
    writing.write_array(labels, prepared / "labels.npy")
    sparse(prepared / "images.npy", np.float32, (len(labels), 32, 32, 3))
    writing.write_json({"classes": classes}, prepared / "classes.json")


def leaf_classes(of_crops: Sequence[int]) -> list[str]:
    return [f"Crop {crop}___{place}" for crop, count in enumerate(of_crops) for place in range(count)]


def sparse(path: Path, kind: type, shape: tuple[int, ...]) -> None:
    """A file of zeros that takes no room on the disk."""
    np.lib.format.open_memmap(path, "w+", kind, shape).flush()


def write_measures(folder: Path) -> None:
    table = published.measures()
    models: dict[str, Any] = {}
    for model, rows in table.groupby("model"):
        parts = {
            str(part): dict(found[["measure", "published"]].itertuples(index=False, name=None))
            for part, found in rows.groupby("part")
        }
        name = str(model)
        if name.startswith("keras_example_"):
            path = folder / "metrics" / "keras_example" / f"{name.removeprefix('keras_example_')}.json"
            writing.write_json({"data": data_names.ORIGINALS["mnist"], **parts}, path)
        elif name.startswith("clock_"):
            head = name.removeprefix("clock_")
            models[name] = {measure: int(value) for measure, value in parts.pop("network").items()}
            history = [parts.pop("first epoch", {"loss": 1.0}), parts.pop("last epoch", {"loss": 1.0})]
            writing.write_csv(pd.DataFrame(history), folder / "plots" / "clock" / head / "history.csv")
            writing.write_json({"test": {}, **parts}, folder / "metrics" / "clock" / f"{head}.json")
    writing.write_json(models, folder / "metrics" / "models.json")
