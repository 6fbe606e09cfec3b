"""Where the page lies, and the committed evidence that it shows beside the run."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from imagelab.report.results import Folder, Results
from imagelab.reproduction.evidence_folder import FURTHER, RUN, SETTINGS
from imagelab.runtime.errors import InputError
from imagelab.storage import reading

PAGE = Path("report/index.html")
"""The page of a run."""

PAPER = Path("results/paper")
"""The evidence of one run of everything at the report's size, or of a part of it: ``imagelab evidence``."""

COMMITTED_PAGE = PAPER / "index.html"
"""The page of the committed evidence alone: ``imagelab report --committed``."""


_OF_ONE_RUN = ("mixed bfloat16", "one seed")
_OF_PAPER = (
    Folder(PAPER, ("clocks rendered by the project", *_OF_ONE_RUN), ("*/clock/*", "plots/data/clock*")),
    Folder(PAPER, ("CIFAR-10 after JPEG compression", *_OF_ONE_RUN), ("metrics/transfer.json", "plots/transfer/*")),
    Folder(PAPER, ("24 of the report's 34 classes of leaves", *_OF_ONE_RUN), ("*/generator/*", "plots/data/leaves*")),
    Folder(PAPER, _OF_ONE_RUN),
)
"""The run of everything, with what has to be said about its pictures."""

PARTS = (
    *(
        Folder(Path("results/best_classifiers") / name, ("all images", *after), ("*/best_classifier/*",))
        for name, after in (("fashion_mnist", ()), ("cifar10", ("after JPEG compression",)))
    ),
    Folder(Path("results/clock_reader"), ("clocks rendered by the project", *_OF_ONE_RUN), ("*/clock/*",)),
)
"""Parts at the report's size, or near it. What a whole run has goes before them."""

_BETTER_LEAVES = Folder(Path("results/leaves_best"), ("params/best.yaml on 24 classes of leaves", *_OF_ONE_RUN))


def at_the_reports_size(root: Path) -> Results:
    """Return the committed evidence: of one run of everything if it is there, and of parts for what it lacks."""
    folders = PARTS if whole_run(root) is None else (*_OF_PAPER, *PARTS)
    return Results([replace(folder, root=root) for folder in folders], complete=False)


def whole_run(root: Path) -> Folder | None:
    """Return the folder with the evidence of one run of everything, finished or not; None until it is committed."""
    folder = Folder(PAPER, root=root)
    return folder if folder.has(SETTINGS) else None


def better_leaves(root: Path) -> Results:
    """Return the committed evidence of generators that are better than the report's."""
    return Results([replace(_BETTER_LEAVES, root=root)], complete=False)


def not_run(folder: Folder) -> list[str]:
    """Return the stages without results in a folder of evidence; none of a finished run.

    Raises:
        InputError: if the record of the evidence is damaged.
    """
    if not (folder.place / RUN).is_file():
        return []
    missing: list[str] = reading.read_json(folder.place / RUN, keys=["missing"])["missing"]
    return missing


def further(folder: Folder) -> list[tuple[str, list[str]]]:
    """Return the folders of further runs, and the names of the numbers and claims that come from each.

    Raises:
        InputError: if the record of the evidence is damaged.
    """
    if not (folder.place / RUN).is_file():
        return []
    found = reading.read_json(folder.place / RUN).get(FURTHER, {})  # not there without verdicts
    if not isinstance(found, dict):
        expected, received = f"'{FURTHER}' with names of folders", type(found).__name__
        raise InputError("evidence", where=folder.place / RUN, expected=expected, received=received)
    return [(f"{FURTHER}/{name}", ids) for name, ids in found.items() if ids]


def collected_on(folder: Folder) -> dict[str, Any] | None:
    """Return the description of the machine on which evidence was collected; None of a run in this repository.

    Raises:
        InputError: if the record of the evidence is damaged.
    """
    if not (folder.place / RUN).is_file():
        return None
    described: dict[str, Any] = reading.read_json(folder.place / RUN, keys=["collected_on"])["collected_on"]
    return described
