"""Files that DVC leaves half-written, and the command that mends them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dvc.lock import Lock

from imagelab.pipeline.recovery import recover
from imagelab.runtime import processes
from imagelab.runtime.errors import InputError

LOCK = """schema: '2.0'
stages:
  greet:
    cmd: echo hello > greeting
    outs:
    - path: greeting
      hash: md5
      md5: b1946ac92492d2347c6235b4d2611184
      size: 6
"""
PIPELINE = "stages:\n  greet:\n    cmd: echo hello > greeting\n    outs: [greeting]\n"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one stage that has run, and the lock of DVC committed."""
    repository, environment = tmp_path_factory.mktemp("template"), os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}
    (repository / "dvc.yaml").write_text(PIPELINE)
    author = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    for command in (
        ["git", "init", "--quiet"],
        [sys.executable, "-m", "dvc", "init", "--quiet"],
        [sys.executable, "-m", "dvc", "repro", "--quiet"],
        ["git", "add", "."],
        ["git", *author, "commit", "--quiet", "-m", "Lock"],
    ):
        subprocess.run(command, cwd=repository, env=environment, check=True)
    assert (repository / "dvc.lock").read_text() == LOCK
    return repository


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "repository"))


def starts(root: Path) -> bool:
    """Whether ``dvc repro`` does something else than refuse."""
    command = [sys.executable, "-m", "dvc", "repro"]
    return subprocess.run(command, cwd=root, capture_output=True).returncode == 0


def test_in_a_healthy_repository_there_is_nothing_to_mend(root: Path) -> None:
    before = {path: path.read_bytes() for path in (root / "dvc.lock", root / ".dvc" / "tmp" / "rwlock")}
    assert recover(root) == []
    assert {path: path.read_bytes() for path in before} == before


def test_outside_of_a_repository_there_is_nothing_to_mend(tmp_path: Path) -> None:
    assert recover(tmp_path) == []


def test_a_half_written_dvc_lock_is_as_in_the_last_commit_again(root: Path) -> None:
    (root / "dvc.lock").write_text(LOCK[:40])
    assert not starts(root)
    assert recover(root) == [f"{root / 'dvc.lock'}: was half-written; restored from the last commit"]
    assert (root / "dvc.lock").read_text() == LOCK
    assert starts(root)
    (root / "dvc.lock").write_text("")
    recover(root)
    assert (root / "dvc.lock").read_text() == LOCK


def test_a_half_written_dvc_lock_that_was_never_committed_is_removed(root: Path) -> None:
    subprocess.run(["git", "rm", "--quiet", "--cached", "dvc.lock"], cwd=root, check=True)
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", "No lock"], cwd=root, check=True
    )
    (root / "dvc.lock").write_text(LOCK[:40])
    assert recover(root) == [f"{root / 'dvc.lock'}: was half-written; removed"]
    assert not (root / "dvc.lock").exists()


def test_a_half_written_lock_file_is_removed(root: Path) -> None:
    held = root / ".dvc" / "tmp" / "rwlock"
    for half in ("", '{"write": {"/data": {"pid": 12, "cm', '{"wri'):
        held.write_text(half)
        assert recover(root) == [f"{held}: removed; the DVC process that held it is gone"]
        assert not held.exists()
    held.write_text(half)
    (root / "greeting").unlink()
    assert not starts(root)
    recover(root)
    assert starts(root)


@contextmanager
def running(*command: str) -> Iterator[int]:
    """The number of a process that runs inside this context; it has printed a line."""
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process.pid
        finally:
            process.kill()


def hold(root: Path, pid: int) -> Path:
    path = root / ".dvc" / "tmp" / "rwlock"
    holder = f'{{"pid": {pid}, "cmd": "dvc repro"}}'
    path.write_text(f'{{"write": {{"{root / "greeting"}": {holder}}}, "read": {{}}}}')
    return path


SLEEP = "import time\nprint(flush=True)\ntime.sleep(60)"


def test_a_lock_whose_number_another_program_has_now_is_removed(root: Path) -> None:
    with running("-c", SLEEP) as pid:
        held = hold(root, pid)
        (root / "greeting").unlink()
        assert not starts(root)
        assert recover(root) == [f"{held}: removed; the DVC process that held it is gone"]
        assert starts(root)


def test_an_editor_of_dvc_yaml_is_no_dvc(root: Path, tmp_path: Path) -> None:
    script = tmp_path / "vim"
    script.write_text(SLEEP)
    with running(str(script), "dvc.yaml") as pid:
        held = hold(root, pid)
        assert recover(root) == [f"{held}: removed; the DVC process that held it is gone"]


def test_a_lock_whose_number_this_process_has_now_is_removed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "is_dvc", lambda process: True)
    held = hold(root, os.getpid())
    assert recover(root) == [f"{held}: removed; the DVC process that held it is gone"]


@pytest.mark.parametrize("command", [("dvc", "repro"), ("imagelab", "run")], ids=" ".join)
def test_the_lock_of_a_dvc_process_that_lives_stays(command: tuple[str, str], root: Path, tmp_path: Path) -> None:
    script = tmp_path / command[0]
    script.write_text(SLEEP)
    with running(str(script), command[1]) as pid:
        held = hold(root, pid)
        text = held.read_text()
        with pytest.raises(InputError, match="expected no running DVC process"):
            recover(root)
        assert held.read_text() == text
    assert recover(root) != []


def test_while_dvc_writes_nothing_is_touched(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dvc.lock.DEFAULT_TIMEOUT", 0.1)  # seconds for which DVC waits for the other process
    (root / "dvc.lock").write_text(LOCK[:40])
    with Lock(str(root / ".dvc" / "tmp" / "lock")), pytest.raises(InputError, match="expected no running DVC process"):
        recover(root)
    assert (root / "dvc.lock").read_text() == LOCK[:40]
