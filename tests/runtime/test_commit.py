import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from imagelab.runtime.commit import read_commit
from imagelab.runtime.errors import InputError

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Git in a new repository with one commit."""

    def run(*arguments: str) -> str:
        command = ["git", "-c", "user.name=nobody", "-c", "user.email=nobody@example.org", *arguments]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    run("init", "--quiet")
    (tmp_path / "code.py").write_text("x = 1\n")
    run("add", "code.py")
    run("commit", "--quiet", "--message", "first", "--date", "2026-01-02T03:04:05+00:00")
    return run


def test_a_measurement_names_its_commit_and_whether_the_code_was_another(git: Git, tmp_path: Path) -> None:
    clean = read_commit(tmp_path, results=["results"])
    assert clean.commit == git("rev-parse", "HEAD")
    assert clean.date == git("show", "--no-patch", "--format=%cI", "HEAD")
    assert clean.clean
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "clocks.json").touch()  # an earlier measurement is no change of code
    assert read_commit(tmp_path, results=["results"]) == clean
    (tmp_path / "code.py").write_text("x = 2\n")
    assert read_commit(tmp_path, results=["results"]) == clean._replace(clean=False)


def test_without_a_commit_nothing_is_measured_in_vain(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"commit: expected a Git repository with a commit"):
        read_commit(tmp_path, results=[])
