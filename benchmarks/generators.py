"""How fast the VAE and the GAN train, against bare scripts in the style of Keras's own examples.

    python -m benchmarks.generators [--json] [--out FILE.json] [--rounds N]

The networks are the report's. The pictures are noise, on which the speed does not depend. Nothing else should run
beside it.
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

from benchmarks import REPOSITORY, contest, record
from benchmarks.contest import THREADS, Speeds
from imagelab.leaves.gan.adversaries import Adversaries
from imagelab.leaves.gan.networks import build_gan
from imagelab.leaves.gan.training import train_epoch as train_gan_epoch
from imagelab.leaves.vae.network import build_vae
from imagelab.settings import params
from imagelab.storage.splits import Split
from imagelab.training import backend
from imagelab.training.batches import Batches, as_pixels
from imagelab.training.fit import train_epoch
from imagelab.training.steps import Steps

ROUNDS = 6
IMAGES = {"vae": 1024, "gan": 512}  # of an epoch: seconds


def main() -> None:
    """Measure, and print a table or one JSON object."""
    parser = record.options(__doc__, rounds=ROUNDS)
    parser.add_argument("--train", help=SUPPRESS)  # for the process that trains one of them
    arguments = parser.parse_args()
    measured_at = record.commit_to_keep(arguments)
    settings = params.load(REPOSITORY / "params" / "paper.yaml")
    precision = "mixed_bfloat16" if backend.cpu_has_bfloat16() else "float32"
    backend.configure(seed=settings.seed, precision=precision, threads=THREADS)
    if arguments.train:
        print(json.dumps(training_speeds(arguments.train, settings, precision, arguments.rounds)))
        return
    speeds = {kind: in_own_process(kind, arguments.rounds) for kind in IMAGES}
    report = {
        "ratio_to_bare_keras": {kind: contest.ratio(found, "ours", "bare_keras") for kind, found in speeds.items()},
        "train_images_per_second": {kind: statistics.median(found["ours"]) for kind, found in speeds.items()},
        "precision": precision,
        "threads": THREADS,
        "environment": backend.environment(),
        "images_per_second": speeds,
    }
    record.publish(
        report,
        _as_text,
        arguments=arguments,
        measured_at=measured_at,
        settings={
            "vae": settings.vae.model_dump(mode="json"),
            "latent_dimension_of_vae": settings.vae.latent_dimensions.large,
            "gan": settings.gan.model_dump(mode="json"),
            "image_size": settings.prepare_leaves.image_size,
            "images_of_an_epoch": IMAGES,
            "rounds": arguments.rounds,
        },
        precision=precision,
        threads=THREADS,
    )


def in_own_process(kind: str, rounds: int) -> Speeds:
    """Return the speeds of ``training_speeds``: each network has a process of its own, as a stage has."""
    command = [sys.executable, "-m", "benchmarks.generators", "--rounds", str(rounds), "--train", kind]
    done = subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True)
    speeds: Speeds = json.loads(done.stdout)
    return speeds


def training_speeds(kind: str, settings: params.Params, precision: str, rounds: int) -> Speeds:
    """Return images per second of our training and of a bare Keras script, in turns."""
    size, count = settings.prepare_leaves.image_size, IMAGES[kind]
    pictures = np.random.default_rng(1).integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    own = settings.vae if kind == "vae" else settings.gan
    dimension = settings.vae.latent_dimensions.large if kind == "vae" else settings.gan.latent_dimension
    ours = _vae_epoch(pictures, settings) if kind == "vae" else _gan_epoch(pictures, settings)
    with tempfile.TemporaryDirectory() as folder:
        np.save(file := Path(folder) / "images.npy", as_pixels(pictures))
        arguments = (kind, file, precision, own.batch_size, dimension, own.filters)
        with contest.bare_script("bare_generators", *arguments) as bare:
            return contest.take_turns({"ours": ours, "bare_keras": bare}, images=count, rounds=rounds)


def _vae_epoch(pictures: np.ndarray[Any, Any], settings: params.Params) -> Callable[[], object]:
    dimension = settings.vae.latent_dimensions.large
    model = build_vae(pictures.shape[1], dimension, filters=settings.vae.filters, seed=1)
    model.compile(optimizer=keras.optimizers.Adam(settings.vae.learning_rate))
    batches = Batches(pictures, None, batch_size=settings.vae.batch_size, shuffle_seed=1)
    steps = Steps(model, training=True).over(batches)
    model.optimizer.build(model.trainable_variables)
    return lambda: train_epoch(model, steps, batches, 0, lambda images: None)


def _gan_epoch(pictures: np.ndarray[Any, Any], settings: params.Params) -> Callable[[], object]:
    networks = build_gan(pictures.shape[1], settings.gan, classes=2, seed=1)
    adversaries = Adversaries(networks.generator, networks.discriminator, networks.averaged, settings.gan)
    training = Split(pictures, np.arange(len(pictures)) % 2)
    images = keras.ops.convert_to_tensor(pictures)
    return lambda: train_gan_epoch(
        adversaries, images, training.targets, settings.gan.batch_size, np.random.default_rng(1), lambda: None
    )


def _as_text(report: dict[str, Any]) -> str:
    rows = [f"{kind:6}{ratio:8.2f} times bare Keras" for kind, ratio in report["ratio_to_bare_keras"].items()]
    rows += [f"{kind:6}{speed:8.0f} images/s" for kind, speed in report["train_images_per_second"].items()]
    rows.append(f"{report['precision']}, {report['threads']} threads, {report['environment']['processor']}")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
