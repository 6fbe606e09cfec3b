"""What the trainings of the best classifiers cost: operations, minutes, and their share of the machine's limit.

    python -m benchmarks.best_classifiers [--profile FILE.yaml] [--steps N] [--json] [--out FILE.json] [--rounds N]

Some steps of each training run on random pictures; numbers of pictures are those of the official data sets. Operations
are counted from the layers of the network (``benchmarks/operations.py``); a multiply-add is two of them. The limit is
the higher of two rates: of a large matrix product, and of a large convolution. They take turns with the training.
Every number is that of its best round. Nothing else should run beside it.
"""

import sys
import time
from argparse import SUPPRESS
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from benchmarks import REPOSITORY, limit, record
from benchmarks.contest import THREADS
from benchmarks.limit import Work
from benchmarks.operations import count_multiply_adds
from imagelab.classification.best.network import build_best_classifier
from imagelab.classification.best.training import train_best_classifier
from imagelab.runtime.errors import InputError
from imagelab.settings import params
from imagelab.settings.classification import BEST_CLASSIFIED
from imagelab.settings.params import Params
from imagelab.storage.splits import Split
from imagelab.training import backend

PROFILE = REPOSITORY / "params" / "best.yaml"
CLASSES = 10
TRAINING_FILE = {"fashion_mnist": ((28, 28, 1), 60_000), "cifar10": ((32, 32, 3), 50_000)}  # shape, number of pictures
STEPS = 4  # of a round: over ten seconds
ROUNDS = 5


def main() -> None:
    """Measure, and print a table or one JSON object."""
    parser = record.options(__doc__, rounds=ROUNDS)
    parser.add_argument("--profile", type=Path, default=PROFILE, help="settings (default: params/best.yaml)")
    parser.add_argument("--steps", type=record.whole, default=STEPS, help=f"of a round (default: {STEPS})")
    parser.add_argument("--limit-size", type=record.whole, default=limit.SIZE, help=SUPPRESS)  # for tests
    arguments = parser.parse_args()
    measured_at = record.commit_to_keep(arguments)
    try:
        settings = params.load(arguments.profile)
    except InputError as error:
        sys.exit(f"error: {error}")
    precision = "mixed_bfloat16" if backend.cpu_has_bfloat16() else "float32"
    backend.configure(seed=settings.seed, precision=precision, threads=THREADS)
    size = arguments.limit_size
    limits = {
        "matrix_product": limit.matrix_product(precision, size=size),
        "convolution": limit.convolution(precision, filters=size // 8),
    }
    report = {
        name: measure(name, settings, limits, steps=arguments.steps, rounds=arguments.rounds)
        for name in BEST_CLASSIFIED
    }
    record.publish(
        {**report, "precision": precision, "threads": THREADS, "environment": backend.environment()},
        _as_text,
        arguments=arguments,
        measured_at=measured_at,
        settings={
            "best_classifier": settings.best_classifier.model_dump(mode="json"),
            "steps": arguments.steps,
            "rounds": arguments.rounds,
            "matrix_size": size,
            "convolution_filters": size // 8,
        },
        precision=precision,
        threads=THREADS,
    )


class Turns:
    """In place of a training's checkpoint: after each epoch but the first, which traces, the limits have their turn.

    Args:
        limits: arithmetic by name.

    Attributes:
        seconds: of each round: of an epoch, ``training``, and of one call of each limit.
    """

    def __init__(self, limits: Mapping[str, Work]) -> None:
        self.limits = limits
        self.seconds: dict[str, list[float]] = {name: [] for name in ("training", *limits)}
        self._began: float | None = None

    def restore(self, variables: Sequence[keras.Variable]) -> dict[str, list[float]]:
        """Begin a new training."""
        return {}

    def save(self, variables: Sequence[keras.Variable], history: Mapping[str, Sequence[float]], *, images: int) -> None:
        """Note the seconds of the epoch that has ended, and measure the limits."""
        if self._began is not None:
            self.seconds["training"].append(time.perf_counter() - self._began)
            for name, work in self.limits.items():
                self.seconds[name].append(work.seconds())
        self._began = time.perf_counter()


def measure(name: str, settings: Params, limits: Mapping[str, Work], *, steps: int, rounds: int) -> dict[str, Any]:
    """Train on random pictures for some steps, in turns with the limits.

    Args:
        name: of the data set.
        settings: its network and training are measured.
        limits: arithmetic by name.
        steps: of a round.
        rounds: of which every contestant has a turn in each.

    Returns:
        What the network needs, what the whole training needs, and what was measured.
    """
    own = getattr(settings.best_classifier, name)
    shape, pictures = TRAINING_FILE[name]
    if not own.train_on_validation:
        pictures -= round(pictures * settings.prepare.validation_fraction)
    count = steps * own.batch_size
    random = np.random.default_rng(settings.seed)
    examples = Split(random.integers(0, 256, (count, *shape), np.uint8), random.integers(0, CLASSES, count))
    nothing = Split(examples.images[:0], examples.targets[:0])
    splits = {"train": examples, "validation": nothing, "test": Split(examples.images[:1], examples.targets[:1])}
    turns = Turns(limits)
    # The code that the stage runs, augmentation included. Measuring a validation split is no part of the training.
    short = own.model_copy(update={"epochs": rounds + 1, "train_on_validation": True})
    train_best_classifier(splits, short, classes=CLASSES, seed=settings.seed, name=name, checkpoint=turns)
    network = build_best_classifier(examples.images, own, classes=CLASSES, seed=settings.seed, name=name)
    needed = count_multiply_adds(network)
    operations = 2 * needed.training * pictures * own.epochs
    rates = {limit_name: work.operations / min(turns.seconds[limit_name]) for limit_name, work in limits.items()}
    per_second = count / min(turns.seconds["training"])
    return {
        "parameters": network.count_params(),
        "multiply_adds_forward": needed.forward,
        "multiply_adds_training": needed.training,
        "training_pictures": pictures,
        "epochs": own.epochs,
        "petaflop": operations / 1e15,
        "images_per_second": per_second,
        "minutes": pictures * own.epochs / per_second / 60,
        "teraflop_per_second": 2 * needed.training * per_second / 1e12,
        **{f"{limit_name}_teraflop_per_second": rate / 1e12 for limit_name, rate in rates.items()},
        "share_of_limit": 2 * needed.training * per_second / max(rates.values()),
        "seconds_of_each_round": turns.seconds,
    }


def _as_text(report: dict[str, Any]) -> str:
    columns = [report[name] for name in BEST_CLASSIFIED]
    rows = [f"{'':40}" + "".join(f"{name:>16}" for name in BEST_CLASSIFIED)]
    for name, value in columns[0].items():
        if name != "seconds_of_each_round":
            form = "16,d" if isinstance(value, int) else "16.3f"
            rows.append(f"{name:40}" + "".join(format(column[name], form) for column in columns))
    rows.append(f"{report['precision']}, {report['threads']} threads, {report['environment']['processor']}")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
