"""Verdicts on claims about an effect, decided by the interval in which the effect lies.

Each claim is about an effect: a ratio of two measures. It is compared with the smallest effect that counts (the region
of practical equivalence, Kruschke 2018): the claim is decided only where the whole interval lies on one side of it.
"""

from collections.abc import Iterable
from typing import NamedTuple

YES, NO, CANNOT_TELL, NOT_MEASURED = "yes", "no", "cannot tell", "not measured"


class Interval(NamedTuple):
    """Where an effect lies."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"[{self.low:.3g}, {self.high:.3g}]"


def below(effect: Interval, bound: float) -> str:
    """Tell whether an effect lies below a bound: "yes", "no", or "cannot tell" where its interval holds the bound."""
    if effect.high < bound:
        return YES
    return NO if effect.low > bound else CANNOT_TELL


def above(effect: Interval, bound: float) -> str:
    """Tell whether an effect lies above a bound."""
    return {YES: NO, NO: YES}.get(verdict := below(effect, bound), verdict)


def all_hold(verdicts: Iterable[str]) -> str:
    """Join verdicts of a claim about several things: "no" if one is."""
    found = set(verdicts)
    return next((verdict for verdict in (NOT_MEASURED, NO, CANNOT_TELL) if verdict in found), YES)


def agree(verdicts: Iterable[str]) -> str:
    """Join verdicts on the same thing, measured in different ways: they must be the same."""
    found = set(verdicts)
    return found.pop() if len(found) == 1 else CANNOT_TELL


def ratio_of(effect: Interval, reference: Interval) -> Interval:
    """Return the widest interval that the ratio of two positive numbers can have; they need not be independent."""
    if reference.low <= 0:
        return Interval(effect.low / reference.high if reference.high > 0 else 0.0, float("inf"))
    return Interval(effect.low / reference.high, effect.high / reference.low)
