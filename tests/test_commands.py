"""The two ways to call the library, and DVC's way to the environment's Python."""

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

BIN = Path(sys.executable).parent
BARE = {"PATH": "/usr/bin:/bin"}  # of a shell, or an editor, that knows nothing of the environment


@pytest.mark.parametrize("command", [["imagelab"], ["python", "-m", "imagelab"]], ids=" ".join)
def test_the_library_is_a_command_that_knows_its_version(command: list[str], tmp_path: Path) -> None:
    called = [str(BIN / command[0]), *command[1:]]
    said = subprocess.run([*called, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said == f"imagelab {version('imagelab')}\n"
    asked = subprocess.run([*called, "--help"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert asked.startswith("usage: imagelab ")
    assert "read-clock" in asked


def test_what_the_environment_starts_finds_its_python(tmp_path: Path) -> None:
    """By the line that ``make env`` writes; once, however many Pythons start each other."""
    ask = "import os, subprocess, sys; print(sys.prefix, os.environ['PATH'], flush=True)"
    again = f"{ask}; subprocess.run(['python', '-c', sys.argv[1]], check=True)"
    command = [sys.executable, "-c", again, ask]
    done = subprocess.run(command, env=BARE, cwd=tmp_path, capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert first == second == f"{sys.prefix} {BIN}:{BARE['PATH']}"


@pytest.mark.slow
@pytest.mark.parametrize("command", [["dvc"], ["python", "-m", "dvc"]], ids=" ".join)
def test_dvc_runs_a_stage_without_an_activated_environment(command: list[str], tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("stages", "src"):
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=ignored)
    for name in ("dvc.yaml", "params.yaml", ".dvcignore"):
        shutil.copy(REPOSITORY / name, tmp_path)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    called = [str(BIN / command[0]), *command[1:], "repro", "check_params"]
    environment = BARE | {"HOME": str(tmp_path)}
    done = subprocess.run(called, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "check_params" in (tmp_path / "dvc.lock").read_text()


def test_a_python_without_the_packages_says_what_to_do(tmp_path: Path) -> None:
    """``-S`` leaves out all that is installed."""
    command = [sys.executable, "-S", "-m", "stages.check_params"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    expected = "that of the project (make env, then .venv/bin/dvc repro, or dvc repro after activation)"
    assert done.stderr == f"error: {sys.executable}: Python: expected {expected}, received one without psutil\n"


def test_a_package_that_is_missing_later_is_said_as_well(tmp_path: Path) -> None:
    (tmp_path / "pydantic.py").write_text("raise ModuleNotFoundError(\"No module named 'x'\", name='pydantic')")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(REPOSITORY)])}
    command = [sys.executable, "-m", "stages.check_params"]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.endswith(", received one without pydantic\n")
    assert len(done.stderr.splitlines()) == 1
