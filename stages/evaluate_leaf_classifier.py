"""Measure the classifier of real leaves."""

from pathlib import Path

import numpy as np

from imagelab.datasets import data_names
from imagelab.evaluation.classifiers import classification_metrics
from imagelab.leaves.data import count_classes, read_leaves
from imagelab.settings import params
from imagelab.storage import reading, writing
from imagelab.storage.splits import read_logits
from stages import run


def main() -> None:
    """Write its accuracy on held-out leaves, and its curves."""
    trained, plots = Path("data/models/leaf_classifier"), Path("plots/leaf_classifier")
    training, held_out = read_leaves(Path("data/leaves"))
    count = count_classes(np.concatenate([training.targets, held_out.targets]))
    logits = read_logits(trained / "held_out_logits.npy", held_out.targets, count=count)
    history = reading.read_csv(trained / "history.csv")
    data = data_names.describe("leaves", params.load().fetch.leaves)
    metrics = {"data": data, "held_out": classification_metrics(logits, held_out.targets)}
    writing.write_metrics(metrics, Path("metrics/leaf_classifier.json"))
    writing.write_table(history, plots / "history.csv", data=data)


if __name__ == "__main__":
    run(main)
