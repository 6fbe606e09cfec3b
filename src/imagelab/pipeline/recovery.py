"""Repair the files that a killed DVC left half-written; DVC refuses to start with them.

DVC rewrites ``dvc.lock`` and ``.dvc/tmp/rwlock`` in place, the former within half a second after each stage: killed in
this time, it leaves them half-written. It also mistakes a reused process id for a running DVC, which is common in
containers.
"""

import json
import os
import re
import subprocess
from pathlib import Path

import psutil
from dvc.dvcfile import Lockfile
from dvc.exceptions import DvcException
from dvc.lock import Lock, LockError
from dvc.repo import Repo

from imagelab.runtime import processes
from imagelab.runtime.errors import InputError


def recover(root: Path) -> list[str]:
    """Remove a lock that no DVC process holds, and restore a half-written ``dvc.lock`` from the last commit.

    The next ``dvc repro`` restores from DVC's run-cache what ran since that commit.

    Args:
        root: the repository.

    Returns:
        What was done, one line per file.

    Raises:
        InputError: if DVC is running.
    """
    locks = root / ".dvc" / "tmp"
    if not locks.exists():
        return []
    try:
        with Lock(str(locks / "lock")), Lock(str(locks / "rwlock.lock")):
            return [*release(root), *restore(root)]
    except LockError:
        raise _running(locks) from None


def release(root: Path) -> list[str]:
    """Remove ``.dvc/tmp/rwlock``, DVC's list of files in use, if it is half-written or its holders are gone.

    Call it while ``.dvc/tmp/lock`` is held. Returns and raises as ``recover``.
    """
    path = root / ".dvc" / "tmp" / "rwlock"
    text = path.read_text(encoding="utf-8") if path.exists() else "{}"
    # A killed DVC may have had the number of this process, which holds nothing yet.
    holders = {int(number) for number in re.findall(r'"pid": (\d+)', text)}
    if any(map(_is_dvc_alive, holders - {os.getpid()})):
        raise _running(path)
    if _is_json(text) and not holders:
        return []
    path.unlink()
    return [f"{path}: removed; the DVC process that held it is gone"]


def restore(root: Path) -> list[str]:
    """Restore ``dvc.lock`` from the last commit if it is half-written; returns as ``recover``."""
    path = root / "dvc.lock"
    if not path.exists() or _is_whole(path):
        return []
    path.unlink()
    # Fails if the file was never committed; DVC then writes a new one.
    subprocess.run(["git", "checkout", "--quiet", "HEAD", "--", path.name], cwd=path.parent, stderr=subprocess.DEVNULL)
    return [f"{path}: was half-written; " + ("restored from the last commit" if path.exists() else "removed")]


def _running(where: Path) -> InputError:
    return InputError("recovery", where=where, expected="no running DVC process", received="one that runs")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _is_dvc_alive(number: int) -> bool:
    try:
        return processes.is_dvc(psutil.Process(number))
    except psutil.NoSuchProcess:
        return False


def _is_whole(path: Path) -> bool:
    try:
        Lockfile(Repo(str(path.parent)), str(path)).load()
    except DvcException:
        return False
    return True
