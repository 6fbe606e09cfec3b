"""Measure the classifier of real leaves."""

from pathlib import Path

from imagelab import artifacts, data_names, datasets, evaluation, params
from stages import run


def main() -> None:
    """Write its accuracy on leaves held out, and its curves."""
    trained, plots = Path("data/models/leaf_classifier"), Path("plots/leaf_classifier")
    _, held_out = datasets.read_leaves(Path("data/leaves"))
    logits = datasets.read_logits(trained / "held_out_logits.npy", held_out.targets)
    history = artifacts.read_csv(trained / "history.csv")
    data = data_names.describe("leaves", params.load().fetch.leaves)
    metrics = {"data": data, "held_out": evaluation.classification_metrics(logits, held_out.targets)}
    artifacts.write_metrics(metrics, Path("metrics/leaf_classifier.json"))
    artifacts.write_table(history, plots / "history.csv", data=data)


if __name__ == "__main__":
    run(main)
