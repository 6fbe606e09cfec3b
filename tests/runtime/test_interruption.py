"""Ctrl-C and SIGTERM: stages in processes of their own, ended on the way."""

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.conftest import REPOSITORY, write_yaml
from tests.pipeline.killing import (
    CHECKPOINTS,
    TRAJECTORIES,
    count_epochs,
    hear_interrupts,
    members,
    share_trained,
    wait_for_end,
)
from tests.pipeline.tiny import tiny_settings
from tests.settings.test_params import merge

SIGNALS = [signal.SIGINT, signal.SIGTERM]
LONG: dict[str, Any] = {
    "render": {"images_per_time": 40},
    "clock": {"classification": {"epochs": 100}},
    "gan": {"epochs": 200, "snapshot_epochs": [1]},
}
TRAJECTORIES_IN_ALL = 4  # of the CNN in the tiny profile: three optimizers, and one of them a second time
PREPARED = {  # what a stage needs to have run
    "train_clock": ("fetch_clocks", "split_clocks"),
    "train_gan": ("fetch leaves", "prepare_leaves"),
    "search_grid": ("fetch fashion_mnist", "prepare fashion_mnist"),
}


class Ended(NamedTuple):
    """How a stage ended, and how long after the signal."""

    returncode: int
    lines: list[str]  # on the standard error stream, less those of the progress bar
    seconds: float


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    settings = tiny_settings(search_epochs=40)
    merge(settings, LONG)
    write_yaml(settings, tmp_path / "params.yaml")
    return tmp_path


def prepare(folder: Path, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tiny_settings(search_epochs=40)
    merge(settings, LONG | {"render": {"images_per_time": 1}})
    write_yaml(settings, folder / "params.yaml")
    monkeypatch.chdir(folder)
    for command in PREPARED[stage]:
        name, *arguments = command.split()
        importlib.import_module(f"stages.{name}").main(*arguments)


def start(folder: Path, *stage: str, **variables: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", f"stages.{stage[0]}", *stage[1:]],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | variables,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_interrupts,
    )


def interrupt(started: "subprocess.Popen[str]", sent: signal.Signals) -> Ended:
    """Send a signal to the stage and all of its processes, as a terminal does."""
    began = time.monotonic()
    os.killpg(started.pid, sent)
    _, text = started.communicate()
    seconds = time.monotonic() - began
    lines = [line for line in text.replace("\r", "\n").splitlines() if line.strip() and "%|" not in line]
    return Ended(started.returncode, lines, seconds)


def check(ended: Ended, sent: signal.Signals, started: "subprocess.Popen[str]", folder: Path) -> None:
    assert ended.lines == [f"interrupted by {sent.name}: run the same command again to continue from what is finished"]
    assert ended.returncode == 128 + sent
    assert ended.seconds < 10
    wait_for_end(started.pid, seconds=2)  # Python's tracker of shared memory ends just after
    assert [path for path in folder.rglob("*") if "partial" in path.name] == []


def wait_until(condition: Callable[[], bool], started: "subprocess.Popen[str]", *, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert started.poll() is None, "ended before the signal"
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@pytest.mark.parametrize("sent", SIGNALS)
def test_an_interrupted_renderer_ends_with_its_workers(sent: signal.Signals, folder: Path) -> None:
    started = start(folder, "fetch_clocks")
    wait_until(lambda: sum("spawn_main" in member for member in members(started.pid)) >= 2, started)
    time.sleep(0.5)
    check(interrupt(started, sent), sent, started, folder)
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == ["params.yaml"]


@pytest.mark.parametrize("sent", SIGNALS)
def test_an_interruption_while_tensorflow_is_imported_is_one_line(sent: signal.Signals, folder: Path) -> None:
    started = start(folder, "train_clock", "classification")
    time.sleep(1)
    check(interrupt(started, sent), sent, started, folder)


@pytest.mark.slow
@pytest.mark.parametrize("sent", SIGNALS)
@pytest.mark.parametrize(("stage", "epochs"), [("train_clock classification", 100), ("train_gan", 200)])
def test_an_interrupted_training_goes_on(
    stage: str, epochs: int, sent: signal.Signals, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(folder, stage.split()[0], monkeypatch)
    started = start(folder, *stage.split())
    wait_until(lambda: count_epochs(folder / CHECKPOINTS) >= 2, started)
    check(interrupt(started, sent), sent, started, folder)
    kept = count_epochs(folder / CHECKPOINTS)
    assert 2 <= kept < epochs
    again = start(folder, *stage.split())
    _, text = again.communicate()
    assert again.returncode == 0
    begun, ended = share_trained(text)
    assert round(begun * epochs) == kept
    assert ended == 1
    assert count_epochs(folder / CHECKPOINTS) == epochs  # the last state stays


@pytest.mark.slow
@pytest.mark.parametrize("sent", SIGNALS)
@pytest.mark.parametrize("variables", [{}, {"IMAGELAB_WORKERS": "1"}, {"IMAGELAB_WORKERS": "2"}], ids=str)
def test_an_interrupted_search_goes_on(
    variables: dict[str, str], sent: signal.Signals, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(folder, "search_grid", monkeypatch)
    started = start(folder, "search_grid", "cnn", **variables)
    kept = folder / TRAJECTORIES
    wait_until(lambda: any(kept.glob("[!.]*.json")), started)
    check(interrupt(started, sent), sent, started, folder)
    before = {path: path.stat().st_mtime_ns for path in kept.iterdir()}
    assert 1 <= len(before) < TRAJECTORIES_IN_ALL
    again = start(folder, "search_grid", "cnn", **variables)
    _, text = again.communicate()
    assert again.returncode == 0, text
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(list(kept.iterdir())) == TRAJECTORIES_IN_ALL
    np.testing.assert_allclose(share_trained(text), (len(before) / TRAJECTORIES_IN_ALL, 1), atol=0.01)


BUSY = """
import hashlib, sys
from imagelab.runtime import interruption
interruption._GRACE_SECONDS = 1
interruption.end_in_order()
print("ready", flush=True)
hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
"""


@pytest.mark.parametrize("sent", SIGNALS)
def test_an_operation_that_does_not_return_to_python_is_ended(sent: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BUSY],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_interrupts,
    ) as busy:
        assert busy.stdout is not None
        busy.stdout.readline()
        time.sleep(0.2)
        busy.send_signal(sent)
        _, text = busy.communicate(timeout=10)
    assert busy.returncode == 128 + sent
    assert text.startswith(f"interrupted by {sent.name}")
