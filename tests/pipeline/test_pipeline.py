"""DVC at work on a part of the pipeline with tiny settings: losses, ways back, experiments, merges."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imagelab.datasets.idx import IDX_FILES, idx_bytes
from imagelab.storage.writing import write_bytes
from tests.conftest import REPOSITORY, read_yaml, write_yaml
from tests.pipeline.bad_input import examples

pytestmark = pytest.mark.slow

TARGET = "evaluate_keras_example@mlp"
TRAINING = "train_keras_example@mlp"
COPIED = (
    ".dvc/config",
    ".dvc/plots",
    ".dvcignore",
    ".gitattributes",
    ".gitignore",
    "data",
    "dvc.yaml",
    "src",
    "stages",
)
AFTER_A_MERGE = ("git checkout --ours dvc.lock metrics plots", "dvc repro")  # as docs/experiments.md has it


class Clone:
    """A repository of its own, with Git, DVC and no network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, command: str, *, fails: bool = False) -> str:
        """Run a command line; return what it says."""
        environment = {
            key: value for key, value in os.environ.items() if key != "CI" and not key.startswith(("IMAGELAB_", "DVC_"))
        }
        environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
        environment["PYTHONPATH"] = str(REPOSITORY / "tests" / "no_network")
        environment["IMAGELAB_TEST_CONNECTIONS"] = str(self.connections)
        for who in ("AUTHOR", "COMMITTER"):
            environment |= {f"GIT_{who}_NAME": "somebody", f"GIT_{who}_EMAIL": "somebody@example.com"}
        for level in ("GLOBAL", "SYSTEM"):
            environment |= {f"DVC_{level}_CONFIG_DIR": str(self.folder.parent), f"GIT_CONFIG_{level}": os.devnull}
        done = subprocess.run(
            command,
            shell=True,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout

    @property
    def connections(self) -> Path:
        return self.folder.parent / "connections"

    def set(self, key: str, value: Any) -> None:
        settings = read_yaml(self.folder / "params.yaml")
        *sections, name = key.split(".")
        section = settings
        for part in sections:
            section = section[part]
        section[name] = value
        write_yaml(settings, self.folder / "params.yaml")

    def lock(self) -> bytes:
        return (self.folder / "dvc.lock").read_bytes()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A repository in which the part has run once, and all is committed."""
    clone = Clone(tmp_path_factory.mktemp("finished") / "imagelab")
    for name in COPIED:
        source, copy = REPOSITORY / name, clone.folder / name
        if name == "data":  # its content is of another run
            copy.mkdir()
            shutil.copy(source / ".gitkeep", copy)
        elif source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)
    shutil.copy(REPOSITORY / "params.yaml", clone.folder)
    clone.set("prepare.most_training_images", 200)
    clone.set("keras_example.mlp.epochs", 1)
    clone.run("git init -q -b main && git add . && git commit -qm start")
    clone.run(f"dvc repro {TARGET} && git add . && git commit -qm results")
    return clone


@pytest.fixture
def clone(finished: Clone, tmp_path: Path) -> Clone:
    """A copy of it to be changed."""
    shutil.copytree(finished.folder, tmp_path / "imagelab", symlinks=True)
    return Clone(tmp_path / "imagelab")


def test_no_process_of_a_run_reaches_for_the_network(finished: Clone, tmp_path: Path) -> None:
    assert not finished.connections.exists(), finished.connections.read_text()
    reaching = Clone(tmp_path / "imagelab")
    reaching.folder.mkdir()
    call = "import socket; socket.create_connection(('127.0.0.1', 9))"
    assert "no network in this test" in reaching.run(f'python -c "{call}"', fails=True)
    assert "socket.getaddrinfo" in reaching.connections.read_text()


@pytest.mark.parametrize("lost", [".dvc/cache", ".dvc/cache/files"])
def test_what_is_lost_is_made_again_with_the_same_hashes(lost: str, clone: Clone) -> None:
    before = clone.lock()
    assert (clone.folder / lost).is_dir()
    shutil.rmtree(clone.folder / lost)
    shutil.rmtree(clone.folder / "data")
    assert f"Running stage '{TRAINING}'" in clone.run(f"dvc repro {TARGET}")
    assert clone.lock() == before
    assert clone.run(f"dvc status {TARGET}").strip() == "Data and pipelines are up to date."


def test_a_setting_that_is_set_back_brings_the_model_back_without_training(clone: Clone) -> None:
    before = clone.lock()
    clone.set("keras_example.mlp.epochs", 2)
    assert f"Running stage '{TRAINING}'" in clone.run(f"dvc repro {TARGET}")
    assert clone.lock() != before
    clone.set("keras_example.mlp.epochs", 1)
    said = clone.run(f"dvc repro {TARGET}")
    assert f"Stage '{TRAINING}' is cached - skipping run" in said
    assert f"Running stage '{TRAINING}'" not in said
    assert clone.lock() == before


def test_queued_experiments_finish_and_are_listed(clone: Clone) -> None:
    sizes = {32, 64, 256}
    for size in sizes:
        clone.run(f"dvc exp run --queue -S keras_example.batch_size={size} {TARGET}")
    clone.run("dvc exp run --run-all")
    shown = json.loads(clone.run("dvc exp show --json"))
    (commit,) = (found for found in shown if found["experiments"])
    revisions = [experiment["revs"][-1] for experiment in commit["experiments"]]
    found = {
        revision["data"]["params"]["params.yaml"]["data"]["keras_example"]["batch_size"]: revision["data"]["metrics"][
            "metrics/keras_example/mlp.json"
        ]["data"]["test"]["accuracy"]
        for revision in revisions
    }
    assert set(found) == sizes
    assert len(set(found.values())) > 1
    assert clone.run("git status --porcelain") == ""  # the workspace stays as it was


@pytest.mark.parametrize("where", ["--queue", "--temp"])
def test_an_experiment_in_a_copy_finds_a_source_beside_the_repository(where: str, clone: Clone) -> None:
    for (split, kind), name in IDX_FILES.items():
        grey = examples(100 if split == "train" else 20, 28, 1)
        array = grey.images[..., 0] if kind == "images" else grey.targets
        path = clone.folder.parent / "digits" / name.removesuffix(".gz")
        write_bytes(gzip.decompress(idx_bytes(array)), path)
    clone.run(f"dvc exp run {where} --name beside -S fetch.mnist=../digits prepare@mnist")
    if where == "--queue":
        clone.run("dvc exp run --run-all")
    clone.run("dvc exp branch beside found && git checkout -q found && dvc checkout prepare@mnist")
    assert "fetch.mnist: ../digits" in clone.lock().decode()
    images = np.load(clone.folder / "data" / "mnist" / "test_images.npy")
    assert np.array_equal(images, examples(20, 28, 1).images)


def test_a_branch_with_a_conflicting_lock_is_merged_with_the_two_commands_of_the_docs(clone: Clone) -> None:
    checkout, repro = AFTER_A_MERGE
    assert f"{checkout}\n{repro}\n" in (REPOSITORY / "docs" / "experiments.md").read_text()
    clone.run("git checkout -qb theirs")
    clone.set("prepare.validation_fraction", 0.2)
    clone.run(f"dvc repro {TARGET} && git commit -qam theirs && git checkout -q main")
    clone.set("demo.test_digits", 200)
    clone.run(f"dvc repro {TARGET} && git commit -qam ours")
    assert "CONFLICT (content): Merge conflict in dvc.lock" in clone.run("git merge theirs", fails=True)
    clone.run(checkout)
    clone.run(f"{repro} {TARGET}")
    clone.run("git commit -qam merged")
    assert clone.run("git status --porcelain") == ""
    assert clone.run(f"dvc status {TARGET}").strip() == "Data and pipelines are up to date."
    merged = clone.lock()
    (clone.folder / "dvc.lock").unlink()
    clone.run(f"dvc repro {TARGET}")
    assert clone.lock() == merged
    assert b"validation_fraction: 0.2" in merged
    assert b"demo.test_digits: 200" in merged
