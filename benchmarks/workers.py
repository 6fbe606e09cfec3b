"""Whether a grid of small networks is faster in several processes of one thread each than in one process.

    python -m benchmarks.workers --data FOLDER [--json] [--out FILE.json] [--rounds N]

FOLDER holds Fashion-MNIST's four files. Nothing else should run beside it. The number of threads is part of the results
of a training: with another one the last digits differ.
"""

import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import contest, record
from benchmarks.contest import THREADS
from imagelab.classification.search import engines, grid, trajectory
from imagelab.classification.search.grid import Point
from imagelab.classification.search.trajectory import Study
from imagelab.datasets.idx import read_idx_folder
from imagelab.datasets.published_classes import FASHION_MNIST
from imagelab.runtime.errors import InputError
from imagelab.settings.classification import CnnNetwork, MlpNetwork, Network
from imagelab.storage.splits import Split
from imagelab.training import backend

ROUNDS = 2
HELD_OUT = 512
EPOCHS = 2
OPTIMIZERS = ("adam", "adamax", "nadam", "rmsprop")  # one trajectory each

# Seconds to a minute for a grid.
NETWORKS: Mapping[str, tuple[Network, int]] = {
    "mlp": (MlpNetwork(hidden=(300, 100), dropout=(0, 0), l1_on_first=0), 20_000),
    "cnn": (CnnNetwork(filters=(64, 128, 256), dense=(128, 64), dropout=0.5, batch_normalization=False), 2_048),
}
LEARNING_RATE, BATCH_SIZE = 0.0005, 128
MODES = {"one_process": (1, THREADS), "processes_of_one_thread": (THREADS, 1)}  # processes, threads of each


def main() -> None:
    """Measure, and print a table or one JSON object."""
    parser = record.options(__doc__, rounds=ROUNDS)
    parser.add_argument("--data", type=Path, required=True, help="folder with Fashion-MNIST's four .gz files")
    arguments = parser.parse_args()
    measured_at = record.commit_to_keep(arguments)
    try:
        train = read_idx_folder(arguments.data, classes=len(FASHION_MNIST))["train"]
    except InputError as error:
        sys.exit(f"error: {error}")
    precisions = {"mlp": "float32", "cnn": "mixed_bfloat16" if backend.cpu_has_bfloat16() else "float32"}
    speeds = {
        name: contest.take_turns(
            {mode: partial(search, train, name, precisions[name], mode) for mode in MODES},
            images=len(OPTIMIZERS) * EPOCHS * images,
            rounds=arguments.rounds,
        )
        for name, (_, images) in NETWORKS.items()
    }
    report = {
        "ratio_of_processes_to_one": {
            name: contest.ratio(found, "processes_of_one_thread", "one_process") for name, found in speeds.items()
        },
        "processes": THREADS,
        "precisions": precisions,
        "environment": backend.environment(),
        "images_per_second": speeds,
    }
    record.publish(
        report,
        _as_text,
        arguments=arguments,
        measured_at=measured_at,
        settings={
            "networks": {name: network.model_dump(mode="json") for name, (network, _) in NETWORKS.items()},
            "images": {name: images for name, (_, images) in NETWORKS.items()},
            "optimizers": OPTIMIZERS,
            "epochs": EPOCHS,
            "learning_rate": LEARNING_RATE,
            "batch_size": BATCH_SIZE,
            "rounds": arguments.rounds,
        },
        precision=precisions["cnn"],
        threads=THREADS,
    )


def search(train: Split, name: str, precision: str, mode: str) -> float:
    """Search a grid with new processes, and return its seconds, the start of the processes included."""
    network, images = NETWORKS[name]
    processes, threads = MODES[mode]
    held_out = Split(train.images[-HELD_OUT:], train.targets[-HELD_OUT:])
    part = Split(train.images[:images], train.targets[:images])
    study = Study({"train": part, "validation": held_out, "test": held_out}, len(FASHION_MNIST), 1, precision, threads)
    points = [Point(None, network, optimizer, LEARNING_RATE, BATCH_SIZE, EPOCHS) for optimizer in OPTIMIZERS]
    started = time.perf_counter()
    results = engines.pool(trajectory.train, study, grid.trajectories(points), lambda images: None, workers=processes)
    for _, outcome in results:
        if isinstance(outcome, engines.Lost) or outcome.failure is not None:
            sys.exit(f"error: {outcome}")
    return time.perf_counter() - started


def _as_text(report: dict[str, Any]) -> str:
    rows = [f"{name}: {ratio:.2f} times as fast" for name, ratio in report["ratio_of_processes_to_one"].items()]
    rows.append(
        f"{report['processes']} processes of one thread, over one process, {report['environment']['processor']}"
    )
    return "\n".join(rows)


if __name__ == "__main__":
    main()
