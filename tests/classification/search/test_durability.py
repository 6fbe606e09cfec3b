"""The search as a user meets it: the stage in a process of its own, killed; forty trainings in one process."""

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from imagelab.classification.data import SPLITS
from imagelab.classification.search import store, trajectory
from imagelab.classification.search.grid import Trajectory
from imagelab.classification.search.trajectory import Study
from imagelab.settings.classification import CnnNetwork
from imagelab.storage.splits import Split
from tests.classification.search.test_engines import wait_until
from tests.conftest import REPOSITORY, read_yaml, write_yaml


@pytest.fixture
def workspaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two folders with the settings and the prepared data of a search."""
    settings: dict[str, Any] = read_yaml(REPOSITORY / "params.yaml")
    settings["prepare"]["most_training_images"] = 200
    grid = settings["search"]["mlp"]["grid"][0]
    grid |= {"variant": ["one_hidden"], "learning_rate": [0.001, 0.002, 0.003], "epochs": [2, 60]}
    folders = [tmp_path / "killed", tmp_path / "undisturbed"]
    for folder in folders:
        folder.mkdir()
        write_yaml(settings, folder / "params.yaml")
        monkeypatch.chdir(folder)
        for stage in ("fetch", "prepare"):
            importlib.import_module(f"stages.{stage}").main("fashion_mnist")
    return folders


@pytest.mark.slow
def test_a_search_that_is_killed_goes_on_and_ends_with_the_same_table(
    workspaces: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    killed, undisturbed = workspaces
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "stages.search_grid", "mlp"]
    kept = killed / store.FOLDER
    with subprocess.Popen(command, cwd=killed, env=environment, stderr=subprocess.DEVNULL) as search:
        wait_until(lambda: kept.exists() and any(kept.glob("[!.]*.json")))
        search.kill()
    before = {path: path.stat().st_mtime_ns for path in kept.glob("[!.]*.json")}
    assert len(before) in (1, 2)  # of three
    assert not (killed / "data" / "search").exists()
    subprocess.run(command, cwd=killed, env=environment, check=True, capture_output=True)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(list(kept.iterdir())) == 3
    monkeypatch.chdir(undisturbed)
    importlib.import_module("stages.search_grid").main("mlp")
    tables = [(folder / "data" / "search" / "mlp.csv").read_bytes() for folder in workspaces]
    assert tables[0] == tables[1]


@pytest.mark.slow
def test_forty_trainings_in_one_process_need_little_more_memory_than_three() -> None:
    """At the report's widths, where a forgotten network of 1.4 million parameters would show."""
    random = np.random.default_rng(0)
    splits = {
        name: Split(random.integers(0, 256, (256, 28, 28, 1), np.uint8), random.integers(0, 10, 256, np.uint8))
        for name in SPLITS
    }
    network = CnnNetwork(filters=(64, 128, 256), dense=(128, 64), dropout=0.5, batch_normalization=False)
    resident = []
    for number in range(40):
        asked = Trajectory(network, "adamax", 0.001 + number / 1e6, 64, (1,))
        assert trajectory.train(Study(splits, 10, 1, "float32", 1), asked, lambda _: None).failure is None
        resident.append(psutil.Process().memory_info().rss)
    print([round(size / 2**20) for size in resident])
    assert resident[-1] <= 1.3 * resident[2]
