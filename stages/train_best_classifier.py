"""Train our best classifier of a data set."""

from pathlib import Path

import numpy as np

from imagelab.classification.best.training import train_best_classifier
from imagelab.classification.data import SPLITS, read_class_names, read_examples
from imagelab.classification.framing import framing_of
from imagelab.datasets import data_names
from imagelab.settings import params
from imagelab.settings.classification import BEST_CLASSIFIED
from imagelab.storage import model_files
from imagelab.storage.model_files import Classes
from imagelab.training.run import run_training
from stages import run


def main(dataset: str) -> None:
    """Write the classifier, its history, and its logits on the test split."""
    settings = params.load()
    own = getattr(settings.best_classifier, dataset)
    folder = Path("data") / dataset
    classes = read_class_names(folder)
    splits = {name: read_examples(folder, name) for name in SPLITS}
    source = getattr(settings.fetch, dataset)
    trained_on = ("train", "validation") if own.train_on_validation else ("train",)
    run_training(
        f"best_classifier_{dataset}",
        Path("data/models/best_classifier") / dataset,
        settings=settings,
        own=[f"best_classifier.{dataset}"],
        arrays={"classes": np.array(classes)}
        | {f"{name}_{part}": array for name, split in splits.items() for part, array in split._asdict().items()},
        train=lambda state: train_best_classifier(
            splits, own, classes=len(classes), seed=settings.seed, name=f"best_classifier_{dataset}", checkpoint=state
        ),
        trained_on={
            "model.keras": model_files.describe(
                settings,
                own,
                task="classifier",
                data=data_names.describe_classified(dataset, source, folder),
                stand_in=data_names.is_stand_in(source),
                pictures=sum(len(splits[name].images) for name in trained_on),
                classes=Classes(
                    names=classes,
                    framing=framing_of(splits["train"].images),
                    test_time_views=own.test_time_views,
                ),
            )
        },
    )


if __name__ == "__main__":
    run(main, BEST_CLASSIFIED)
