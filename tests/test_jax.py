"""The generators on Keras's other backend, in a process of its own, since a process has one backend."""

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

from imagelab import backend, inference
from imagelab.datasets import Split
from imagelab.models.gan import build_discriminator
from imagelab.models.generator import build_generator
from imagelab.models.vae import build_vae
from imagelab.params import Gan
from imagelab.training import gan, vae
from imagelab.training.checkpoint import Checkpoint
from imagelab.training.snapshots import Snapshots

backend.configure(seed=1, precision="float32", threads=2)
folder = Path(sys.argv[1])
pictures = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 3), dtype=np.uint8)
latent = inference.draw_latent(3, 4, seed=1)
settings = {"snapshot_epochs": (1,), "batch_size": 8, "learning_rate": 0.01, "discriminator_learning_rate": None}
settings |= dict.fromkeys(("batch_normalization", "class_conditioning", "augmentation"), False) | {"averaging": 0}


def train_vae(epochs, saved):
    model = build_vae(16, 4, filters=4, seed=1)
    split = Split(pictures, np.zeros(20))
    snapshots = Snapshots(lambda: model.decoder, latent, [1, 2], saved.pictures)
    common = {"learning_rate": 0.01, "batch_size": 8, "epochs": epochs, "seed": 1}
    vae.train(model, split, split, **common, checkpoint=saved, snapshots=snapshots)
    return [*model.encoder.get_weights(), *model.decoder.get_weights()]


def train_gan(epochs, saved):
    generator, discriminator = build_generator(4, 16, filters=4, seed=1), build_discriminator(16, filters=4, seed=2)
    own = Gan(latent_dimension=4, filters=4, epochs=epochs, beta_1=0.5, **settings)
    gan.train(generator, discriminator, Split(pictures, np.zeros(20)), own, seed=1, checkpoint=saved)
    return [*generator.get_weights(), *discriminator.get_weights()]


for train in (train_vae, train_gan):
    undisturbed = train(2, Checkpoint(folder / f"{train.__name__}_whole.npz"))
    train(1, Checkpoint(folder / f"{train.__name__}.npz"))
    resumed = train(2, Checkpoint(folder / f"{train.__name__}.npz"))
    for one, other in zip(undisturbed, resumed, strict=True):
        assert np.isfinite(one).all()
        np.testing.assert_array_equal(one, other)
print(backend.environment()["backend"])
"""


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_vae_and_gan_train_and_resume_to_the_same_bits_on_jax(tmp_path: Path) -> None:
    environment = os.environ | {
        "KERAS_BACKEND": "jax",
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "src"), *sys.path]),
    }
    command = [sys.executable, "-c", TRAIN, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("jax ")
