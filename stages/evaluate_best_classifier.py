"""Measure our best classifier of a data set."""

from pathlib import Path

from imagelab.classification.data import read_class_names, read_examples
from imagelab.datasets import data_names
from imagelab.evaluation import classifiers
from imagelab.evaluation.worst_predictions import show_worst
from imagelab.settings import params
from imagelab.settings.classification import BEST_CLASSIFIED
from imagelab.storage import reading, writing
from imagelab.storage.splits import read_logits
from stages import run


def main(dataset: str) -> None:
    """Read predictions of the test split; write metrics, curves, confusion, reliability and the worst pictures."""
    folder, trained = Path("data") / dataset, Path("data/models/best_classifier") / dataset
    data = data_names.describe_classified(dataset, getattr(params.load().fetch, dataset), folder)
    names, test = read_class_names(folder), read_examples(folder, "test")
    own = read_logits(trained / "test_logits.npy", test.targets, count=len(names))
    logits = read_logits(trained / "test_logits_averaged.npy", test.targets, count=len(names))
    metrics = {"data": data, **classifiers.classifier_metrics(own, logits, test.targets, names)}
    writing.write_metrics(metrics, Path("metrics/best_classifier") / f"{dataset}.json")
    out = Path("plots/best_classifier") / dataset
    tables = {
        "history": reading.read_csv(trained / "history.csv"),
        "confusion": classifiers.confusion(logits, test.targets, names),
        "per_class": classifiers.by_class(logits, test.targets, names),
        "reliability": classifiers.predictions_reliability(logits, test.targets).assign(set="test"),
    }
    for name, table in tables.items():
        writing.write_table(table, out / f"{name}.csv", data=data)
    writing.write_figure(show_worst(test.images, logits, test.targets, names), out / "worst.png")


if __name__ == "__main__":
    run(main, BEST_CLASSIFIED)
