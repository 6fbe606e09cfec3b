"""A folder with what the page is rendered from, for tests."""

import shutil
from pathlib import Path
from typing import Any

from imagelab.datasets import data_record
from imagelab.report import evidence
from imagelab.storage import reading
from tests.conftest import REPOSITORY

MOST_BYTES = 3_000_000  # of a page
SHOWN = ("metrics", "plots", "params", "params.yaml", "dvc.yaml", "results")


def lay_out(folder: Path) -> Path:
    """Link to all that the page shows."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SHOWN:
        (folder / name).symlink_to(REPOSITORY / name)
    return folder


def own(folder: Path, name: str) -> Path:
    """Replace a link by a copy, which a test can spoil."""
    (folder / name).unlink()
    source = REPOSITORY / name
    return Path(shutil.copytree(source, folder / name) if source.is_dir() else shutil.copy(source, folder / name))


def add_whole_run(folder: Path) -> Path:
    """Return the folder with the evidence of a whole run.

    Until it is committed, it is made of the default run's results and of the pictures of larger parts.
    """
    paper = own(folder, "results") / "paper"
    whole = evidence.whole_run(folder)
    if whole is not None and not evidence.not_run(whole):
        return paper
    (paper / "run.json").unlink(missing_ok=True)  # it would say what is missing
    for name in ("metrics", "plots"):
        shutil.copytree(REPOSITORY / name, paper / name, dirs_exist_ok=True)
    for part in evidence.PARTS:
        for path in (REPOSITORY / part.path).rglob("*.png"):
            if (paper / (name := path.relative_to(REPOSITORY / part.path))).exists():
                shutil.copy(path, paper / name)
    shutil.copy(REPOSITORY / "params" / "paper.yaml", paper / "params.yaml")
    return paper


def data() -> dict[str, Any]:
    """The record of the data of the committed run."""
    found: dict[str, Any] = reading.read_json(REPOSITORY / data_record.METRICS)[data_record.KEY]
    return found
