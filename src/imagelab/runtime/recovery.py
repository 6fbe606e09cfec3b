"""What DVC leaves behind when it is killed while it writes a file of its own, and then refuses to start with.

It empties ``dvc.lock`` and ``.dvc/tmp/rwlock`` and writes them anew, the first within half a second after each stage.
And it takes any process with the number of a dead one for itself, which is no rare thing in containers.
"""

import json
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
    """Remove a lock that no DVC process holds, and take a half-written ``dvc.lock`` back to the last commit's.

    What ran since that commit comes back from DVC's run-cache at the next ``dvc repro``.

    Args:
        root: the repository.

    Returns:
        What was done, a line each.

    Raises:
        InputError: if DVC is at work.
    """
    locks = root / ".dvc" / "tmp"
    if not locks.exists():
        return []
    try:
        with Lock(str(locks / "lock")), Lock(str(locks / "rwlock.lock")):
            return [*_release(locks / "rwlock"), *_restore(root / "dvc.lock")]
    except LockError:
        expected, received = "no DVC process at work", "one that is"
        raise InputError("recovery", where=locks, expected=expected, received=received) from None


def _release(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8") if path.exists() else "{}"
    holders = {int(number) for number in re.findall(r'"pid": (\d+)', text)}
    if _is_json(text) and (not holders or any(map(_is_dvc_alive, holders))):
        return []
    path.unlink()
    return [f"{path}: removed; the DVC process that held it is gone"]


def _restore(path: Path) -> list[str]:
    if not path.exists() or _is_whole(path):
        return []
    path.unlink()
    # fails where it was never committed; DVC then writes a new one
    subprocess.run(["git", "checkout", "--quiet", "HEAD", "--", path.name], cwd=path.parent, stderr=subprocess.DEVNULL)
    return [f"{path}: was half-written; " + ("as in the last commit again" if path.exists() else "removed")]


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
