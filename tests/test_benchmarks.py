import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import record
from imagelab.runtime.errors import InputError
from tests.conftest import REPOSITORY

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
    clean = record.read_commit(tmp_path)
    assert clean.commit == git("rev-parse", "HEAD")
    assert clean.date == git("show", "--no-patch", "--format=%cI", "HEAD")
    assert clean.clean
    (tmp_path / record.KEPT).mkdir(parents=True)
    (tmp_path / record.KEPT / "clocks.json").touch()  # an earlier measurement is no change of code
    assert record.read_commit(tmp_path) == clean
    (tmp_path / "code.py").write_text("x = 2\n")
    assert record.read_commit(tmp_path) == clean._replace(clean=False)


def test_what_was_measured_is_kept_with_machine_commit_and_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "benchmarks" / "leaves.json"
    monkeypatch.setattr(sys, "argv", ["/somewhere/benchmarks/leaves.py", "--out", str(out)])
    arguments = record.options("", rounds=5).parse_args()
    record.publish(
        {"ratio": 2.123456789, "rounds": [1.5, 2.5]},
        lambda report: f"ratio {report['ratio']:.1f}",
        arguments=arguments,
        measured_at=record.Commit("abc", "2026-01-02T03:04:05+00:00", clean=True),
        settings={"rounds": arguments.rounds},
        precision="float32",
        threads=2,
    )
    assert capsys.readouterr().out == "ratio 2.1\n"
    kept = json.loads(out.read_text())
    assert kept["benchmark"] == "leaves"
    assert str(tmp_path) not in out.read_text()
    assert kept["code"] == {"commit": "abc", "date": "2026-01-02T03:04:05+00:00", "clean": True}
    assert kept["measured"] == {"ratio": 2.123457, "rounds": [1.5, 2.5]}
    assert kept["settings"] == {"rounds": 5}
    assert kept["machine"]["threads"] == 2 and kept["machine"]["processor"]


def test_without_a_commit_nothing_is_measured_in_vain(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"commit: expected a Git repository with a commit"):
        record.read_commit(tmp_path)


@pytest.mark.parametrize("wrong", [("--out", "numbers.txt"), ("--rounds", "0")], ids=["no json", "no round"])
def test_an_option_without_sense_ends_before_anything_is_measured(wrong: tuple[str, str]) -> None:
    command = [sys.executable, "-m", "benchmarks.leaves", *wrong]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert f"received {wrong[1]}" in done.stderr.splitlines()[-1]
