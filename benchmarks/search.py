"""How fast the search trains, against bare Keras, PyTorch and the machine's limit, and what trajectories save.

    python -m benchmarks.search --data FOLDER [--json] [--out FILE.json] [--rounds N]

FOLDER holds Fashion-MNIST's four files. Nothing else should run beside it.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import SUPPRESS
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from benchmarks import REPOSITORY, contest, record
from benchmarks.contest import THREADS, Speeds
from benchmarks.limit import Limit
from imagelab.classification.search import engines, grid, trajectory
from imagelab.classification.search.grid import Point
from imagelab.classification.search.trajectory import Study
from imagelab.datasets.idx import read_idx_folder
from imagelab.datasets.published_classes import FASHION_MNIST
from imagelab.runtime.errors import InputError
from imagelab.settings.classification import CnnNetwork, MlpNetwork, Network
from imagelab.storage.splits import Split
from imagelab.training import backend, classifier
from imagelab.training.batches import Batches
from imagelab.training.fit import train_epoch
from imagelab.training.steps import Steps

CNN = CnnNetwork(filters=(64, 128, 256), dense=(128, 64), dropout=0.5, batch_normalization=False)  # the report's
OPTIMIZER, LEARNING_RATE, BATCH_SIZE = "adamax", 0.0005, 128  # the best of table 2
SPEED_IMAGES = {"float32": 2048, "mixed_bfloat16": 4096}  # two to five seconds

MLP = MlpNetwork(hidden=(300, 100), dropout=(0, 0), l1_on_first=0)  # section 1.3.1; in float32
MLP_OPTIMIZER, MLP_LEARNING_RATE, MLP_BATCH_SIZE, MLP_IMAGES = "adam", 0.001, 64, 60_000
ROUNDS = 15

GRID_OPTIMIZERS = ("adam", "adamax", "nadam")
GRID_EPOCHS = (1, 2, 4, 6)  # 5, 10, 20 and 30, scaled down
GRID_IMAGES = 2048


def main() -> None:
    """Measure, and print a table or one JSON object."""
    parser = record.options(__doc__, rounds=ROUNDS)
    parser.add_argument("--data", type=Path, required=True, help="folder with Fashion-MNIST's four .gz files")
    parser.add_argument("--train", type=json.loads, help=SUPPRESS)  # for the processes of the grid's cost
    arguments = parser.parse_args()
    measured_at = record.commit_to_keep(arguments)
    try:
        train = read_idx_folder(arguments.data, classes=len(FASHION_MNIST))["train"]
    except InputError as error:
        sys.exit(f"error: {error}")
    if arguments.train is not None:
        train_points(train, arguments.train)
        return
    precision = "mixed_bfloat16" if backend.cpu_has_bfloat16() else "float32"
    speeds = cnn_speeds(arguments.data, train, precision, rounds=arguments.rounds)
    of_mlp = mlp_speeds(arguments.data, train, rounds=arguments.rounds)
    pytorch = max(
        (name for name in speeds if name.startswith("pytorch")), key=lambda name: max(speeds[name]), default=""
    )
    cost = grid_cost(arguments.data, precision)
    startup = startup_seconds()
    report = {
        "ratio_to_bare_keras": contest.ratio(speeds, "ours", "bare_keras"),
        "ratio_to_pytorch": contest.ratio(speeds, "ours", pytorch) if pytorch else None,
        "mlp_ratio_to_bare_keras": contest.ratio(of_mlp, "ours", "bare_keras"),
        "share_of_convolutions_alone": contest.ratio(speeds, "ours", "convolutions_alone"),
        "share_of_matrix_product": contest.ratio(speeds, "ours", "matrix_product"),
        "grid_cost_ratio": cost["together_seconds"] / cost["alone_seconds"],
        "startup_seconds": statistics.median(startup),
        "precision": precision,
        "threads": THREADS,
        "environment": backend.environment(),
        "images_per_second": speeds,
        "mlp_images_per_second": of_mlp,
        "grid": cost,
        "startup_seconds_of_each": startup,
    }
    record.publish(
        report,
        _as_text,
        arguments=arguments,
        measured_at=measured_at,
        settings={
            "network": CNN.model_dump(mode="json"),
            "optimizer": OPTIMIZER,
            "learning_rate": LEARNING_RATE,
            "batch_size": BATCH_SIZE,
            "images_of_an_epoch": SPEED_IMAGES[precision],
            "mlp": {
                "network": MLP.model_dump(mode="json"),
                "optimizer": MLP_OPTIMIZER,
                "learning_rate": MLP_LEARNING_RATE,
                "batch_size": MLP_BATCH_SIZE,
                "images_of_an_epoch": MLP_IMAGES,
                "precision": "float32",
            },
            "rounds": arguments.rounds,
            "grid_optimizers": GRID_OPTIMIZERS,
            "grid_epochs": GRID_EPOCHS,
        },
        precision=precision,
        threads=THREADS,
    )


def cnn_speeds(data: Path, train: Split, precision: str, *, rounds: int) -> Speeds:
    """Return images per second of each round.

    Of our loop, a bare Keras script, PyTorch where it is installed, and the limits: a large matrix product and the
    convolutions alone.
    """
    backend.configure(seed=1, precision=precision, threads=THREADS)
    count = SPEED_IMAGES[precision]
    part = Split(train.images[:count], train.targets[:count])
    model = compile_network(CNN, OPTIMIZER, LEARNING_RATE)
    limit = Limit(model, batch_size=BATCH_SIZE, precision=precision)
    product, convolutions = limit.matrix_product(), limit.convolutions_alone()
    with contest.bare_script("bare_classifiers", "cnn", data.resolve(), precision, count, BATCH_SIZE) as bare:
        contestants = {
            "ours": our_epoch(model, part, BATCH_SIZE),
            "bare_keras": bare,
            **_pytorch_epochs(part),
            "convolutions_alone": lambda: count * convolutions(),
            "matrix_product": lambda: count * product(),
        }
        return contest.take_turns(contestants, images=count, rounds=rounds)


def mlp_speeds(data: Path, train: Split, *, rounds: int) -> Speeds:
    """Return images per second of each round, of our loop and a bare Keras script."""
    backend.configure(seed=1, precision="float32", threads=THREADS)
    part = Split(train.images[:MLP_IMAGES], train.targets[:MLP_IMAGES])
    ours = our_epoch(compile_network(MLP, MLP_OPTIMIZER, MLP_LEARNING_RATE), part, MLP_BATCH_SIZE)
    with contest.bare_script("bare_classifiers", "mlp", data.resolve(), "float32", MLP_IMAGES, MLP_BATCH_SIZE) as bare:
        return contest.take_turns({"ours": ours, "bare_keras": bare}, images=MLP_IMAGES, rounds=rounds)


def compile_network(network: Network, optimizer: str, learning_rate: float) -> keras.Model:
    """Build and compile a classifier of Fashion-MNIST."""
    model = trajectory.build_network(network, (28, 28, 1), classes=len(FASHION_MNIST), seed=1)
    model.compile(
        optimizer=classifier.make_optimizer(optimizer, learning_rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.optimizer.build(model.trainable_variables)
    return model


def our_epoch(model: keras.Model, part: Split, batch_size: int) -> Callable[[], object]:
    """Return a function that trains an epoch with our loop."""
    batches = Batches(part.images, part.targets, batch_size=batch_size, shuffle_seed=1)
    run = Steps(model, training=True).over(batches)
    return lambda: train_epoch(model, run, batches, 0, lambda images: None)


def _pytorch_epochs(part: Split) -> dict[str, Callable[[], object]]:
    """Return PyTorch's contestants, one a precision; none where it is not installed."""
    try:
        from benchmarks.pytorch_cnn import make_epoch
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        return {}
    settings: dict[str, Any] = {"learning_rate": LEARNING_RATE, "batch_size": BATCH_SIZE, "threads": THREADS}
    return {
        f"pytorch_{'bfloat16' if bfloat16 else 'float32'}": make_epoch(part, CNN, **settings, bfloat16=bfloat16)
        for bfloat16 in ((False, True) if backend.cpu_has_bfloat16() else (False,))
    }


def grid_cost(data: Path, precision: str) -> dict[str, Any]:
    """Return the seconds of a 12-point grid in one process, and of each point alone in a process of its own."""
    points = [{"optimizer": name, "epochs": epochs} for name in GRID_OPTIMIZERS for epochs in GRID_EPOCHS]

    def seconds(parts: list[list[dict[str, Any]]]) -> float:
        started = time.perf_counter()
        for part in parts:
            command = [sys.executable, "-m", "benchmarks.search", "--data", str(data.resolve())]
            command += ["--train", json.dumps({"precision": precision, "points": part})]
            subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - started

    return {
        "points": len(points),
        "trajectories": len(GRID_OPTIMIZERS),
        "epochs_together": len(GRID_OPTIMIZERS) * max(GRID_EPOCHS),
        "epochs_alone": sum(point["epochs"] for point in points),
        "training_images": GRID_IMAGES,
        "together_seconds": seconds([points]),
        "alone_seconds": seconds([[point] for point in points]),
    }


def train_points(train: Split, settings: dict[str, Any]) -> None:
    """Search the given points, as the processes do that ``grid_cost`` starts."""
    held_out = Split(train.images[-512:], train.targets[-512:])
    part = Split(train.images[:GRID_IMAGES], train.targets[:GRID_IMAGES])
    study = Study(
        {"train": part, "validation": held_out, "test": held_out}, len(FASHION_MNIST), 1, settings["precision"], THREADS
    )
    points = [
        Point(None, CNN, point["optimizer"], LEARNING_RATE, BATCH_SIZE, point["epochs"]) for point in settings["points"]
    ]
    for _, outcome in engines.in_process(trajectory.train, study, grid.trajectories(points), lambda images: None):
        if outcome.failure is not None:
            sys.exit(outcome.failure)


def startup_seconds() -> list[float]:
    """Return the seconds from ``python -m stages.search_grid cnn`` to the end of its first training step.

    In a copy of the default profile's settings, on its demo data.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "params.yaml").write_bytes((REPOSITORY / "params.yaml").read_bytes())
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
        for stage in ("fetch", "prepare"):
            command = [sys.executable, "-m", f"stages.{stage}", "fashion_mnist"]
            subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
        seconds = []
        for _ in range(3):
            started = time.time()
            command = [sys.executable, "-m", "benchmarks.first_step", "cnn"]
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
            seconds.append(float(done.stdout) - started)
        return seconds


def _as_text(report: dict[str, Any]) -> str:
    rows = [f"{name:29}{_number(report[name])}" for name in list(report)[:7]]
    medians = {name: statistics.median(values) for name, values in report["images_per_second"].items()}
    rows += [f"{name + ', images/s':29}{median:.0f}" for name, median in medians.items()]
    rows.append(f"{report['precision']}, {report['threads']} threads, {report['environment']['processor']}")
    return "\n".join(rows)


def _number(value: float | None) -> str:
    return "not installed" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()
