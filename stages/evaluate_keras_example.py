"""Measure one of the two Keras examples."""

from pathlib import Path
from typing import Any

from imagelab import artifacts, data_names, datasets, evaluation, params
from stages import run


def main(network: str) -> None:
    """Read predictions; write metrics on every split, curves, and the confusion matrix of the test split."""
    trained = Path("data/models/keras_example") / network
    data = data_names.describe("mnist", params.load().fetch.mnist)
    metrics: dict[str, Any] = {"data": data}
    for name in datasets.SPLITS:
        classes = datasets.read_examples(Path("data/mnist"), name).targets
        logits = datasets.read_logits(trained / f"{name}_logits.npy", classes)
        metrics[name] = evaluation.classification_metrics(logits, classes)
    history = artifacts.read_csv(trained / "history.csv")
    plots = Path("plots/keras_example") / network
    artifacts.write_metrics(metrics, Path("metrics/keras_example") / f"{network}.json")
    artifacts.write_table(history, plots / "history.csv", data=data)
    artifacts.write_table(evaluation.confusion(logits, classes), plots / "confusion.csv", data=data)


if __name__ == "__main__":
    run(main, ("mlp", "cnn"))
