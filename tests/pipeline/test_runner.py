"""Two stages at a time: pipelines of shell commands, in processes of their own."""

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from imagelab.pipeline import runner
from imagelab.runtime import cores
from tests.conftest import REPOSITORY
from tests.pipeline.killing import hear_interrupts, wait_for_end

# The last two arguments make it known as a process that starts stages.
RUN = """
import sys
from pathlib import Path
from imagelab.pipeline import runner
if __name__ == "__main__":
    sys.exit(runner.run(Path(), jobs=int(sys.argv[2])))
"""
WAIT = "(for i in $(seq 500); do [ -e {0} ] && break; sleep 0.02; done; [ -e {0} ])"  # for a file, ten seconds at most
SHORT = f"""
stages:
  check:
    cmd: "true"
    deps: [code]
  count:
    foreach: {{a: "${{count_a}}", b: "${{count_b}}"}}
    do:
      cmd: touch begun_${{key}} && {WAIT.format("begun_a")} && {WAIT.format("begun_b")} && echo ${{item}} > ${{key}}
      params: ["count_${{key}}", rates]
      deps: [code]
      outs: ["${{key}}"]
  add:
    cmd: cat a b > sum; mkdir -p pieces; cp a pieces/x; cp b pieces/y
    deps: [a, b, given.csv]
    outs: [pieces]
    metrics: [sum: {{cache: false}}]
  look:
    cmd: echo '{{}}' > look.json
    deps: [pieces]
    plots: [look.json: {{cache: false}}]
"""
PARAMS = "count_a: 1\ncount_b: 2\nrates: [1e-3, 2.50]\n"


class Ended(NamedTuple):
    returncode: int
    lines: list[str]  # on standard output
    errors: list[str]  # on standard error


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(REPOSITORY / "src"), "GIT_CONFIG_GLOBAL": os.devnull}


def call(root: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=root, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def make(root: Path, pipeline: str) -> Path:
    """A new repository with a pipeline and what it needs."""
    root.mkdir()
    call(root, "git", "init", "--quiet")
    call(root, sys.executable, "-m", "dvc", "init", "--quiet")
    (root / "params.yaml").write_text(PARAMS)
    (root / "code").mkdir()
    (root / "code" / "count.txt").write_text("code")
    (root / "given.csv").write_text("given")
    call(root, sys.executable, "-m", "dvc", "add", "--quiet", "given.csv")
    (root / "dvc.yaml").write_text(pipeline)
    return root


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("template") / "repository", SHORT)


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "repository", symlinks=True))


def start(
    root: Path, *, jobs: int = 2, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE
) -> "subprocess.Popen[str]":
    """Start the runner as a process group of its own, as a terminal does."""
    script = root.parent / "imagelab"
    script.write_text(RUN)
    return subprocess.Popen(
        [sys.executable, str(script), "run", str(jobs)],
        cwd=root,
        env=environment(),
        stdout=stdout,
        stderr=stderr,
        text=True,
        start_new_session=True,
        preexec_fn=hear_interrupts,
    )


def finish(started: "subprocess.Popen[str]") -> Ended:
    lines, errors = started.communicate(timeout=60)
    return Ended(started.returncode, lines.splitlines(), errors.splitlines())


def run(root: Path, *, jobs: int = 2) -> Ended:
    return finish(start(root, jobs=jobs))


def stages_of(ended: Ended) -> list[str]:
    """The stages that were started, in order."""
    return [line.split("'")[1] for line in ended.lines if line.startswith("Running stage ")]


def wait_for(*paths: Path) -> None:
    end = time.monotonic() + 20
    while not all(path.exists() for path in paths):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_by_default_two_stages_run_at_a_time_and_one_on_a_single_core(monkeypatch: pytest.MonkeyPatch) -> None:
    for available, jobs in ((1, 1), (2, 2), (3, 2), (64, 2)):
        monkeypatch.setattr(cores, "available", lambda found=available: found)
        assert runner.default_jobs() == jobs


def test_two_stages_run_at_the_same_time_and_their_outputs_are_saved(root: Path) -> None:
    ended = run(root)  # each of the two waits until the other has begun
    assert ended.returncode == 0, ended
    assert stages_of(ended) == ["check", "count@a", "count@b", "add", "look"]
    assert (root / "sum").read_text() == "1\n2\n"
    assert call(root, sys.executable, "-m", "dvc", "status").strip() == "Data and pipelines are up to date."


def test_where_nothing_has_changed_nothing_runs(root: Path) -> None:
    run(root)
    before = (root / "dvc.lock").stat()
    ended = run(root)
    assert ended.returncode == 0
    assert stages_of(ended) == []
    assert (root / "dvc.lock").stat().st_mtime_ns == before.st_mtime_ns


def test_a_changed_setting_runs_what_depends_on_it(root: Path) -> None:
    run(root)
    (root / "params.yaml").write_text(PARAMS.replace("count_b: 2", "count_b: 3"))
    assert stages_of(run(root)) == ["count@b", "add", "look"]
    assert (root / "sum").read_text() == "1\n3\n"


def test_what_ran_before_is_restored_from_the_run_cache(root: Path) -> None:
    run(root)
    for count in ("3", "2"):
        (root / "params.yaml").write_text(PARAMS.replace("count_b: 2", f"count_b: {count}"))
        ended = run(root)
    for stage in ("count@b", "add", "look"):
        assert f"Stage '{stage}' is cached - skipping run, checking out outputs" in ended.lines
    assert stages_of(ended) == []
    assert (root / "sum").read_text() == "1\n2\n"


def test_dvc_lock_has_the_bytes_that_dvc_repro_writes(root: Path) -> None:
    pipeline = SHORT.replace(WAIT.format("begun_a"), "true").replace(WAIT.format("begun_b"), "true")
    (root / "dvc.yaml").write_text(pipeline)
    other = Path(shutil.copytree(root, root.parent / "other", symlinks=True))
    new = "  new:\n    cmd: touch new\n    outs: [new]\n"
    changes: list[dict[str, str]] = [  # contents of files
        {},
        {"params.yaml": PARAMS.replace("2.50", "1e-05, 'on', {a: [null]}"), "look.json": "changed"},
        {"dvc.yaml": pipeline.replace("  add:", f"{new}  add:"), "code/more.txt": "more", "params.yaml": PARAMS},
    ]
    for change in changes:
        for folder in (root, other):
            for name, content in change.items():
                (folder / name).write_text(content)
        assert run(root).returncode == 0
        call(other, sys.executable, "-m", "dvc", "repro")
        assert (root / "dvc.lock").read_bytes() == (other / "dvc.lock").read_bytes()
    assert (root / "dvc.lock").read_text().count("md5:") > 10


def test_one_stage_at_a_time_is_dvc_repro(root: Path) -> None:
    (root / "dvc.yaml").write_text(SHORT.replace("&& " + WAIT.format("begun_b"), ""))
    ended = run(root, jobs=1)
    assert ended.returncode == 0
    assert [line.split("'")[1] for line in ended.lines if line.startswith("Running stage ")] == [
        "check",
        "count@a",
        "count@b",
        "add",
        "look",
    ]
    assert "Use `dvc push` to send your updates to remote storage." in ended.lines


FAILING = f"""
stages:
  breaks:
    cmd: {WAIT.format("begun")}; echo some result; echo 'error in a setting' >&2; exit 3
    deps: [given.csv]
    outs: [broken]
  goes_on:
    cmd: touch begun; sleep 1; echo done > good
    deps: [given.csv]
    outs: [good]
  waits:
    cmd: touch later
    deps: [good]
    outs: [later]
"""


def test_when_a_stage_fails_nothing_is_started_and_what_runs_is_finished_and_saved(root: Path) -> None:
    (root / "dvc.yaml").write_text(FAILING)
    ended = run(root)
    assert ended.returncode == 255
    assert sorted(stages_of(ended)) == ["breaks", "goes_on"]
    assert ended.lines[-1].startswith("Stage 'goes_on' ended after 1.")
    assert ended.errors[:-1] == ["The last lines of 'breaks':", "  some result", "  error in a setting"]
    assert ended.errors[-1].startswith("ERROR: failed to reproduce 'breaks': failed to run: ")
    assert ended.errors[-1].endswith("exited with 3")
    (root / "dvc.yaml").write_text(FAILING.replace("exit 3", "touch broken"))
    assert stages_of(run(root)) == ["breaks", "waits"]


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        ("cmd: 'true'\n    outs: [nothing]", "failed to reproduce 'one': output 'nothing' does not exist"),
        ("cmd: 'true'\n    deps: [nothing]", "failed to reproduce 'one': dependency 'nothing' does not exist"),
        ("cmd: 'true'\n    out: [nothing]", "'./dvc.yaml' validation failed."),
    ],
)
def test_what_dvc_refuses_is_told_in_its_words(pipeline: str, message: str, root: Path) -> None:
    (root / "dvc.yaml").write_text(f"stages:\n  one:\n    {pipeline}\n")
    ended = run(root)
    assert ended.returncode == 255
    assert any(line.removeprefix("ERROR: ").startswith(message) for line in ended.errors), ended


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("code", "echo edited > code/count.txt"),
        ("given.csv", "echo edited > given.csv"),
        ("params.yaml", "sed -i s/2.50/9/ params.yaml"),
    ],
)
def test_what_a_stage_depends_on_must_not_change_while_it_runs(name: str, edit: str, root: Path) -> None:
    """DVC would record the new code, data or settings as those which made the result."""
    stage = f"{{cmd: '{edit}; echo done > made', deps: [code, given.csv], params: [rates], outs: [made]}}"
    (root / "dvc.yaml").write_text(f"stages: {{one: {stage}}}\n")
    ended = run(root)
    assert ended.returncode == 255
    told = f"one: stage: expected dependencies that stay as they are while it runs (run again), received other {name}"
    assert ended.errors[-1] == f"ERROR: failed to reproduce 'one': {told}"
    assert not (root / "dvc.lock").exists()
    assert stages_of(run(root)) == ["one"]  # the edit is the same now, so nothing changes


def test_two_failures_are_both_told(root: Path) -> None:
    (root / "dvc.yaml").write_text(FAILING.replace("echo done > good", "echo 'error of the disk'; exit 4"))
    text = "\n".join(run(root).errors)
    assert text.count("failed to reproduce") == 2
    assert text.index("error in a setting") < text.index("error of the disk") < text.index("exited with")
    assert "exited with 3" in text
    assert "exited with 4" in text


WRITING = """
stages:
  fast:
    cmd: for i in 1 2 3 4 5 6 7 8 9; do printf 'one '; sleep 0.02; printf 'line\\n'; done; printf '1%%\\r2%%\\r3%%\\n'
  slow:
    cmd: for i in 1 2 3 4 5 6 7 8 9; do printf 'two ' >&2; sleep 0.03; printf 'line\\n' >&2; done; printf 'no end'
"""


def test_lines_of_stages_come_whole_with_the_name_in_front(root: Path) -> None:
    (root / "dvc.yaml").write_text(WRITING)
    ended = run(root)
    assert [line for line in ended.lines if line.startswith("fast:")] == ["fast: one line"] * 9 + ["fast: 3%"]
    assert [line for line in ended.lines if line.startswith("slow:")] == ["slow: two line"] * 9 + ["slow: no end"]
    assert sum("line" in line or "%" in line for line in ended.lines) == 19
    assert ended.lines[:2] == ["Running stage 'fast'", "Running stage 'slow'"]
    assert ended.errors == []


BARS = r"""
stages:
  bar:
    cmd: printf '%s' "bar 10% $TQDM_MININTERVAL"; sleep 1.5; printf '\rbar 100%%\n'; touch out
    deps: [code]
    outs: [out]
"""


def test_a_terminal_shows_what_runs_below_the_lines(root: Path) -> None:
    (root / "dvc.yaml").write_text(BARS)
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (30, 100))
    started = start(root, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # how Linux tells that the other end is closed
        while piece := os.read(ours, 10_000):
            shown += piece
    os.close(ours)
    assert started.wait(10) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert re.search(r"bar  0 s  bar 10% 0.5\s", text)
    assert "bar  1 s  bar 10% 0.5" in text
    assert "0 of 1 stages are up to date" in text
    assert "bar: bar 100%" in text
    assert "Collecting files" not in text  # DVC's own bars


STAGE = """
import sys, time
from pathlib import Path
from imagelab.runtime import interruption
interruption.end_in_order()
Path(sys.argv[1]).touch()
try:
    time.sleep(60)
except KeyboardInterrupt:
    interruption.end_if_interrupted()
"""
ENDLESS = """
stages:
  a: {cmd: python endless.py begun_a, outs: [out_a]}
  b: {cmd: python endless.py begun_b, outs: [out_b]}
  c: {cmd: touch begun_c out_c, outs: [out_c]}
"""


def start_endless(root: Path) -> "subprocess.Popen[str]":
    (root / "dvc.yaml").write_text(ENDLESS)
    (root / "endless.py").write_text(STAGE)
    started = start(root)
    wait_for(root / "begun_a", root / "begun_b")
    return started


@pytest.mark.parametrize("whole_group", [True, False], ids=["group", "runner"])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_its_stages_in_order(sent: signal.Signals, whole_group: bool, root: Path) -> None:
    (root / "out_c").write_text("of an earlier run")
    started = start_endless(root)
    (os.killpg if whole_group else os.kill)(started.pid, sent)
    ended = finish(started)
    assert ended.returncode == 128 + sent
    assert stages_of(ended) == ["a", "b"]
    assert ended.errors == [f"{sent.name}: ending what runs"]
    told = f"interrupted by {sent.name}: run the same command again to continue from what is finished"
    assert sorted(line for line in ended.lines if "interrupted by" in line) == [f"a: {told}", f"b: {told}"]
    assert sum("was interrupted after" in line for line in ended.lines) == 2
    wait_for_end(started.pid, seconds=1)
    assert not (root / "begun_c").exists()
    assert (root / "out_c").read_text() == "of an earlier run"
    (root / "endless.py").write_text("import sys; open(sys.argv[1].replace('begun', 'out'), 'w')")
    assert stages_of(run(root)) == ["a", "b", "c"]


def test_a_killed_run_leaves_no_stage_and_the_next_one_works(root: Path) -> None:
    started = start_endless(root)
    started.kill()
    finish(started)
    wait_for_end(started.pid, seconds=5)
    (root / "endless.py").write_text("import sys; open(sys.argv[1].replace('begun', 'out'), 'w')")
    assert stages_of(run(root)) == ["a", "b", "c"]


def test_beside_a_run_no_other_one_starts(root: Path) -> None:
    started = start_endless(root)
    repro = [sys.executable, "-m", "dvc", "repro"]
    others = [
        start(root),
        subprocess.Popen(repro, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True),
    ]
    for other in map(finish, others):
        assert other.returncode == 255
        assert len(other.errors) == 1
        assert "Unable to acquire lock" in other.errors[0]
    started.kill()
    finish(started)
    wait_for_end(started.pid, seconds=5)


def test_beside_dvc_repro_no_run_starts(root: Path) -> None:
    (root / "dvc.yaml").write_text(ENDLESS)
    (root / "endless.py").write_text(STAGE)
    command = [sys.executable, "-m", "dvc", "repro"]
    with subprocess.Popen(command, cwd=root, env=environment(), stdout=subprocess.DEVNULL) as repro:
        try:
            wait_for(root / "begun_a")
            script = root.parent / "imagelab"
            script.write_text(RUN)
            other = subprocess.run(
                [sys.executable, str(script), "run", "2"], cwd=root, env=environment(), capture_output=True, text=True
            )
        finally:
            repro.kill()
    assert other.returncode == 1
    assert "expected no running DVC process, received one that runs" in other.stderr
    assert not (root / "begun_b").exists()


def test_a_half_written_dvc_lock_is_restored_first(root: Path) -> None:
    run(root)
    call(root, "git", "add", ".")
    call(root, "git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", "Lock")
    text = (root / "dvc.lock").read_text()
    (root / "dvc.lock").write_text(text[:40])
    ended = run(root)
    assert ended.errors == ["dvc.lock: was half-written; restored from the last commit"]
    assert stages_of(ended) == []
    assert (root / "dvc.lock").read_text() == text
