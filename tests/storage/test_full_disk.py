"""Stages on a disk that is full or read-only: a small file system in memory, mounted in a name space of their own."""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, write_yaml
from tests.pipeline.tiny import tiny_settings

MOUNT = "mount -t tmpfs -o {options} none {place}"
RUN = f'"{sys.executable}" -m stages.'


def can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    command = ["unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(command, capture_output=True).returncode == 0


needs_mount = pytest.mark.skipif(not can_mount(), reason="this system lets nobody mount in a name space of their own")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_yaml(tiny_settings(), tmp_path / "params.yaml")
    return tmp_path


def run(folder: Path, *script: str) -> subprocess.CompletedProcess[str]:
    """Run lines of a shell where they may mount; what they mount is gone with them."""
    return subprocess.run(
        ["unshare", "-Urm", "sh", "-c", "\n".join(script)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )


def check(done: subprocess.CompletedProcess[str], where: str, received: str) -> None:
    lines = [line for line in done.stderr.replace("\r", "\n").splitlines() if line.strip() and "%|" not in line]
    expected = {
        "No space left on device": "room on the disk",
        "Read-only file system": "a file system that can be written",
    }[received]
    assert lines == [f"error: {where}: output: expected {expected}, received {received}"]
    assert done.stdout.splitlines()[0] == "status 1"


@needs_mount
@pytest.mark.parametrize(
    ("options", "larger", "where", "received"),
    [
        (
            "size=64k",
            "size=64m",
            "data/raw/.mnist.partial/train-images-idx3-ubyte.gz",
            "No space left on device",
        ),
        ("ro", "rw", "data/raw/mnist", "Read-only file system"),
    ],
    ids=["full", "read-only"],
)
def test_a_stage_that_cannot_write_says_so_in_one_line_and_works_later(
    options: str, larger: str, where: str, received: str, folder: Path
) -> None:
    (folder / "data").mkdir()
    done = run(
        folder,
        MOUNT.format(options=options, place="data"),
        f"{RUN}fetch mnist; echo status $?",
        "find data -type f",
        f"mount -o remount,{larger} data; {RUN}fetch mnist; echo status $?",
        "find data -type f | wc -l",
    )
    check(done, where, received)
    assert done.stdout.split("\n")[1:] == ["status 0", "5", ""]  # four IDX files, and the names of the classes


@needs_mount
@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "name"), [(".imagelab", "checkpoints/keras_example_mlp-"), ("data/models", "keras_example/.mlp.partial/")]
)
def test_a_training_that_cannot_write_says_so_in_one_line_and_works_later(
    place: str, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    for stage in ("fetch", "prepare"):
        importlib.import_module(f"stages.{stage}").main("mnist")
    (folder / place).mkdir()
    done = run(
        folder,
        MOUNT.format(options="size=100k", place=place),
        f"{RUN}train_keras_example mlp; echo status $?",
        f"find {place} -type f",
        f"mount -o remount,size=100m {place}; {RUN}train_keras_example mlp; echo status $?",
        "find data/models -type f | wc -l",
    )
    where = next(line for line in done.stderr.splitlines() if line.startswith("error: ")).split(": ")[1]
    assert where.startswith(f"{place}/{name}")
    check(done, where, "No space left on device")
    assert done.stdout.split("\n")[1:] == ["status 0", "5", ""]
