"""Whether an effect is as a claim says: decided by its 95 % interval.

An effect is a ratio, a difference or a measure. It is compared with the smallest effect of practical relevance
(Kruschke 2018, the region of practical equivalence): a claim is decided only if the whole interval lies on one side of
it.
"""

from collections.abc import Iterable
from typing import NamedTuple

YES, NO, UNDECIDED, NOT_MEASURED = "yes", "no", "cannot tell", "not measured"
ANSWERS = (YES, NO, UNDECIDED, NOT_MEASURED)


class Interval(NamedTuple):
    """The lower and the upper end of an effect's 95 % interval."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"[{self.low:.3g}, {self.high:.3g}]"


def below(effect: Interval, bound: float) -> str:
    """Tell whether an effect is below a bound: "yes", "no", or "cannot tell" if its interval contains the bound."""
    if effect.high < bound:
        return YES
    return NO if effect.low > bound else UNDECIDED


def above(effect: Interval, bound: float) -> str:
    """Tell whether an effect is above a bound, as ``below``."""
    return negated(below(effect, bound))


def negated(answer: str) -> str:
    """Return what holds of the contrary: "no" for "yes" and the other way round; the other answers stay."""
    return {YES: NO, NO: YES}.get(answer, answer)


def all_hold(answers: Iterable[str]) -> str:
    """Join answers that were measured, on several things that a claim is about: "no" if one of them is "no"."""
    found = set(answers)
    return next((answer for answer in (NO, UNDECIDED) if answer in found), YES)


def agree(answers: Iterable[str]) -> str:
    """Join answers on one thing, measured in different ways: "cannot tell" unless all are the same."""
    found = set(answers)
    return found.pop() if len(found) == 1 else UNDECIDED


def ratio_of(effect: Interval, reference: Interval) -> Interval:
    """Return the widest interval that the ratio of two positive numbers can have, independent or not."""
    if reference.low <= 0:
        return Interval(effect.low / reference.high if reference.high > 0 else 0.0, float("inf"))
    return Interval(effect.low / reference.high, effect.high / reference.low)
