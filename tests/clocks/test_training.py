import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imagelab.clocks.heads.available import HEADS
from imagelab.clocks.heads.head import Head, build_clock_network
from imagelab.clocks.training import epochs_of, predict_times, train_clock_network
from imagelab.settings import params
from imagelab.settings.clocks import MultiHead
from imagelab.storage.splits import Split
from tests.conftest import REPOSITORY, write_yaml

pytestmark = pytest.mark.usefixtures("repeatable")

RANDOM = np.random.default_rng(0)


def test_a_head_trains_as_long_as_all_unless_it_says_otherwise(settings: dict[str, Any], tmp_path: Path) -> None:
    settings["clock"] |= {"epochs": 7}
    settings["clock"]["classification"]["epochs"] = None
    settings["clock"]["multi_head"]["epochs"] = 2
    clock = params.load(write_yaml(settings, tmp_path / "params.yaml")).clock
    assert epochs_of("classification", clock) == 7
    assert epochs_of("multi_head", clock) == 2


def clocks(count: int, size: int = 16) -> Split:
    return Split(RANDOM.integers(0, 256, (count, size, size, 1), dtype=np.uint8), RANDOM.integers(0, 720, count))


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_every_head_trains_and_reads_times_on_the_dial(head: Head) -> None:
    split = clocks(24, size=48)
    model = build_clock_network(head, (48, 48, 1), MultiHead(learning_rate=0.001, epochs=1, minute_filters=4), seed=1)
    settings = {"learning_rate": 0.001, "batch_size": 8, "epochs": 2, "seed": 1}
    history = train_clock_network(model, head, split, split, **settings)
    metrics = {name for name in history if name != "epoch" and not name.startswith("test_")}
    assert len(history) == 2
    assert {name for name in history if name.startswith("test_")} == {f"test_{name}" for name in metrics}
    assert set(head.units) <= metrics
    read = predict_times(model, head, split.images)
    assert read.shape == (24,)
    assert 0 <= read.min() <= read.max() < 720


def test_the_parts_of_a_measured_loss_add_up_to_it() -> None:
    times = np.arange(300) * 2  # sorted, as clocks are: the last rows are unlike the others
    split = clocks(300)._replace(targets=times)
    head = HEADS["multi_head"]
    model = build_clock_network(head, (16, 16, 1), MultiHead(learning_rate=0.001, epochs=1, minute_filters=2), seed=1)
    settings = {"learning_rate": 0.001, "batch_size": 50, "epochs": 1, "seed": 1}
    history = train_clock_network(model, head, split, split, **settings).iloc[0]
    parts = history["test_hour_loss"] + history["test_minute_loss"]
    assert parts == pytest.approx(history["test_loss"], rel=1e-4)


TRAIN_ON_ARRAYS = """
import hashlib
import keras
import numpy as np
from imagelab.clocks.heads.classification import CLASSIFICATION
from imagelab.clocks.heads.head import build_clock_network
from imagelab.settings.clocks import MultiHead
from imagelab.training import backend
backend.configure(seed=1, precision="float32", threads=1)
images = np.random.default_rng(1).random((320, 150, 150, 1), np.float32)
head = MultiHead(learning_rate=0.001, epochs=1, minute_filters=4)
model = build_clock_network(CLASSIFICATION, (150, 150, 1), head, seed=1)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer="adam", loss=loss, steps_per_execution=5)
model.fit(images, np.arange(320), batch_size=32, shuffle=False, verbose=0)
print(hashlib.sha256(b"".join(weight.tobytes() for weight in model.get_weights())).hexdigest())
"""


@pytest.mark.slow
def test_large_batches_of_a_known_size_train_to_the_same_bits_in_every_process() -> None:
    """Where TensorFlow knows that gradients are large it adds them up in any order, unless operations wait."""
    command = [sys.executable, "-c", TRAIN_ON_ARRAYS]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "src")}
    digests = set()
    for _ in range(2):
        digests.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(digests) == 1
