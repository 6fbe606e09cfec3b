"""Readings of labelled pictures, and of pictures without a clock: arrays in, plain metrics and tables out."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.clocks.evaluation.metrics import RIGHT_MINUTES, are_exact, common_sense_error_minutes
from imagelab.evaluation import intervals, reliability

ANSWERS = "readings"  # in the names of calibration metrics
WANTED_SHARE = 0.9  # of the readings above the threshold that should be right
_SEED = 1  # of the bootstrap


def are_right(read: NDArray[np.floating], true: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return which whole minutes are read with an error of at most one, (n,); minutes past twelve, (n,) each."""
    return common_sense_error_minutes(read, true) <= RIGHT_MINUTES


def measure_clocks(
    read: NDArray[np.floating], stated: NDArray[np.floating], true: NDArray[np.integer], *, threshold: float
) -> dict[str, Any]:
    """Measure readings of pictures with a clock.

    Args:
        read: whole minutes past twelve; shape (n,), n > 0.
        stated: probability that each is right within a minute, in [0, 1]; shape (n,).
        true: minutes past twelve, in [0, 720); shape (n,).
        threshold: least probability of a reading that is sure.

    Returns:
        The number of ``pictures``; ``common_sense_error_minutes``, the mean error, with its bootstrap interval unless
        there is one picture only; ``share_within_1_minute`` and ``share_exact``; ``share_sure``, of the readings that
        are sure, and ``share_right_of_sure``, of those that are right within a minute, with its interval None if none
        is sure; all shares with their Wilson intervals; ``threshold_for_90_percent``, the smallest probability of which
        it holds that nine of ten readings that state it or more are right, None if there is none; and
        ``reliability.calibration_metrics``, where right is within a minute.
    """
    errors = common_sense_error_minutes(read, true)
    right, sure = are_right(read, true), stated >= threshold
    name = "common_sense_error_minutes"
    if len(errors) > 1:
        mean = intervals.bootstrap(name, lambda rows: errors[rows].mean(), (len(errors),), seed=_SEED)
    else:
        mean = {name: float(errors.mean())}
    return {
        "pictures": len(true),
        **mean,
        **intervals.wilson("share_within_1_minute", right),
        **intervals.wilson("share_exact", are_exact(read, true)),
        **intervals.wilson("share_sure", sure),
        **_wilson("share_right_of_sure", right[sure]),
        "threshold_for_90_percent": smallest_threshold(stated, right, share=WANTED_SHARE),
        **reliability.calibration_metrics(stated, right, answers=ANSWERS),
    }


def reliability_table(
    read: NDArray[np.floating], stated: NDArray[np.floating], true: NDArray[np.integer]
) -> pd.DataFrame:
    """Return how often readings of each stated probability are right within a minute.

    Args:
        read: as in ``measure_clocks``.
        stated: as in ``measure_clocks``.
        true: as in ``measure_clocks``.

    Returns:
        The table of ``reliability.reliability``.
    """
    return reliability.reliability(stated, are_right(read, true), answers=ANSWERS)


def measure_without_clock(stated: NDArray[np.floating], *, threshold: float) -> dict[str, Any]:
    """Measure readings of pictures without a clock: whether they state a low probability.

    Args:
        stated: probability of each reading, in [0, 1]; shape (n,).
        threshold: least probability of a reading that is sure.

    Returns:
        The number of ``pictures``; ``share_sure`` with its Wilson interval; ``highest_stated_probability``. All but the
        number are None if there are no pictures: the keys of metrics do not depend on the seed.
    """
    highest = float(stated.max()) if len(stated) else None
    share = _wilson("share_sure", stated >= threshold)
    return {"pictures": len(stated), **share, "highest_stated_probability": highest}


def _wilson(name: str, successes: NDArray[np.bool_]) -> dict[str, float | None]:
    """Return a proportion and its Wilson interval, all None if there is nothing to count."""
    if not len(successes):
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"))
    return {**intervals.wilson(name, successes)}


def smallest_threshold(stated: NDArray[np.floating], right: NDArray[np.bool_], *, share: float) -> float | None:
    """Return the smallest stated probability p so that this share of the readings that state p or more are right.

    Args:
        stated: in [0, 1]; shape (n,), n > 0.
        right: shape (n,).
        share: in [0, 1].

    Returns:
        None if there is no such probability.
    """
    order = np.argsort(-stated)
    descending = stated[order]
    share_right = np.cumsum(right[order]) / np.arange(1, len(stated) + 1)
    last_of_equals = np.append(descending[1:] != descending[:-1], True)
    enough = np.flatnonzero(last_of_equals & (share_right >= share))
    return float(descending[enough[-1]]) if len(enough) else None
