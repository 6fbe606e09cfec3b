"""A training from start to finish: what it writes, which states are kept, and when there is nothing left to train."""

import importlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from imagelab.classification.data import SPLITS, write_examples
from imagelab.clocks.posed_clocks import CLOCKS, POSE_COLUMNS
from imagelab.clocks.reader.localiser import build_localiser
from imagelab.datasets.published_classes import DIGITS
from imagelab.leaves.gan.adversaries import Adversaries
from imagelab.settings import params
from imagelab.storage import model_files, writing
from imagelab.storage.splits import Split
from imagelab.training import backend, digests, durations
from imagelab.training import fit as fit_module
from imagelab.training.checkpoint import FOLDER, Checkpoint
from imagelab.training.run import Outputs, run_training
from tests.conftest import REPOSITORY, write_yaml
from tests.pipeline.tiny import tiny_settings
from tests.settings.test_params import merge

EPOCHS = 2
PACKAGE = REPOSITORY / "src" / "imagelab"
SETTINGS: dict[str, Any] = {
    "best_classifier": {"fashion_mnist": {"epochs": EPOCHS}},
    "keras_example": {"mlp": {"epochs": EPOCHS}, "cnn": {"epochs": EPOCHS}},
    "clock": {"epochs": EPOCHS, "multi_head": {"epochs": EPOCHS}},
    "localiser": {"filters": [2, 2, 2, 2], "width": 4, "epochs": EPOCHS},
    "reader": {"network": {"radii": 8, "filters": [2, 2, 2], "width": 4}, "epochs": EPOCHS},
    "leaf_classifier": {"filters": [2, 2, 2], "epochs": EPOCHS},
    "vae": {
        "latent_dimensions": {"small": 16},
        "epochs": EPOCHS,
        "snapshot_epochs": [1],
        "code": "grid",
        "prior": "classes",
        "decay": "cosine",
    },
    "gan": {
        "epochs": EPOCHS,
        "snapshot_epochs": [1],
        "batch_normalization": True,
        "class_conditioning": True,
        "augmentation": True,
        "averaging": 0.9,
    },
    "sample": {"snapshot_images": 16},
}
TRAININGS = [
    "train_keras_example mlp",
    "train_best_classifier fashion_mnist",
    pytest.param("train_clock multi_head", marks=pytest.mark.slow),
    pytest.param("train_localiser", marks=pytest.mark.slow),
    pytest.param("train_reader", marks=pytest.mark.slow),
    "train_leaf_classifier",
    "train_vae small",
    "train_gan",
]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, and a few random pictures for every training."""
    monkeypatch.chdir(tmp_path)
    settings = tiny_settings()
    merge(settings, SETTINGS)
    write_yaml(settings, tmp_path / "params.yaml")
    random = np.random.default_rng(0)
    digits = {
        name: Split(random.integers(0, 256, (40, 28, 28, 1), np.uint8), random.integers(0, 10, 40, np.uint8))
        for name in SPLITS
    }
    for name in ("mnist", "fashion_mnist"):
        write_examples(digits, DIGITS, tmp_path / "data" / name)
    rows = {"train_rows": np.arange(16), "test_rows": np.arange(16, 24)}
    clocks = {"images": random.integers(0, 256, (24, 48, 48), np.uint8)}
    clocks["labels"] = np.stack([random.integers(0, 12, 24), random.integers(0, 60, 24)], axis=1)
    posed = {"images": random.integers(0, 256, (24, 36, 36, 3), np.uint8), "minutes": random.integers(0, 720, 24)}
    leaves = {"images": random.random((24, 16, 16, 3), np.float32), "labels": np.arange(24) % 2}
    for folder, arrays in {
        "clocks": rows,
        "raw/clocks": clocks,
        "raw/reader_clocks/near": posed,
        "raw/reader_clocks/far": posed,
        "raw/reader_clocks/test": posed,
        "leaves": leaves | {"training_rows": rows["train_rows"], "held_out_rows": rows["test_rows"]},
    }.items():
        (tmp_path / "data" / folder).mkdir(parents=True)
        for name, array in arrays.items():
            np.save(tmp_path / "data" / folder / f"{name}.npy", array)
    table = pd.DataFrame(np.tile([18.0, 18, 12, 0, 0, 12, 1], (24, 1)), columns=list(POSE_COLUMNS))
    for name in ("near", "far", "test"):
        writing.write_csv(table, tmp_path / "data" / "raw" / "reader_clocks" / name / CLOCKS)
    return tmp_path


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every epoch of the shared loop from now on, and every step of the GAN's own."""
    taken: list[str] = []

    def counting(method: Callable[..., Any], name: str) -> Callable[..., Any]:
        def count(*arguments: Any, **options: Any) -> Any:
            taken.append(name)
            return method(*arguments, **options)

        return count

    monkeypatch.setattr(fit_module, "_run_in_parts", counting(fit_module._run_in_parts, "fit"))
    monkeypatch.setattr(Adversaries, "step", counting(Adversaries.step, "gan"))
    return taken


@pytest.fixture
def code(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package that can be edited, and that the digests of trainings read in place of the package."""
    copy = tmp_path_factory.mktemp("code") / "imagelab"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    of_code = digests.of_code
    monkeypatch.setattr(digests, "of_code", lambda folder, names: of_code(copy if folder == PACKAGE else folder, names))
    return copy


def append(text: str, path: Path) -> None:
    path.write_text(f"{path.read_text()}\n{text}\n")


def run_stage(command: str) -> None:
    """Run a stage as a process of its own would: Keras counts optimizers, and their names are saved with a network."""
    backend.release_memory()
    name, *arguments = command.split()
    if name == "train_reader":  # reads what another stage writes
        localiser = build_localiser(params.load().localiser, seed=1)
        writing.write_model(localiser, Path("data/models/clock/localiser/model.keras"))
    importlib.import_module(f"stages.{name}").main(*arguments)


def outputs(workspace: Path) -> dict[str, bytes]:
    files = [path for path in (workspace / "data" / "models").rglob("*") if path.is_file()]
    return {path.relative_to(workspace).as_posix(): path.read_bytes() for path in files}


def states(workspace: Path) -> list[str]:
    return sorted(path.name for path in (workspace / FOLDER).iterdir())


@pytest.mark.parametrize("command", TRAININGS)
def test_a_training_whose_code_moved_but_whose_digest_did_not_trains_no_epoch_and_writes_the_same_bytes(
    command: str, workspace: Path, steps: list[str], code: Path
) -> None:
    run_stage(command)
    assert len(steps) >= EPOCHS
    first, kept = outputs(workspace), states(workspace)
    assert len(kept) == 1
    shutil.rmtree(workspace / "data" / "models")
    steps.clear()
    append("# a comment", code / "training" / "fit.py")
    append("MORE = 1", code / "runtime" / "progress.py")
    append("MORE = 1", code / "settings" / "params.py")
    append("MORE = 1", code / "training" / "durations.py")
    run_stage(command)
    assert steps == []
    assert outputs(workspace) == first
    assert states(workspace) == kept


def record(workspace: Path) -> dict[str, Any]:
    """The only record of a duration."""
    assert len(list((workspace / durations.FOLDER).iterdir())) == 1
    (found,) = durations.of_present()
    return found


def test_a_training_keeps_how_long_it_took_beside_its_outputs(workspace: Path) -> None:
    began = time.perf_counter()
    run_stage("train_keras_example mlp")
    seconds = time.perf_counter() - began
    kept = record(workspace)
    assert (kept["name"], kept["epochs"], kept["images"]) == ("keras_example_mlp", EPOCHS, EPOCHS * 40)
    assert 0 < kept["seconds"] < seconds
    assert kept["images_per_second"] == kept["images"] / kept["seconds"]
    assert set(kept["outputs"]) == set(outputs(workspace))
    (training,) = kept["trainings"]
    assert training["resumed"] == 0
    assert training["parts"][0]["processor"] == backend.environment()["processor"]


def test_a_training_that_is_only_restored_keeps_its_duration(workspace: Path, steps: list[str]) -> None:
    run_stage("train_keras_example mlp")
    first = record(workspace)
    for folder in ("data/models", durations.FOLDER):
        shutil.rmtree(workspace / folder)
    steps.clear()
    run_stage("train_keras_example mlp")
    assert steps == []
    assert record(workspace) == first


def test_a_training_that_goes_on_adds_what_it_took_before(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save = Checkpoint.save

    def dying(self: Checkpoint, *arguments: Any, **options: Any) -> None:
        save(self, *arguments, **options)
        raise Killed

    monkeypatch.setattr(Checkpoint, "save", dying)
    with pytest.raises(Killed):
        run_stage("train_keras_example mlp")
    assert not (workspace / durations.FOLDER).exists()
    monkeypatch.setattr(Checkpoint, "save", save)
    run_stage("train_keras_example mlp")
    (training,) = record(workspace)["trainings"]
    assert training["resumed"] == 1
    assert [part["images"] for part in training["parts"]] == [40, 40]
    assert training["seconds"] == sum(part["seconds"] for part in training["parts"])


@pytest.mark.parametrize("name", ["training/fit.py", "classification/mlp.py"])
def test_a_training_whose_code_changed_starts_anew(name: str, workspace: Path, steps: list[str], code: Path) -> None:
    run_stage("train_keras_example mlp")
    count, kept = len(steps), states(workspace)
    append("MORE = 1", code / name)
    run_stage("train_keras_example mlp")
    assert len(steps) == 2 * count
    assert len(states(workspace)) == 1
    assert states(workspace) != kept


def test_a_stage_in_a_process_of_its_own_depends_on_the_modules_that_it_imports_only(workspace: Path) -> None:
    for name in ("src/imagelab", "stages"):
        shutil.copytree(REPOSITORY / name, workspace / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "stages.train_keras_example", "mlp"]
    environment = os.environ | {"PYTHONPATH": str(workspace)}

    def run() -> int:
        subprocess.run(command, cwd=workspace, env=environment, check=True, capture_output=True)
        (state,) = (workspace / FOLDER).iterdir()
        return state.stat().st_mtime_ns  # every epoch writes it

    written, first = run(), outputs(workspace)
    shutil.rmtree(workspace / "data" / "models")
    package = workspace / "src" / "imagelab"
    append("# a comment", package / "training" / "fit.py")
    for name in ("classification/cnn.py", "leaves/data.py", "runtime/progress.py", "settings/params.py"):
        append("MORE = 1", package / name)
    append("# a comment", workspace / "stages" / "train_keras_example.py")
    assert run() == written
    assert outputs(workspace) == first


class Killed(BaseException):
    """Stands for a signal: nothing may catch it."""


def train(name: str, number: int, *, killed: bool = False) -> None:
    """A training of one epoch, whose only data are a number."""

    def train(state: Checkpoint) -> Outputs:
        state.save([], {"loss": [0.5]}, images=8)
        if killed:
            raise Killed
        return {"history.csv": pd.DataFrame({"epoch": [1]}), "number.npy": np.array(number), "units.json": {"n": 1}}

    run_training(
        name,
        Path("data/models") / name,
        settings=params.load(),
        own=["vae"],
        arrays={"number": np.array(number)},
        train=train,
    )


def test_the_state_of_a_finished_training_stays_until_the_next_one_of_that_name_finishes(workspace: Path) -> None:
    train("vae_small", 1)
    (first,) = states(workspace)
    with pytest.raises(Killed):
        train("vae_small", 2, killed=True)
    (interrupted,) = set(states(workspace)) - {first}
    train("vae", 1)
    (other,) = set(states(workspace)) - {first, interrupted}
    (workspace / FOLDER / f".{Path(interrupted).stem}.partial.npz").touch()  # left by a process that was killed
    train("vae_small", 3)
    (last,) = set(states(workspace)) - {other}
    assert last not in (first, interrupted)
    assert other.startswith("vae-")


def test_an_interrupted_training_leaves_outputs_as_they_were(workspace: Path) -> None:
    train("gan", 1)
    first = outputs(workspace)
    assert sorted(first) == [f"data/models/gan/{name}" for name in ("history.csv", "number.npy", "units.json")]
    with pytest.raises(Killed):
        train("gan", 2, killed=True)
    assert outputs(workspace) == first
    train("gan", 2)
    assert outputs(workspace).keys() == first.keys()
    assert outputs(workspace) != first


def test_the_files_of_networks_for_use_say_what_they_were_trained_on(workspace: Path) -> None:
    def train(_: Checkpoint) -> Outputs:
        networks = [keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]) for _ in range(2)]
        return {"generator.keras": networks[0], "discriminator.keras": networks[1]}

    settings = params.load()
    record = model_files.describe(
        settings, settings.gan, task="leaf generator", data="leaves", stand_in=False, pictures=3
    )
    trained_on = {"generator.keras": record}
    folder = Path("data/gan")
    run_training("gan", folder, settings=settings, own=["gan"], arrays={}, train=train, trained_on=trained_on)
    assert model_files.read_trained_on(folder / "generator.keras") == record
    assert model_files.read_trained_on(folder / "discriminator.keras") is None


def test_a_training_builds_its_networks_in_the_precision_of_the_settings(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured: list[str] = []
    monkeypatch.setattr(backend, "configure", lambda **_: configured.append("backend"))

    def train(_: Checkpoint) -> Outputs:
        configured.append("networks")
        return {}

    run_training("gan", Path("data/gan"), settings=params.load(), own=["gan"], arrays={}, train=train)
    assert configured == ["backend", "networks"]
