"""Why three of the report's numbers differ from ours: one training for each guess.

    python -m benchmarks.report_puzzles batch_normalization --data data/fashion_mnist --out FILE.json
    python -m benchmarks.report_puzzles cifar10 --data data/cifar10 --out FILE.json
    python -m benchmarks.report_puzzles best_settings --data data/fashion_mnist --out FILE.json

``batch_normalization``: the report's CNN is worse with a batch normalisation (table 3) than without (table 2); most so
at the settings that are trained here. ``cifar10``: its accuracies on CIFAR-10 (table 4), here the first row. Each guess
is a mistake that is easily made. ``best_settings``: the report's best run (table 2) is better than ours, which does not
train on the validation pictures. A guess explains the report's number if a training with it, and with the report's
settings, ends as near to it as two trainings of the same settings may differ (docs/verdicts.md).

Networks, seed, precision and threads are those of params/paper_cpu.yaml, the pictures those that the stage ``prepare``
wrote, without its validation split if the guess does not name it. All accuracies are on the test split, as the
report's; nothing is chosen by them. ``--out`` is written again after each training.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from benchmarks import REPOSITORY
from benchmarks.record import commit_to_keep, keep, options, publish
from imagelab.classification.cnn import build_cnn
from imagelab.classification.data import read_class_names, read_examples
from imagelab.datasets.published_classes import CLASS_NAMES
from imagelab.evaluation import intervals
from imagelab.reproduction import orderings, published, rules
from imagelab.runtime.commit import Commit
from imagelab.runtime.errors import InputError
from imagelab.settings import params
from imagelab.settings.classification import CnnNetwork
from imagelab.settings.params import Params
from imagelab.storage.splits import Split
from imagelab.training import backend, classifier
from imagelab.training.batches import EVALUATION_BATCH_SIZE, as_pixels
from imagelab.training.fit import Diverged

_GREY_SIZE = 28  # pixels: Fashion-MNIST's

Change = Callable[[Split], Split]


class Guess(NamedTuple):
    """What the report may have done."""

    name: str
    change: Change  # of the training split and of the test split
    batch_normalization: bool = False
    with_validation: bool = False  # whether the validation pictures are trained on, too


def as_it_is(split: Split) -> Split:
    """Return the split: bytes, which the training step divides by 255."""
    return split


def unscaled(split: Split) -> Split:
    """Return pixels from 0 to 255 as numbers that are not scaled."""
    return split._replace(images=split.images.astype(np.float32))


def scaled_twice(split: Split) -> Split:
    """Return pixels divided by 255 twice."""
    return split._replace(images=split.images.astype(np.float32) / 255**2)


def planes_as_pixels(split: Split) -> Split:
    """Return what CIFAR-10's files give if their bytes, one colour after the other, are taken for pixels."""
    return split._replace(images=split.images.transpose(0, 3, 1, 2).reshape(split.images.shape))


def grey_and_reduced(split: Split) -> Split:
    """Return grey pictures of Fashion-MNIST's size, for a network that was built for it."""

    def reduce(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.asarray(Image.fromarray(picture).convert("L").resize((_GREY_SIZE, _GREY_SIZE)))[..., None]

    return split._replace(images=np.stack([reduce(picture) for picture in split.images]))


class Puzzle(NamedTuple):
    """One of the report's runs, and guesses at its accuracy."""

    dataset: str
    runs: Callable[[], pd.DataFrame]  # of the report, among which is the run
    settings: dict[str, Any]  # of the run
    guesses: tuple[Guess, ...]


PUZZLES = {
    "batch_normalization": Puzzle(
        "fashion_mnist",
        lambda: published.runs("cnn_batch_norm"),
        {"optimizer": "adamax", "learning_rate": 0.001, "batch_size": 256, "epochs": 10},
        (
            Guess("without batch normalisation", as_it_is),
            Guess("with batch normalisation", as_it_is, batch_normalization=True),
            Guess("with it, pixels from 0 to 255", unscaled, batch_normalization=True),
            Guess("with it, pixels divided by 255 twice", scaled_twice, batch_normalization=True),
        ),
    ),
    "cifar10": Puzzle(
        "cifar10",
        published.transfer,
        {"optimizer": "adamax", "learning_rate": 0.0005, "batch_size": 128, "epochs": 10},
        (
            Guess("as it is", as_it_is),
            Guess("pixels from 0 to 255", unscaled),
            Guess("pixels divided by 255 twice", scaled_twice),
            Guess("colour planes taken for pixels", planes_as_pixels),
            Guess("grey pictures of 28x28", grey_and_reduced),
        ),
    ),
    "best_settings": Puzzle(
        "fashion_mnist",
        lambda: published.runs("cnn"),
        {"optimizer": "adamax", "learning_rate": 0.0005, "batch_size": 128, "epochs": 10},
        (
            Guess("without the validation pictures", as_it_is),
            Guess("with the validation pictures", as_it_is, with_validation=True),
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
    puzzle = PUZZLES[arguments.puzzle]
    try:
        settings = params.load(arguments.profile)
        splits = read(arguments.data, puzzle.dataset)
    except InputError as error:
        sys.exit(f"error: {error}")
    publish(
        measure(puzzle, splits, settings, arguments, measured_at),
        as_text,
        **of_run(puzzle, settings, arguments, measured_at),
    )


def read(folder: Path, dataset: str) -> dict[str, Split]:
    """Read the splits of a data set.

    Raises:
        InputError: if the folder holds other pictures, or a file is damaged.
    """
    if list(names := read_class_names(folder)) != list(CLASS_NAMES[dataset]):
        expected = f"the classes of {dataset}, prepared: {', '.join(CLASS_NAMES[dataset])}"
        raise InputError("--data", where=folder, expected=expected, received=", ".join(names))
    return {name: read_examples(folder, name) for name in ("train", "validation", "test")}


def of_run(
    puzzle: Puzzle, settings: Params, arguments: argparse.Namespace, measured_at: Commit | None
) -> dict[str, Any]:
    """Return what is kept beside the numbers."""
    return {
        "arguments": arguments,
        "measured_at": measured_at,
        "settings": {
            **puzzle.settings,
            "network": settings.search.cnn.network.model_dump(mode="json", exclude={"batch_normalization"}),
            "seed": settings.seed,
        },
        "precision": settings.precision,
        "threads": settings.threads,
    }


def measure(
    puzzle: Puzzle,
    splits: dict[str, Split],
    settings: Params,
    arguments: argparse.Namespace,
    measured_at: Commit | None,
) -> dict[str, Any]:
    """Train once for each guess; keep the report after each.

    Returns:
        The report's accuracy, the tolerance, the numbers of pictures, and each guess with its history.
    """
    found = puzzle.runs()
    same = orderings.are(found, {**puzzle.settings, "run": 1})
    accuracy = float(found[same][published.ACCURACY].iloc[0])
    pictures, slow = rules.load().pictures["fashion_mnist"], rules.load().slow_optimizers
    cnn = published.runs("cnn").rename(columns={published.ACCURACY: "test_accuracy"})
    spread = rules.spread_of_repeats(cnn, pictures=pictures, slow=slow)
    report: dict[str, Any] = {
        "data": puzzle.dataset,
        "published_test_accuracy": accuracy,
        "tolerance": rules.half_width(accuracy, pictures=pictures, spread=spread),
        "images": {name: len(split.images) for name, split in splits.items()},
        "trainings": [],
    }
    for guess in puzzle.guesses:
        trained_on = joined(splits["train"], splits["validation"]) if guess.with_validation else splits["train"]
        changed = {"train": guess.change(trained_on), "test": guess.change(splits["test"])}
        report["trainings"].append(
            {
                "guess": guess.name,
                "batch_normalization": guess.batch_normalization,
                "training_images": len(trained_on.images),
                "input_shape": list(changed["train"].images.shape[1:]),
                "largest_input": float(as_pixels(changed["train"].images[:1000]).max()),
                **train(guess, changed, puzzle.settings, settings, classes=len(CLASS_NAMES[puzzle.dataset])),
            }
        )
        keep(report, **of_run(puzzle, settings, arguments, measured_at))
    return report


def joined(first: Split, second: Split) -> Split:
    """Return the examples of both splits."""
    return Split(*(np.concatenate(arrays) for arrays in zip(first, second, strict=True)))


def train(
    guess: Guess, splits: dict[str, Split], run: dict[str, Any], settings: Params, *, classes: int
) -> dict[str, Any]:
    """Train the report's CNN and measure it on the test split after each epoch.

    Args:
        guess: which network.
        splits: ``train`` and ``test``, changed as the guess says.
        run: optimizer, learning rate, batch size and epochs.
        settings: sizes of the network, seed, precision, threads.
        classes: how many there are.

    Returns:
        ``failed``, why the training ended early, or None; and ``epochs``: for each one ``test_accuracy`` with its
        interval, and ``test_accuracy_in_training_mode``: dropout drops, and batch normalisation uses the statistics of
        the batch.
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

    failed = None
    try:
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
    except Diverged as error:
        failed = str(error)
    backend.release_memory()
    return {"failed": failed, "epochs": history}


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
    accuracy, tolerance = report["published_test_accuracy"], report["tolerance"]
    lines = [f"{report['data']}: the report has {accuracy:.4f}; near is {tolerance:.4f} or less from it", ""]
    for row in report["trainings"]:
        if row["failed"] is not None:
            lines.append(f"{row['guess']:40} {row['failed']}")
            continue
        first, last = row["epochs"][0], row["epochs"][-1]
        near = "near" if abs(last["test_accuracy"] - accuracy) <= tolerance else "not near"
        lines.append(
            f"{row['guess']:40} {last['test_accuracy']:.4f}, {near}  (after one epoch {first['test_accuracy']:.4f},"
            f" in training mode {last['test_accuracy_in_training_mode']:.4f})"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
