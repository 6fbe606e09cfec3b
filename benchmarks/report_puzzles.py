"""Why two groups of the report's numbers are lower than ours: one training for each guess.

    python -m benchmarks.report_puzzles batch_normalization --data data/fashion_mnist --out FILE.json
    python -m benchmarks.report_puzzles cifar10 --data data/cifar10 --out FILE.json

``batch_normalization``: the report's CNN is worse with a batch normalisation (table 3) than without (table 2).
``cifar10``: its accuracies on CIFAR-10 (table 4). Each guess is a mistake that is easily made. It explains the report's
numbers if a training with it, and with the report's settings, ends near them. Networks, seed, precision and threads are
those of params/paper_cpu.yaml. All accuracies are on the test split, as the report's; nothing is chosen by them.
``--out`` is written again after each training.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks import REPOSITORY
from benchmarks.record import commit_to_keep, keep, options, publish
from imagelab.classification.cnn import build_cnn
from imagelab.classification.data import read_class_names, read_examples
from imagelab.evaluation import intervals
from imagelab.reproduction import published
from imagelab.settings import params
from imagelab.settings.classification import SETTINGS, CnnNetwork
from imagelab.settings.params import Params
from imagelab.storage.splits import Split
from imagelab.training import backend, classifier
from imagelab.training.batches import EVALUATION_BATCH_SIZE, as_pixels

_GREY_SIZE = 28  # pixels: Fashion-MNIST's

Change = Callable[[Split], Split]


class Guess(NamedTuple):
    """What the report may have done."""

    name: str
    change: Change  # of the training split and of the test split
    batch_normalization: bool = False


def as_it_is(split: Split) -> Split:
    """Return the split: bytes, which the training step divides by 255."""
    return split


def unscaled(split: Split) -> Split:
    """Return pixels from 0 to 255 as numbers that are not scaled."""
    return split._replace(images=split.images.astype(np.float32))


def scaled_twice(split: Split) -> Split:
    """Return pixels divided by 255 twice."""
    return split._replace(images=split.images.astype(np.float32) / 255**2)


def labels_in_a_column(split: Split) -> Split:
    """Return labels of shape (n, 1), as Keras's CIFAR-10 has them."""
    return split._replace(targets=split.targets[:, None])


def grey_and_reduced(split: Split) -> Split:
    """Return grey pictures of Fashion-MNIST's size, for a network that was built for it."""

    def reduce(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.asarray(Image.fromarray(picture).convert("L").resize((_GREY_SIZE, _GREY_SIZE)))[..., None]

    return split._replace(images=np.stack([reduce(picture) for picture in split.images]))


class Puzzle(NamedTuple):
    """A group of the report's numbers, and guesses at them."""

    family: str | None  # of the report's runs on Fashion-MNIST; None: those on CIFAR-10
    guesses: tuple[Guess, ...]


PUZZLES = {
    "batch_normalization": Puzzle(
        "cnn_batch_norm",
        (
            Guess("without batch normalisation", as_it_is),
            Guess("with batch normalisation", as_it_is, batch_normalization=True),
            Guess("with it, pixels from 0 to 255", unscaled, batch_normalization=True),
            Guess("with it, pixels divided by 255 twice", scaled_twice, batch_normalization=True),
        ),
    ),
    "cifar10": Puzzle(
        None,
        (
            Guess("as it is", as_it_is),
            Guess("pixels from 0 to 255", unscaled),
            Guess("pixels divided by 255 twice", scaled_twice),
            Guess("labels in a column", labels_in_a_column),
            Guess("grey pictures of 28x28", grey_and_reduced),
        ),
    ),
}


def main() -> None:
    """Measure what the command line asks for; print a table or JSON."""
    parser = options(__doc__, rounds=None)
    parser.add_argument("puzzle", choices=PUZZLES)
    parser.add_argument("--data", type=Path, required=True, help="a folder that the stage prepare wrote")
    parser.add_argument("--profile", type=Path, default=REPOSITORY / "params/paper_cpu.yaml", help="settings")
    arguments = parser.parse_args()
    measured_at = commit_to_keep(arguments)
    settings = params.load(arguments.profile)
    puzzle = PUZZLES[arguments.puzzle]
    runs = published.transfer() if puzzle.family is None else published.runs(puzzle.family)
    run = runs.to_dict("records")[0]  # the settings that are best on Fashion-MNIST
    splits = {name: read_examples(arguments.data, name) for name in ("train", "test")}
    classes = len(read_class_names(arguments.data))
    printed = {str(name): run[name] for name in SETTINGS}
    of_run: dict[str, Any] = {
        "arguments": arguments,
        "measured_at": measured_at,
        "settings": {**printed, "network": settings.search.cnn.network.model_dump(mode="json"), "seed": settings.seed},
        "precision": settings.precision,
        "threads": settings.threads,
    }
    trainings: list[dict[str, Any]] = []
    for guess in puzzle.guesses:
        history = train(
            guess, {name: guess.change(split) for name, split in splits.items()}, printed, settings, classes
        )
        trainings.append({"guess": guess.name, "epochs": history})
        report = {
            "puzzle": arguments.puzzle,
            "published_test_accuracy": run[published.ACCURACY],
            "trainings": trainings,
        }
        keep(report, **of_run)
    publish(report, as_text, **of_run)


def train(
    guess: Guess, splits: dict[str, Split], run: dict[str, Any], settings: Params, classes: int
) -> list[dict[str, float]]:
    """Train the report's CNN and measure it on the test split after each epoch.

    Args:
        guess: which network.
        splits: ``train`` and ``test``, changed as the guess says.
        run: optimizer, learning rate, batch size and epochs.
        settings: sizes of the network, seed, precision, threads.
        classes: how many there are.

    Returns:
        For each epoch ``test_accuracy`` with its interval, and ``test_accuracy_in_training_mode``: dropout drops, and
        batch normalisation uses the statistics of the batch.
    """
    backend.configure(seed=settings.seed, precision=settings.precision, threads=settings.threads)
    own: CnnNetwork = settings.search.cnn.network
    model = build_cnn(
        splits["train"].images.shape[1:],
        filters=own.filters,
        dense=own.dense,
        dropout=own.dropout,
        batch_normalization=guess.batch_normalization,
        classes=classes,
        seed=settings.seed,
    )
    history: list[dict[str, float]] = []

    def measure(epoch: int, _: float) -> None:
        history.append(
            {
                "epoch": epoch,
                **intervals.wilson("test_accuracy", is_right(model, splits["test"], training=False)),
                "test_accuracy_in_training_mode": float(is_right(model, splits["test"], training=True).mean()),
            }
        )

    classifier.train(
        model,
        splits["train"],
        None,
        optimizer=classifier.make_optimizer(run["optimizer"], run["learning_rate"]),
        batch_size=run["batch_size"],
        epochs=run["epochs"],
        seed=settings.seed,
        label=guess.name,
        after_epoch=measure,
    )
    backend.release_memory()
    return history


def is_right(model: keras.Model, split: Split, *, training: bool) -> NDArray[np.bool_]:
    """Tell which pictures get their class, (n,); the network stays as it is."""
    state = [variable.numpy() for variable in model.non_trainable_variables]  # training mode would change them
    predicted = []
    for first in range(0, len(split.images), EVALUATION_BATCH_SIZE):
        logits = model(as_pixels(split.images[first : first + EVALUATION_BATCH_SIZE]), training=training)
        predicted.append(keras.ops.convert_to_numpy(logits).argmax(axis=1))
    for variable, value in zip(model.non_trainable_variables, state, strict=True):
        variable.assign(value)
    found: NDArray[np.bool_] = np.concatenate(predicted) == split.targets.reshape(-1)
    return found


def as_text(report: dict[str, Any]) -> str:
    """Format the report as a table."""
    lines = [f"{report['puzzle']}: the report has {report['published_test_accuracy']:.4f}", ""]
    for row in report["trainings"]:
        first, last = row["epochs"][0], row["epochs"][-1]
        lines.append(
            f"{row['guess']:40} {last['test_accuracy']:.4f}  (after one epoch {first['test_accuracy']:.4f},"
            f" in training mode {last['test_accuracy_in_training_mode']:.4f})"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
