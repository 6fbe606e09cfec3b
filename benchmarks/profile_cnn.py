"""Where the time of a training step of the report's CNN goes, by kind of TensorFlow operation.

    python -m benchmarks.profile_cnn --data FOLDER [--json] [--out FILE.json]

FOLDER holds Fashion-MNIST's four files. Nothing else should run beside it.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import tensorflow as tf

from benchmarks import record
from benchmarks.contest import THREADS
from benchmarks.search import BATCH_SIZE, CNN, LEARNING_RATE, OPTIMIZER, SPEED_IMAGES, compile_network, our_epoch
from imagelab.datasets.idx import read_idx_folder
from imagelab.datasets.published_classes import FASHION_MNIST
from imagelab.runtime.errors import InputError
from imagelab.storage.splits import Split
from imagelab.training import backend

ROUNDS = 3  # epochs


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
    precision = "mixed_bfloat16" if backend.cpu_has_bfloat16() else "float32"
    backend.configure(seed=1, precision=precision, threads=THREADS)
    count = SPEED_IMAGES[precision]
    part = Split(train.images[:count], train.targets[:count])
    epoch = our_epoch(compile_network(CNN, OPTIMIZER, LEARNING_RATE), part, BATCH_SIZE)
    epoch()  # traces
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        for _ in range(arguments.rounds):
            epoch()
        tf.profiler.experimental.stop()
        seconds = seconds_by_operation(Path(folder))
    total = sum(seconds.values())
    report = {
        "share_by_operation": {name: found / total for name, found in seconds.most_common(20)},
        "seconds_per_image": total / (count * arguments.rounds),
        "precision": precision,
        "threads": THREADS,
        "environment": backend.environment(),
    }
    record.publish(
        report,
        _as_text,
        arguments=arguments,
        measured_at=measured_at,
        settings={
            "network": CNN.model_dump(mode="json"),
            "optimizer": OPTIMIZER,
            "batch_size": BATCH_SIZE,
            "images_of_an_epoch": count,
            "rounds": arguments.rounds,
        },
        precision=precision,
        threads=THREADS,
    )


def seconds_by_operation(folder: Path) -> Counter[str]:
    """Return the seconds of TensorFlow's operations by their kind, from a profile in the folder.

    The events of the kernels are named "name of the node:kind of the operation".
    """
    from tensorflow.tsl.profiler.protobuf.xplane_pb2 import XSpace

    space = XSpace()
    space.ParseFromString(next(folder.rglob("*.xplane.pb")).read_bytes())
    seconds: Counter[str] = Counter()
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                name = plane.event_metadata[event.metadata_id].name
                node, _, operation = name.rpartition(":")
                if "/" in node and operation.isidentifier():
                    seconds[operation] += event.duration_ps / 1e12
    return seconds


def _as_text(report: dict[str, Any]) -> str:
    rows = [f"{name:45}{share:7.1%}" for name, share in report["share_by_operation"].items()]
    rows.append(f"{report['precision']}, {report['threads']} threads, {report['environment']['processor']}")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
