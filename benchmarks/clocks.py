"""How fast clocks are rendered by number of workers, each head trains against bare Keras, and each network reads.

    python -m benchmarks.clocks [--json] [--out FILE.json] [--rounds N]

Pictures and networks have the report's sizes (``params/paper.yaml``). Nothing else should run beside it.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from argparse import SUPPRESS
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from benchmarks import REPOSITORY, contest, record
from benchmarks.bare_clocks import HEADS as BARE_HEADS
from benchmarks.contest import THREADS, Speeds
from imagelab.clocks.heads.available import HEADS
from imagelab.clocks.heads.head import build_clock_network
from imagelab.clocks.reader.joined import join
from imagelab.clocks.reader.localiser import build_localiser
from imagelab.clocks.reader.network import build_network
from imagelab.clocks.reader.reading import ClockReader
from imagelab.clocks.rendering import renderer
from imagelab.clocks.rendering.random_pictures import render_random_clocks
from imagelab.clocks.times import MINUTES_PER_DIAL, to_minutes
from imagelab.clocks.training import compile_network, training_batches
from imagelab.settings import params
from imagelab.settings.clocks import ReaderClocks, Render
from imagelab.storage.splits import Split
from imagelab.training import backend, inference
from imagelab.training.batches import as_pixels
from imagelab.training.fit import train_epoch
from imagelab.training.steps import Steps

RENDERED_PER_TIME = 10  # 7,200 pictures: over ten seconds, much longer than the start of the workers
RENDERED_RANDOM = 1000
RENDER_ROUNDS = 1
# Pictures an epoch: seconds. A head that the bare script does not have is only read with.
TRAINED = {head: 192 if head == "multi_head" else 960 for head in HEADS if head in BARE_HEADS}
STEPS_PER_EXECUTION = 6  # of bare Keras; divides each epoch; the report's 100 would be more than one of them
TRAIN_ROUNDS = 8
READ = 512
READ_ROUNDS = 3


def main() -> None:
    """Measure, and print a table or one JSON object."""
    parser = record.options(__doc__, rounds=TRAIN_ROUNDS)
    parser.add_argument("--train", nargs=2, help=SUPPRESS)  # for the process that trains one head
    arguments = parser.parse_args()
    measured_at = record.commit_to_keep(arguments)
    settings = params.load(REPOSITORY / "params" / "paper.yaml")
    precision = "mixed_bfloat16" if backend.cpu_has_bfloat16() else "float32"
    backend.configure(seed=settings.seed, precision=precision, threads=THREADS)
    if arguments.train:
        head, folder = arguments.train
        clocks, minutes = (np.load(Path(folder) / f"{name}.npy") for name in ("clocks", "minutes"))
        print(json.dumps(training_speeds(head, clocks, minutes, settings, precision, arguments.rounds)))
        return
    render = settings.render.model_copy(update={"images_per_time": RENDERED_PER_TIME})
    rendering = rendering_speeds(render, settings.seed)
    random = random_rendering_speeds(settings.reader_clocks, settings.seed)
    images, times, _ = renderer.render_clocks(render, seed=settings.seed)
    chosen = np.random.default_rng(settings.seed).permutation(len(images))[: max(READ, *TRAINED.values())]
    clocks, minutes = images[chosen, ..., None], to_minutes(times[chosen])
    training = {head: in_own_process(head, clocks, minutes, arguments.rounds) for head in TRAINED}
    reading = reading_speeds(clocks[:READ], settings)
    report = {
        "render_images_per_second": {workers: statistics.median(speeds) for workers, speeds in rendering.items()},
        "render_random_designs_per_second": {name: statistics.median(speeds) for name, speeds in random.items()},
        "ratio_to_bare_keras": {head: contest.ratio(speeds, "ours", "bare_keras") for head, speeds in training.items()},
        "predict_images_per_second": statistics.median(reading["reader"]),
        "train_images_per_second": {head: statistics.median(speeds["ours"]) for head, speeds in training.items()},
        "predict_images_per_second_of_each": {name: statistics.median(speeds) for name, speeds in reading.items()},
        "precision": precision,
        "threads": THREADS,
        "environment": backend.environment(),
        "rounds": {"render": rendering, "render_random_designs": random, "train": training, "predict": reading},
    }
    record.publish(
        report,
        _as_text,
        arguments=arguments,
        measured_at=measured_at,
        settings={
            "image_size": render.image_size,
            "rendered": MINUTES_PER_DIAL * render.images_per_time,
            "rendered_random_designs": RENDERED_RANDOM,
            "trained": TRAINED,
            "batch_size": settings.clock.batch_size,
            "steps_per_execution_of_bare_keras": STEPS_PER_EXECUTION,
            "read": READ,
            "rounds": {"render": RENDER_ROUNDS, "train": arguments.rounds, "predict": READ_ROUNDS},
        },
        precision=precision,
        threads=THREADS,
    )


def rendering_speeds(render: Render, seed: int) -> Speeds:
    """Return images per second by the number of workers: 1, 2, 4, ... up to the cores there are."""
    numbers = [workers for workers in (2**power for power in range(THREADS)) if workers < THREADS] + [THREADS]

    def contestant(workers: int) -> Callable[[], object]:
        return lambda: renderer.render_clocks(render, seed=seed, workers=workers)

    contestants = {str(workers): contestant(workers) for workers in numbers}
    count = MINUTES_PER_DIAL * render.images_per_time
    return contest.take_turns(contestants, images=count, rounds=RENDER_ROUNDS)


def random_rendering_speeds(clocks: ReaderClocks, seed: int) -> Speeds:
    """Return images of random designs per second of one worker, near ones as the reader trains on them."""
    size = clocks.image_size

    def render() -> object:
        return render_random_clocks(clocks.near, count=RENDERED_RANDOM, image_size=size, seed=seed, stream=9, workers=1)

    return contest.take_turns({"1": render}, images=RENDERED_RANDOM, rounds=RENDER_ROUNDS)


def in_own_process(head: str, clocks: NDArray[np.uint8], minutes: NDArray[np.int64], rounds: int) -> Speeds:
    """Return the speeds of ``training_speeds``.

    In a process that has trained other networks before, a step of the multi-head network takes twice the processor
    time; bare Keras has a process of its own for each head, as a stage of the pipeline has.
    """
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "clocks.npy", clocks)
        np.save(Path(folder) / "minutes.npy", minutes)
        command = [sys.executable, "-m", "benchmarks.clocks", "--rounds", str(rounds), "--train", head, folder]
        done = subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True)
    speeds: Speeds = json.loads(done.stdout)
    return speeds


def training_speeds(
    head: str,
    images: NDArray[np.uint8],
    minutes: NDArray[np.int64],
    settings: params.Params,
    precision: str,
    rounds: int,
) -> Speeds:
    """Return images per second of our loop and of a bare Keras script, in turns."""
    count, batch_size = TRAINED[head], settings.clock.batch_size
    batches = training_batches(
        HEADS[head], Split(images[:count], minutes[:count]), batch_size=batch_size, seed=settings.seed
    )
    with tempfile.TemporaryDirectory() as name:
        np.save(Path(name) / "images.npy", as_pixels(images[:count]))
        targets: Any = batches.targets
        for output, target in (targets if isinstance(targets, dict) else {"time": targets}).items():
            np.save(Path(name) / f"{output}.npy", target)
        model = _build(head, images, settings)
        compile_network(model, HEADS[head], learning_rate=0.001)
        model.optimizer.build(model.trainable_variables)
        run = Steps(model, training=True).over(batches)
        with contest.bare_script("bare_clocks", name, head, precision, batch_size, STEPS_PER_EXECUTION) as bare:
            epochs = {"ours": lambda: train_epoch(model, run, batches, 0, lambda images: None), "bare_keras": bare}
            return contest.take_turns(epochs, images=count, rounds=rounds)


def reading_speeds(images: NDArray[np.uint8], settings: params.Params) -> Speeds:
    """Return images per second that each network reads."""

    def contestant(network: keras.Model) -> Callable[[], object]:
        return lambda: inference.predict(network, images)

    contestants = {head: contestant(_build(head, images, settings)) for head in HEADS}
    size = settings.reader_clocks.image_size
    network = build_network(size, settings.reader.network, seed=settings.seed)
    reader = ClockReader(join(build_localiser(settings.localiser, seed=settings.seed), network))
    contestants["reader"] = lambda: reader.read(list(images))
    return contest.take_turns(contestants, images=len(images), rounds=READ_ROUNDS)


def _build(head: str, images: NDArray[np.uint8], settings: params.Params) -> keras.Model:
    own = getattr(settings.clock, head)
    return build_clock_network(HEADS[head], images.shape[1:], own, seed=settings.seed)


def _as_text(report: dict[str, Any]) -> str:
    rows = []
    for name in (
        "render_images_per_second",
        "render_random_designs_per_second",
        "ratio_to_bare_keras",
        "train_images_per_second",
        "predict_images_per_second_of_each",
    ):
        digits = 2 if name == "ratio_to_bare_keras" else 0
        rows += [f"{name:35}{which:24}{value:8.{digits}f}" for which, value in report[name].items()]
    rows.append(f"{report['precision']}, {report['threads']} threads, {report['environment']['processor']}")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
