"""Trainings on Keras's other backend, in a process of its own, since a process has one backend."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

TRAIN = """
import sys
from pathlib import Path

import numpy as np

from imagelab.classification.best.training import train_best_classifier
from imagelab.clocks.posed_clocks import PosedClocks
from imagelab.clocks.reader.localiser import build_localiser
from imagelab.clocks.reader.joined import join
from imagelab.clocks.reader.reading import ClockReader
from imagelab.clocks.reader.training import train_network
from imagelab.leaves.gan import training as gan
from imagelab.leaves.gan.discriminator import build_discriminator
from imagelab.leaves.generators.drawing import draw_latent, generate
from imagelab.leaves.generators.network import build_generator
from imagelab.leaves.generators.prior import ClassPrior, with_class_prior
from imagelab.leaves.generators.snapshots import SnapshotRecorder
from imagelab.leaves.vae import training as vae
from imagelab.leaves.vae.network import build_vae
from imagelab.settings.classification import BestClassifier
from imagelab.settings.clocks import Localiser, Reader, ReaderNetwork
from imagelab.settings.leaves import Gan
from imagelab.settings.training import Augmentation, Views
from imagelab.storage.splits import Split
from imagelab.training import backend, inference
from imagelab.training.checkpoint import Checkpoint

backend.configure(seed=1, precision="float32", threads=1)
folder = Path(sys.argv[1])
pictures = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 3), dtype=np.uint8)
labels = np.arange(20) % 2
split = Split(pictures, labels)
latent = draw_latent(3, 4, seed=1)
settings = {"snapshot_epochs": (1,), "batch_size": 8, "learning_rate": 0.01, "discriminator_learning_rate": None}
ADDED = ("batch_normalization", "class_conditioning", "augmentation")


def stop_after_epoch(saved):
    # Where the learning rate depends on the number of epochs, a shorter training is one that is stopped.
    keep = saved.save

    def save_and_stop(*arguments, images):
        keep(*arguments, images=images)
        raise KeyboardInterrupt

    saved.save = save_and_stop


def train_vae(epochs, saved):
    model = build_vae(16, 4, filters=4, seed=1)
    snapshots = SnapshotRecorder(lambda: model.decoder, latent, np.arange(3) % 2, [1, 2], saved.pictures)
    common = {"learning_rate": 0.01, "batch_size": 8, "epochs": epochs, "seed": 1}
    vae.train_vae(model, split, split, **common, checkpoint=saved, snapshots=snapshots)
    return [*model.encoder.get_weights(), *model.decoder.get_weights()]


def train_gan(epochs, saved):
    generator, discriminator = build_generator(4, 16, filters=4, seed=1), build_discriminator(16, filters=4, seed=2)
    plain = dict.fromkeys(ADDED, False) | {"averaging": 0}
    own = Gan(latent_dimension=4, filters=4, epochs=epochs, beta_1=0.5, **settings, **plain)
    gan.train_gan(generator, discriminator, split, own, seed=1, checkpoint=saved)
    return [*generator.get_weights(), *discriminator.get_weights()]


def train_better_vae(epochs, saved):
    model = build_vae(16, 32, filters=4, seed=1, code="grid", kl_weight=0.5, edge_weight=1)
    common = {"learning_rate": 0.01, "batch_size": 8, "epochs": epochs, "seed": 1}
    vae.train_vae(model, split, split, **common, checkpoint=saved)
    mean, log_variance = np.split(inference.predict(model.encoder, pictures), 2, axis=-1)
    prior = ClassPrior(2, 32)
    generator = with_class_prior(model.decoder, prior)
    prior.fit(mean, np.exp(log_variance), labels)
    return [*generator.get_weights(), generate(generator, draw_latent(4, 32, seed=1))]


def train_better_gan(epochs, saved):
    generator, averaged = (
        build_generator(4, 16, filters=4, seed=1, classes=2, batch_normalization=True) for _ in range(2)
    )
    discriminator = build_discriminator(16, filters=4, seed=2, classes=2, augmentation=True)
    better = dict.fromkeys(ADDED, True) | {"averaging": 0.9}
    own = Gan(latent_dimension=4, filters=4, epochs=epochs, beta_1=0.5, **settings, **better)
    gan.train_gan(generator, discriminator, split, own, seed=1, averaged=averaged, checkpoint=saved)
    return [*averaged.get_weights(), *discriminator.get_weights()]


def train_reader(epochs, saved):
    network = ReaderNetwork(angles=120, radii=8, filters=(2, 2, 2), width=4)
    own = Reader(network=network, epochs=2, batch_size=8, learning_rate=0.01, weight_decay=0.02, averaging=0.9,
                 auxiliary_weight=0.5)
    posed = PosedClocks(pictures, np.arange(20) * 30, np.tile([0.5, 0.5, 0.4, 0, 0.4], (20, 1)), np.zeros(20),
                        np.arange(20) != 3)
    if epochs == 1:
        stop_after_epoch(saved)
    try:
        model, _ = train_network(posed, posed, own, seed=1, checkpoint=saved)
    except KeyboardInterrupt:
        return []
    found = build_localiser(Localiser(image_size=16, filters=(2, 2, 2, 2), width=4, epochs=1, batch_size=8,
                                      learning_rate=0.01), seed=1)
    readings = ClockReader(join(found, model)).read([pictures[0], np.zeros((30, 50, 3), np.uint8)])
    return [*model.get_weights(), *readings]


def train_classifier(epochs, saved):
    own = BestClassifier(filters=(4, 6), convolutions=2, activation="gelu", whitening=2, epochs=2, batch_size=8,
                         kernel_learning_rate=0.2, kernel_momentum=0.6, learning_rate=0.3, offset_learning_rate=4,
                         momentum=0.8, decay="cosine", label_smoothing=0.1,
                         augmentation=Augmentation(flips="alternating", shift=1, cut_out=3),
                         test_time_views=Views(flips=True, shift=1), train_on_validation=True)
    splits = dict.fromkeys(("train", "validation", "test"), split)
    if epochs == 1:
        stop_after_epoch(saved)
    try:
        outputs = train_best_classifier(splits, own, classes=2, seed=1, name="best", checkpoint=saved)
    except KeyboardInterrupt:
        return []
    return [*outputs["model.keras"].get_weights(), outputs["test_logits_averaged.npy"]]


for train in (train_vae, train_gan, train_better_vae, train_better_gan, train_reader, train_classifier):
    undisturbed = train(2, Checkpoint(folder / f"{train.__name__}_whole.npz"))
    train(1, Checkpoint(folder / f"{train.__name__}.npz"))
    resumed = train(2, Checkpoint(folder / f"{train.__name__}.npz"))
    for one, other in zip(undisturbed, resumed, strict=True):
        assert np.isfinite(one).all()
        np.testing.assert_array_equal(one, other)
print(backend.environment()["backend"])
"""


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_trainings_resume_to_the_same_bits_on_jax(tmp_path: Path) -> None:
    environment = os.environ | {
        "KERAS_BACKEND": "jax",
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "src"), *sys.path]),
    }
    command = [sys.executable, "-c", TRAIN, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "jax\n"
