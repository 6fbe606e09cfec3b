"""Draw leaves with every trained generator; write these and the features of drawn and real leaves."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import keras
import numpy as np
from numpy.typing import NDArray

from imagelab.leaves.classifier import feature_network
from imagelab.leaves.data import read_leaves
from imagelab.leaves.evaluation.random_features import build_random_features
from imagelab.leaves.evaluation.samples import write_features
from imagelab.leaves.generators.drawing import (
    classes_of,
    draw_classes,
    draw_latent,
    generate,
    interpolate,
    latent_dimension_of,
    load_generator,
)
from imagelab.settings import params
from imagelab.settings.leaves import Generator, Sample
from imagelab.storage import reading, writing
from imagelab.training import backend, inference
from stages import run

LINES = 4  # interpolations


def main() -> None:
    """Write samples, interpolations, and the features of all leaves in two spaces.

    The spaces are those of ``samples.SPACES``. A generator that is conditioned on the class draws each class as often
    as it occurs among the real leaves; ``classes.npy`` holds the classes.
    """
    settings = params.load()
    backend.configure(seed=settings.seed, precision=settings.precision, threads=settings.threads)
    train, held_out = read_leaves(Path("data/leaves"))
    shape = train.images.shape[1:]
    classifier = inference.load_model(Path("data/models/leaf_classifier/model.keras"))
    spaces = {"classifier": feature_network(classifier), "random": build_random_features(shape[0])}
    noise = np.random.default_rng([settings.seed, 2]).random((settings.sample.images, *shape), np.float32)
    with writing.new_folder(Path("data/samples/real")) as out:
        for name, images in (("training", train.images), ("held_out", held_out.images), ("noise", noise)):
            write_features(_features(spaces, images), out, name)
    classes = draw_classes(train.targets, settings.sample.images, seed=settings.seed)
    for name in get_args(Generator):
        _sample(name, spaces, classes, settings.sample, seed=settings.seed)


def _sample(
    name: str,
    spaces: Mapping[str, keras.Model],
    classes: NDArray[np.integer],
    settings: Sample,
    *,
    seed: int,
) -> None:
    trained = Path("data/models/generator") / name
    generator = load_generator(trained / "generator.keras")
    snapshots = reading.read_array(trained / "snapshots.npy", dimensions=5, memory_map=True)
    latent = draw_latent(len(classes), latent_dimension_of(generator), seed=seed)
    ends = latent[: 2 * LINES]
    lines = interpolate(
        ends[::2], ends[1::2], steps=settings.interpolation_steps, spherical=settings.interpolation == "spherical"
    )
    classes_of_lines = np.repeat(classes[:LINES], settings.interpolation_steps)  # a line stays in one class
    images = generate(generator, latent, classes)
    with writing.new_folder(Path("data/samples") / name) as out:
        writing.write_array(images, out / "samples.npy")
        if classes_of(generator):
            writing.write_array(classes, out / "classes.npy")
        writing.write_array(generate(generator, lines, classes_of_lines), out / "interpolations.npy")
        write_features(_features(spaces, images), out, "sample")
        by_epoch = [_features(spaces, drawn) for drawn in snapshots]
        write_features({space: np.stack([own[space] for own in by_epoch]) for space in spaces}, out, "snapshot")


def _features(spaces: Mapping[str, keras.Model], images: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {space: inference.predict(network, images) for space, network in spaces.items()}


if __name__ == "__main__":
    run(main)
