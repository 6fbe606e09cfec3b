"""The commit that a measurement belongs to."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from imagelab.runtime.errors import InputError


class Commit(NamedTuple):
    """The code that was measured."""

    commit: str
    date: str  # of the commit, ISO 8601
    clean: bool  # whether all files are the commit's, except for results


def read_commit(repository: Path, *, results: Sequence[str]) -> Commit:
    """Ask Git which commit a folder is at.

    Args:
        repository: the folder.
        results: files and folders in it whose changes are no change of the measured code.

    Raises:
        InputError: if it is no repository with a commit, or Git is not installed.
    """

    def git(*arguments: str) -> str:
        command = ["git", *arguments]
        return subprocess.run(command, cwd=repository, check=True, capture_output=True, text=True).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--", ".", *(f":!{name}" for name in results))
        return Commit(git("rev-parse", "HEAD"), git("show", "--no-patch", "--format=%cI", "HEAD"), changed == "")
    except (OSError, subprocess.CalledProcessError) as error:
        said = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else error
        expected = "a Git repository with a commit, to say what was measured"
        raise InputError("commit", where=repository, expected=expected, received=said) from None
