"""Train one of the two Keras examples on MNIST."""

from pathlib import Path
from typing import get_args

import numpy as np

from imagelab.classification.data import SPLITS, read_class_names, read_examples
from imagelab.classification.keras_example import Example, train_example
from imagelab.settings import params
from imagelab.training.run import run_training
from stages import run


def main(example: Example) -> None:
    """Write the network, its history, and its logits on every split."""
    settings = params.load()
    classes = read_class_names(Path("data/mnist"))
    splits = {name: read_examples(Path("data/mnist"), name) for name in SPLITS}
    run_training(
        f"keras_example_{example}",
        Path("data/models/keras_example") / example,
        settings=settings,
        own=["keras_example.batch_size", f"keras_example.{example}"],
        arrays={"classes": np.array(classes)}
        | {f"{name}_{field}": array for name in SPLITS for field, array in splits[name]._asdict().items()},
        train=lambda state: train_example(
            example, splits, settings.keras_example, classes=len(classes), seed=settings.seed, checkpoint=state
        ),
    )


if __name__ == "__main__":
    run(main, get_args(Example))
