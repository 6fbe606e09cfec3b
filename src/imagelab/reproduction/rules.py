"""The rules by which a number or a claim of the report gets its verdict: ``rules.yaml``, typed."""

import math
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from imagelab.reproduction import published
from imagelab.runtime import params_file
from imagelab.settings.classification import SETTINGS
from imagelab.settings.section import NonNegativeFloat, PositiveInt, Section, Text

# A claim has no entry in rules.yaml.
Kind = Literal["count", "accuracy", "slow_accuracy", "clock_share", "error", "loss", "claim"]
Tolerance = Literal["exact", "repeated_runs", "runs_of_the_optimizer", "tenth", "tenth_of_the_rarer"]
Verdict = Literal[
    "reproduced", "better", "worse", "differs", "cannot tell", "not run at this size", "not on these pictures"
]

REPRODUCED: Verdict = "reproduced"
BETTER: Verdict = "better"
WORSE: Verdict = "worse"
DIFFERS: Verdict = "differs"
CANNOT_TELL: Verdict = "cannot tell"
NOT_THIS_SIZE: Verdict = "not run at this size"
NOT_THESE_PICTURES: Verdict = "not on these pictures"
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
"""In the order in which they are counted."""

SAMPLING = 1.96  # standard deviations of a normal distribution that hold 95 % of it, on either side
TENTH = 0.1  # the smallest relative difference that counts where no spread is known
_LAST_DIGITS = 1e-9  # 0.905 - 0.899 is 0.006 but for the last bits
_RULES = Path(__file__).with_name("rules.yaml")


Better = Literal["larger", "smaller"]


class Rule(Section):
    """How far ours may lie from a number of a kind."""

    tolerance: Tolerance
    better: Better | None = None  # None: a difference is neither better nor worse


class DecidedBy(Section):
    """What decides a number."""

    data: Text | None  # a key of ``fetch``; None: no pictures
    settings: tuple[Text, ...]  # keys of params.yaml, of settings or sections


class Rules(Section):
    """The content of ``rules.yaml``; the keys of its tables are beginnings of paths in ``published.yaml``."""

    kinds: dict[Kind, Rule]
    slow_optimizers: tuple[Text, ...]
    pictures: dict[str, PositiveInt]
    classes: dict[str, PositiveInt]
    constant_answers: dict[str, NonNegativeFloat]
    printed_to: dict[str, NonNegativeFloat]
    decided_by: dict[str, DecidedBy]
    may_differ: tuple[Text, ...]
    longer: dict[str, dict[str, PositiveInt]]


@cache
def load() -> Rules:
    """Read the rules, once per process."""
    return params_file.read(_RULES, Rules)


def sampling_deviation(share: float, pictures: int) -> float:
    """Return the standard deviation of a share that is measured on so many pictures, each right or wrong by chance."""
    return math.sqrt(share * (1 - share) / pictures)


def spread_of_repeats(runs: pd.DataFrame, *, pictures: int, slow: tuple[str, ...]) -> float:
    """Return the largest difference between two runs of the same settings, in standard deviations of the sampling.

    Args:
        runs: one row a run, with the columns of ``SETTINGS`` and ``test_accuracy``; those without one are left out.
        pictures: on which they were measured.
        slow: optimizers whose runs are left out.

    Returns:
        0 if no settings were run twice.
    """
    trained = runs[runs["test_accuracy"].notna() & ~runs["optimizer"].isin(slow)]
    spreads = [
        (group.max() - group.min()) / sampling_deviation(float(group.mean()), pictures)
        for _, group in trained.groupby(list(SETTINGS))["test_accuracy"]
        if len(group) > 1 and 0 < group.mean() < 1
    ]
    return float(max(spreads, default=0))


def half_width(share: float, *, pictures: int, spread: float) -> float:
    """Return how far two trainings of the same settings may differ in a share of right pictures.

    Args:
        share: in [0, 1].
        pictures: on which it was measured.
        spread: of two runs, in standard deviations of the sampling.
    """
    return math.hypot(SAMPLING, spread) * sampling_deviation(share, pictures)


def range_of_optimizer(optimizer: str) -> float:
    """Return how far the accuracies of an optimizer lie apart in the report's table 6."""
    runs = published.runs("cnn")
    accuracies = runs[runs["optimizer"] == optimizer][published.ACCURACY]
    return float(accuracies.max() - accuracies.min())


def tolerance(path: str, kind: Kind, value: float, *, spread: float, optimizer: str | None = None) -> float:
    """Return how far ours may lie from a number to count as reproduced.

    Args:
        path: of the fact in ``published.yaml``.
        kind: of the number; no claim.
        value: that the report prints.
        spread: of repeated runs, as ``spread_of_repeats`` returns it.
        optimizer: of a run.
    """
    rules = load()
    rule = rules.kinds[kind].tolerance
    if rule == "exact":
        return 0.0
    rounding = published.of_longest_beginning(rules.printed_to, path) / 2
    if rule == "tenth":
        return float(TENTH * abs(value) + rounding)
    pictures = published.of_longest_beginning(rules.pictures, path)
    if rule == "repeated_runs":
        return float(half_width(value, pictures=pictures, spread=spread) + rounding)
    apart = range_of_optimizer(str(optimizer)) if rule == "runs_of_the_optimizer" else TENTH * min(value, 1 - value)
    return float(math.hypot(SAMPLING * sampling_deviation(value, pictures), apart) + rounding)


def without_looking(path: str, kind: Kind) -> float | None:
    """Return what an answer reaches that does not depend on the picture.

    Args:
        path: of the fact in ``published.yaml``.
        kind: of the number; no claim.

    Returns:
        Of a share of right pictures: the largest one that guessing among the classes reaches in 97.5 % of all trials.
        Of an error or a loss: that of the best answer that is always the same. None of a count.
    """
    rules = load()
    if kind in ("error", "loss"):
        return float(published.of_longest_beginning(rules.constant_answers, path))
    if kind == "count":
        return None
    classes = published.of_longest_beginning(rules.classes, path)
    pictures = published.of_longest_beginning(rules.pictures, path)
    return float(1 / classes + SAMPLING * sampling_deviation(1 / classes, pictures))


def judge(
    kind: Kind,
    value: float,
    ours: float,
    allowed: float,
    *,
    by_chance: float | None = None,
    untrained: float | None = None,
) -> Verdict:
    """Return the verdict on a number of a run at the report's size and on its pictures.

    Args:
        kind: of the number; no claim.
        value: that the report prints.
        ours: NaN if the training failed, which is worse than any number.
        allowed: the tolerance.
        by_chance: how far two trainings have been apart, if that is farther than the tolerance: a number in between is
            "cannot tell".
        untrained: what a network that has learned nothing reaches, as ``without_looking`` returns it. If half-way to it
            is inside the tolerance, a number inside says little and is "cannot tell". So is everything if neither
            number is better than that.
    """
    better = load().kinds[kind].better
    if math.isnan(ours):
        return DIFFERS if better is None else WORSE
    difference = ours - value
    if abs(difference) <= allowed + _LAST_DIGITS:
        return CANNOT_TELL if _is_untrained(value, untrained, better, margin=2 * allowed) else REPRODUCED
    if better is None:
        return DIFFERS
    learned_nothing = all(_is_untrained(number, untrained, better) for number in (value, ours))
    if learned_nothing or abs(difference) <= (by_chance or 0) + _LAST_DIGITS:
        return CANNOT_TELL
    return BETTER if (difference > 0) == (better == "larger") else WORSE


def _is_untrained(number: float, untrained: float | None, better: Better | None, *, margin: float = 0) -> bool:
    """Tell whether a number is at most a margin better than what learning nothing reaches."""
    if untrained is None:
        return False
    return number - margin <= untrained if better == "larger" else number + margin >= untrained
