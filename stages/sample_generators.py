"""Let every trained generator draw leaves, and the classifier of leaves look at them."""

from pathlib import Path
from typing import get_args

import numpy as np

from imagelab import artifacts, backend, datasets, inference, params
from imagelab.models.leaf_classifier import feature_network
from stages import run


def main() -> None:
    """Write samples from random latent vectors, their features, and pictures on the line between pairs of vectors.

    A generator that takes a class is asked for each as often as real leaves show it; ``classes.npy`` holds them.
    """
    settings = params.load()
    own = settings.sample
    backend.configure(seed=settings.seed, precision=settings.precision, threads=settings.threads)
    folders = {name: Path("data/models/generator") / name for name in get_args(params.Generator)}
    generators = {name: inference.load_generator(folder / "generator.keras") for name, folder in folders.items()}
    snapshots = {
        name: artifacts.read_array(folder / "snapshots.npy", dimensions=5, memory_map=True)
        for name, folder in folders.items()
    }
    train, _ = datasets.read_leaves(Path("data/leaves"))
    classes = np.random.default_rng([settings.seed, 1]).choice(train.targets, own.images)
    see = feature_network(inference.load_model(Path("data/models/leaf_classifier/model.keras")))
    shape = see.input_shape[1:]
    noise = np.random.default_rng([settings.seed, 2]).random((own.images, *shape), np.float32)
    artifacts.write_array(inference.predict(see, noise), Path("data/samples/noise_features.npy"))
    for name, generator in generators.items():
        latent = inference.draw_latent(own.images, inference.latent_dimension_of(generator), seed=settings.seed)
        lines = inference.interpolate(
            latent[:8:2], latent[1:8:2], steps=own.interpolation_steps, spherical=own.interpolation == "spherical"
        )
        samples = inference.generate(generator, latent, classes)
        seen_on_the_way = np.stack([inference.predict(see, drawn) for drawn in snapshots[name]])
        of_lines = np.repeat(classes[:4], own.interpolation_steps)  # a line stays in one class
        with artifacts.new_folder(Path("data/samples") / name) as out:
            artifacts.write_array(samples, out / "samples.npy")
            if inference.classes_of(generator):
                artifacts.write_array(classes, out / "classes.npy")
            artifacts.write_array(inference.predict(see, samples), out / "features.npy")
            artifacts.write_array(seen_on_the_way, out / "snapshot_features.npy")
            artifacts.write_array(inference.generate(generator, lines, of_lines), out / "interpolations.npy")


if __name__ == "__main__":
    run(main)
