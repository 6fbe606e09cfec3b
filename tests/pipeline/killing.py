"""A workspace whose stages are killed: what it held after an undisturbed run, and what after a kill and another run.

What counts as stray: any file of the workspace that is neither tracked by Git, nor declared as an output in dvc.yaml,
nor a trajectory that the search keeps, nor the last state of a training. So no half-written output, no second state of
a training, no empty file of a download. ``.git``, ``.dvc`` and compiled modules are left out; DVC's lock file may name
dead processes, which DVC itself removes where they are in its way.
"""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil

from tests.conftest import REPOSITORY, read_yaml, write_yaml

COPIED = (
    *(".dvc/config", ".dvcignore", ".gitignore", "data/.gitkeep", "dvc.yaml"),
    *("params", "results/paper", "src/imagelab", "stages"),
)

CHECKPOINTS, TRAJECTORIES = Path(".imagelab/checkpoints"), Path(".imagelab/trajectories")  # their modules import Keras
DURATIONS = Path(".imagelab/durations")

_BAR = re.compile(r"\|\s*([\d.]+)([kM]?)/([\d.]+)([kM]?) \[")  # how far a progress bar is
_SCALES = {"": 1.0, "k": 1e3, "M": 1e6}
_HISTORY = re.compile(r"history_\w+")
_RECORD = re.compile(r"[\w@]+-[0-9a-f]{16}\.json")  # of how long trainings took
_STATE = re.compile(r"\w+-[0-9a-f]{16}-[0-9a-f]{8}\.npz")  # of a training


class Output(NamedTuple):
    """What ``dvc repro`` wrote on the screen."""

    returncode: int
    text: str

    def ran(self, stage: str) -> bool:
        return f"Running stage '{stage}'" in self.text

    def trained(self) -> tuple[float, float]:
        """Shares of a training at which its progress bar began and ended; both 1 where there was nothing to train."""
        return share_trained(self.text)


class Workspace:
    """A repository of its own with Git and DVC, in which some stages have run undisturbed.

    Args:
        folder: where to make it.
        settings: of ``params.yaml``.
        targets: stages to run; all if there are none.
    """

    def __init__(self, folder: Path, settings: dict[str, Any], *targets: str) -> None:
        self.folder = folder
        for name in COPIED:
            source, copy = REPOSITORY / name, folder / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copyfile(source, copy)
        write_yaml(settings, folder / "params.yaml")
        (folder.parent / "tmp").mkdir()
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(folder / "src"),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "DVC_SITE_CACHE_DIR": str(folder.parent / "site"),  # where DVC remembers hashes
            "TMPDIR": str(folder.parent / "tmp"),
            "GIT_CONFIG_GLOBAL": os.devnull,
        }
        self.call("git", "init", "--quiet")
        self.commit("Code")
        self.seconds = self._run_undisturbed(*targets)
        self.commit("Lock")
        self.lock = self.read_lock()
        self.outputs = self._declared_outputs()
        self.digests = self.digest()

    def call(self, *command: str) -> str:
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def commit(self, message: str) -> None:
        self.call("git", "add", ".")
        self.call("git", "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "-m", message)

    def start(self, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
        """Start ``dvc repro``."""
        return self._start("dvc", "repro", *arguments, **variables)

    def start_run(self) -> "subprocess.Popen[str]":
        """Start what ``make run`` starts, with two stages at a time."""
        return self._start("imagelab", "run", "--jobs", "2")

    def _start(self, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
        """Start a module as a process group of its own, as a terminal does."""
        return subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=self.folder,
            env=self.environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=hear_interrupts,
        )

    def start_stage(self, stage: str, **variables: str) -> "subprocess.Popen[str]":
        """Start ``dvc repro`` for one stage and return when DVC says that it runs."""
        started = self.start("--single-item", stage, **variables)
        assert started.stdout is not None
        lines = [""]
        while f"Running stage '{stage}'" not in lines[-1]:
            lines.append(started.stdout.readline())
            assert lines[-1], f"{stage} did not run: {''.join(lines)}"
        return started

    def repro(self, *targets: str, **variables: str) -> Output:
        started = self.start(*targets, **variables)
        text, _ = started.communicate()
        return Output(started.returncode, text)

    def recover(self) -> str:
        """What ``make run`` does too; returns what there was to mend."""
        return self.call(sys.executable, "-m", "imagelab", "recover")

    def forget(self, stage: str) -> None:
        """Remove a stage's outputs and what DVC, the trainings and the search keep of them: it has to run in full."""
        lock = self.folder / "dvc.lock"
        entry = re.compile(rf"^  {re.escape(stage)}:\n(    .*\n|  - .*\n)*", re.MULTILINE)
        shortened, count = entry.subn("", lock.read_text())
        assert count == 1
        lock.write_text(shortened)
        for path in (*self.outputs[stage], CHECKPOINTS, TRAJECTORIES, Path(".dvc/cache/runs")):
            if (self.folder / path).is_dir():
                shutil.rmtree(self.folder / path)
            else:
                (self.folder / path).unlink(missing_ok=True)

    def read_lock(self) -> Any:
        return read_yaml(self.folder / "dvc.lock")

    def digest(self) -> dict[str, str]:
        """SHA-256 of each file of all outputs."""
        paths = [self.folder / path for outputs in self.outputs.values() for path in outputs]
        files = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*")))]
        return {
            file.relative_to(self.folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in files
            if file.is_file()
        }

    def stray_files(self) -> list[str]:
        files = {
            path.relative_to(self.folder)
            for path in self.folder.rglob("*")
            if path.is_file() and not {".git", ".dvc", "__pycache__"} & set(path.relative_to(self.folder).parts)
        }
        tracked = {Path(name) for name in self.call("git", "ls-files").splitlines()}
        outputs = {path for paths in self.outputs.values() for path in paths}
        states = [file for file in files if file.parent == CHECKPOINTS and _STATE.fullmatch(file.name)]
        last_states = {file.name.partition("-")[0]: file for file in states}.values()  # one for each training
        return sorted(
            str(file)
            for file in files - tracked
            if not outputs & {file, *file.parents}
            and not (file.parent == TRAJECTORIES and re.fullmatch(r"[0-9a-f]{32}-[0-9a-f]{8}\.json", file.name))
            and not (file.parent == DURATIONS and _RECORD.fullmatch(file.name))
            and file not in last_states
        )

    def finished_epochs(self) -> int:
        """Epochs in the state that a training has left; 0 if there is none."""
        return count_epochs(self.folder / CHECKPOINTS)

    def finished_trajectories(self) -> int:
        return len(list((self.folder / TRAJECTORIES).glob("[!.]*.json")))

    def _run_undisturbed(self, *targets: str) -> dict[str, float]:
        """Run and return the seconds that each stage took, with DVC's share."""
        running = self.start(*targets)
        assert running.stdout is not None
        began: dict[str, float] = {}
        lines = []
        for line in running.stdout:
            lines.append(line)
            if found := re.match(r"Running stage '(.+)'", line):
                began[found[1]] = time.monotonic()
        running.communicate()
        assert running.returncode == 0, "".join(lines)
        ends = [*list(began.values())[1:], time.monotonic()]
        return {stage: end - start for (stage, start), end in zip(began.items(), ends, strict=True)}

    def _declared_outputs(self) -> dict[str, list[Path]]:
        return {
            name: [Path(out["path"]) for out in stage.get("outs", ())] for name, stage in self.lock["stages"].items()
        }


def share_trained(text: str) -> tuple[float, float]:
    """Shares of a training at which its progress bar began and ended; both 1 where there was none."""
    found = [
        float(done) * _SCALES[scale] / (float(total) * _SCALES[total_scale])
        for done, scale, total, total_scale in _BAR.findall(text)
    ]
    return (found[0], found[-1]) if found else (1.0, 1.0)


def count_epochs(folder: Path) -> int:
    """Finished epochs in the only state of a training in a folder; 0 if there is none."""
    paths = list(folder.glob("[!.]*.npz"))
    if not paths:
        return 0
    (path,) = paths
    with np.load(path) as state:
        return len(state[next(name for name in state.files if _HISTORY.fullmatch(name))])


def hear_interrupts() -> None:
    """For the child of a shell without job control, which lets its background jobs ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def kill_group(started: "subprocess.Popen[str]") -> None:
    """Kill DVC, the stage, and whatever they started."""
    os.killpg(started.pid, signal.SIGKILL)
    _bury(started)


def kill_stage(started: "subprocess.Popen[str]") -> None:
    """Kill the stage's own process; its workers have to end by themselves, and DVC tells of the failure."""
    while started.poll() is None and not (found := stage_processes(started)):
        time.sleep(0.01)  # between DVC's word and the start
    if started.poll() is None:
        found[0].kill()
    _bury(started)


def kill_dvc(started: "subprocess.Popen[str]") -> None:
    """Kill DVC; the stage has to end by itself."""
    started.kill()
    _bury(started)


def _bury(started: "subprocess.Popen[str]") -> None:
    started.wait(60)
    wait_for_end(started.pid)
    started.communicate()


def stage_processes(started: "subprocess.Popen[str]") -> list[psutil.Process]:
    """The stage's own process, if it has begun; neither the shell before it nor what it started."""
    try:
        below = psutil.Process(started.pid).children(recursive=True)
        return [process for process in below if any(part.startswith("stages.") for part in process.cmdline())]
    except psutil.NoSuchProcess:
        return []


def wait_for_end(group: int, *, seconds: float = 10) -> None:
    """Wait until no process of a group lives."""
    end = time.monotonic() + seconds
    while alive := members(group):
        assert time.monotonic() < end, f"still alive: {alive}"
        time.sleep(0.05)


def members(group: int) -> list[str]:
    """Command lines of a group's processes that have not ended."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (psutil.Error, OSError):
            continue
    return found
