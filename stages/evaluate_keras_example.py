"""Measure one of the two Keras examples."""

from pathlib import Path

from imagelab.classification.data import SPLITS, read_class_names, read_examples
from imagelab.datasets import data_names
from imagelab.evaluation.classifiers import classification_metrics, confusion
from imagelab.settings import params
from imagelab.storage import reading, writing
from imagelab.storage.splits import read_logits
from stages import run


def main(network: str) -> None:
    """Read predictions; write metrics on every split, curves, and the confusion matrix of the test split."""
    trained = Path("data/models/keras_example") / network
    folder = Path("data/mnist")
    data = data_names.describe_classified("mnist", params.load().fetch.mnist, folder)
    class_names = read_class_names(folder)
    classes = {name: read_examples(folder, name).targets for name in SPLITS}
    logits = {
        name: read_logits(trained / f"{name}_logits.npy", classes[name], count=len(class_names)) for name in SPLITS
    }
    metrics = {"data": data, **{name: classification_metrics(logits[name], classes[name]) for name in SPLITS}}
    history = reading.read_csv(trained / "history.csv")
    plots = Path("plots/keras_example") / network
    writing.write_metrics(metrics, Path("metrics/keras_example") / f"{network}.json")
    writing.write_table(history, plots / "history.csv", data=data)
    writing.write_table(confusion(logits["test"], classes["test"], class_names), plots / "confusion.csv", data=data)


if __name__ == "__main__":
    run(main, ("mlp", "cnn"))
