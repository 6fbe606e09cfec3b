"""dvc.lock as the runner writes it; test_runner.py compares it with that of ``dvc repro``."""

from pathlib import Path

from dvc.repo import Repo

from imagelab.pipeline.lock_file import LockFile
from tests.conftest import REPOSITORY

LOCK = "dvc.lock"


def test_a_stage_that_is_recorded_again_leaves_the_bytes_as_they_are(tmp_path: Path) -> None:
    before = (REPOSITORY / LOCK).read_bytes()
    (tmp_path / LOCK).write_bytes(before)
    lock_file = LockFile(tmp_path / LOCK, [])
    for stage in Repo(str(REPOSITORY)).index.stages[::10]:
        lock_file.record(stage)
        assert (tmp_path / LOCK).read_bytes() == before


def test_new_entries_follow_the_old_ones_in_the_order_of_the_plan(tmp_path: Path) -> None:
    stages = {stage.name: stage for stage in Repo(str(REPOSITORY)).index.stages}
    names = ["check_params", "count_parameters", "prepare@mnist", "train_gan", "fetch@mnist"]
    lock_file = LockFile(tmp_path / LOCK, names)
    lock_file.record(stages["train_gan"])
    lock_file = LockFile(tmp_path / LOCK, names)
    for name in ("fetch@mnist", "check_params", "prepare@mnist"):
        lock_file.record(stages[name])
    text = (tmp_path / LOCK).read_text()
    found = [line.strip(" :") for line in text.splitlines() if line.startswith("  ") and line[2] != " "]
    assert found == ["train_gan", "check_params", "prepare@mnist", "fetch@mnist"]
    assert text.startswith("schema: '2.0'\nstages:\n")
