"""Every number and claim of the report with ours beside it, and a verdict."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from imagelab.datasets import data_names, source_names
from imagelab.reproduction import full_size, ours, published, rules
from imagelab.reproduction.answers import NO, NOT_MEASURED, YES
from imagelab.reproduction.facts import Fact, all_facts
from imagelab.reproduction.orderings import NOT_RUN, Accuracies, Decided
from imagelab.reproduction.ours import Ours
from imagelab.reproduction.rules import (
    CANNOT_TELL,
    DIFFERS,
    NOT_THESE_PICTURES,
    NOT_THIS_SIZE,
    REPRODUCED,
    Verdict,
)
from imagelab.reproduction.same_pictures import are_the_reports
from imagelab.runtime.errors import InputError
from imagelab.settings import params
from imagelab.settings.data import Fetch
from imagelab.settings.params import Params
from imagelab.storage import reading, writing

METRICS, TABLE = Path("metrics/reproduction.json"), Path("plots/reproduction.csv")

_OF_CLAIMS: dict[str, Verdict] = {YES: REPRODUCED, NO: DIFFERS}


class Entry(NamedTuple):
    """A number or a claim of the report, ours, and the verdict."""

    id: str
    section: str  # of the report, with table or figure
    published: float | int | str  # a claim's sentence
    ours: float | int | str | None  # None if it was not run, or its training failed
    difference: float | int | None  # ours minus published
    split: str  # on which both were measured
    verdict: Verdict
    uncertain: bool  # the report prints its settings so that they may be misread
    data: str | None  # name of our data; None where no data are involved


class _Standing(NamedTuple):
    """How a number of ours stands to the report's: what decides whether the two can be compared."""

    is_full: bool  # the settings that decide it are those of the report's profile
    is_same: bool  # measured on the report's pictures, or on none
    data: str | None  # name of our data


def compare(
    root: Path, *, outputs: Collection[Path] | None = None, elsewhere: Mapping[Path, Path] | None = None
) -> list[Entry]:
    """Give every number and claim of the report a verdict from a run of the pipeline.

    Args:
        root: of the run: with ``params.yaml``, ``params/paper.yaml`` and what the stages wrote. The raw data and the
            prepared leaves must be there.
        outputs: that count, as for ``ours.read``. Others count as not run.
        elsewhere: further metrics and plots that count, as for ``ours.read``.

    Raises:
        InputError: if a file is missing or damaged.
    """
    settings, paper = params.load(root / "params.yaml"), params.load(root / "params/paper.yaml")
    raw = root / "data" / "raw"
    sources = {name: getattr(settings.fetch, name) for name in Fetch.model_fields}
    names = source_names.of_run(settings.fetch, raw)
    same = [name for name, source in sources.items() if are_the_reports(name, source, raw / name)]
    return entries(ours.read(root, outputs=outputs, elsewhere=elsewhere or {}), settings, paper, names=names, same=same)


def write(made: Sequence[Entry], root: Path) -> None:
    """Write the entries as metrics and as a table, into ``metrics/`` and ``plots/`` of a folder."""
    writing.write_metrics(as_metrics(made), root / METRICS)
    writing.write_table(as_table(made), root / TABLE, data=None)


def read(root: Path) -> list[Entry]:
    """Read what ``write`` has written into a folder; numbers have the digits of metrics.

    Raises:
        InputError: if the file is missing or damaged.
    """
    path = root / METRICS
    found = reading.read_json(path, keys=["entries"])["entries"]
    try:
        return [Entry(**{"id": name, "uncertain": False, **content}) for name, content in found.items()]
    except (AttributeError, TypeError):
        expected = f"entries with {', '.join(Entry._fields)}"
        raise InputError("verdicts", where=path, expected=expected, received="something else") from None


def run_only(other: Sequence[Entry], own: Sequence[Entry]) -> list[Entry]:
    """Return the entries that another run has at the report's size, and the own run has not."""
    missing = {entry.id for entry in own if entry.verdict == NOT_THIS_SIZE}
    return [entry for entry in other if entry.id in missing and entry.verdict != NOT_THIS_SIZE]


def replaced(own: Sequence[Entry], new: Iterable[Entry]) -> list[Entry]:
    """Return the entries of a run, some of them replaced by those of other runs."""
    found = {entry.id: entry for entry in new}
    return [found.get(entry.id, entry) for entry in own]


def entries(
    measured: Ours, settings: Params, paper: Params, *, names: Mapping[str, str], same: Collection[str]
) -> list[Entry]:
    """Give every number and claim of the report a verdict.

    Args:
        measured: what was measured.
        settings: of our run.
        paper: the report's profile.
        names: of our data, by key of ``fetch``.
        same: the keys of ``fetch`` whose data have the report's pictures.
    """
    found = rules.load()

    def standing(path: str) -> _Standing:
        data = published.of_longest_beginning(found.decided_by, path).data
        is_full = not full_size.differing(path, settings, paper)
        if data == "clocks":
            is_full &= measured.clock_images == published.clock_images()
        return _Standing(is_full, data is None or data in same, names[data] if data else None)

    spread = _spread(published.runs("cnn").rename(columns={published.ACCURACY: "test_accuracy"}))
    largest = max(spread, _spread(measured.results["cnn"]))
    claims = measured.claims(Accuracies(measured.results, found.pictures["fashion_mnist"], largest))
    return [
        _of_claim(fact, claims[fact.path], standing(fact.path))
        if fact.kind == "claim"
        else _of_number(fact, measured.number(fact), standing(fact.path), spread, largest)
        for fact in all_facts()
    ]


def counts(made: Sequence[Entry]) -> dict[str, int]:
    """Count the entries by verdict; verdicts that no entry has are counted too, as 0."""
    found = [entry.verdict for entry in made]
    return {verdict.replace(" ", "_"): found.count(verdict) for verdict in rules.VERDICTS}


def as_metrics(made: Sequence[Entry]) -> dict[str, Any]:
    """Return ``counts`` and the entries by their ids.

    DVC leaves lists out of ``dvc metrics show`` and ``dvc metrics diff`` without a word. Of a map it compares every
    value, so a verdict that changes is a line. ``uncertain`` is there where it is true.
    """
    return {
        "counts": counts(made),
        "entries": {
            entry.id: {
                name: value
                for name, value in entry._asdict().items()
                if name != "id" and not (name == "uncertain" and not value)
            }
            for entry in made
        },
    }


def as_table(made: Sequence[Entry]) -> pd.DataFrame:
    """Return one row an entry, with the columns of ``Entry``."""
    return pd.DataFrame(
        {name: pd.Series([getattr(entry, name) for entry in made], dtype=object) for name in Entry._fields}
    )  # of objects: whole numbers stay whole beside fractions and texts


def _spread(runs: pd.DataFrame) -> float:
    """Return the largest difference between two runs of one CNN, as ``rules.spread_of_repeats``."""
    found = rules.load()
    return rules.spread_of_repeats(runs, pictures=found.pictures["fashion_mnist"], slow=found.slow_optimizers)


def _of_number(fact: Fact, number: float | None, standing: _Standing, spread: float, largest: float) -> Entry:
    """Judge a number.

    Args:
        fact: what the report prints.
        number: ours.
        standing: whether ours can be judged.
        spread: of the report's repeated runs. Ours do not count: a bad repetition of our own would make more of our
            numbers ``reproduced``.
        largest: of the report's and of ours. It is what chance may do, so what differs by less is not ``better`` or
            ``worse``.
    """
    value = fact.published
    assert not isinstance(value, str)  # only a claim's is a sentence
    if not standing.is_full or number is None:
        verdict = NOT_THIS_SIZE
    elif not standing.is_same:
        verdict = NOT_THESE_PICTURES
    else:
        optimizer = fact.lookup.get("optimizer")
        allowed, by_chance = (
            rules.tolerance(fact.path, fact.kind, value, spread=known, optimizer=optimizer)
            for known in (spread, largest)
        )
        untrained = rules.without_looking(fact.path, fact.kind)
        verdict = rules.judge(fact.kind, value, number, allowed, by_chance=by_chance, untrained=untrained)
    shown = None if number is None or math.isnan(number) else number
    difference = None if shown is None else shown - value
    return _entry(fact, shown, difference, verdict, standing)


def _of_claim(fact: Fact, decided: Decided, standing: _Standing) -> Entry:
    # Claims about drawn leaves are "not measured" whatever was measured (generator_claims.py).
    drawn = standing.data == data_names.STAND_INS["leaves"]
    was_run = decided.answer != NOT_MEASURED or (drawn and decided != NOT_RUN)
    if not standing.is_full or not was_run:
        verdict = NOT_THIS_SIZE
    elif not standing.is_same:
        verdict = NOT_THESE_PICTURES
    else:
        verdict = _OF_CLAIMS.get(decided.answer, CANNOT_TELL)
    return _entry(fact, None if decided == NOT_RUN else decided.numbers, None, verdict, standing)


def _entry(
    fact: Fact, shown: float | str | None, difference: float | None, verdict: Verdict, standing: _Standing
) -> Entry:
    section = published.section(fact.path)
    return Entry(
        fact.id, section, fact.published, shown, difference, fact.split, verdict, fact.uncertain, standing.data
    )
