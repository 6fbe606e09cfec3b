"""Calibration: are answers right as often as they state? Arrays in, plain metrics and a table out."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.evaluation import intervals

BINS = 10  # of equal width; the last holds probabilities above 0.9
_SURE = 0.9  # answers that state more should rarely be wrong


def reliability(stated: NDArray[np.floating], right: NDArray[np.bool_], *, answers: str) -> pd.DataFrame:
    """Compare stated probabilities with the share of right answers, in bins of equal width.

    Args:
        stated: probability of each answer, in [0, 1]; shape (n,).
        right: whether the answer is right, in the sense of what is stated: the class, or within a minute; shape (n,).
        answers: what the task calls its answers, such as ``readings``; names the column of their number.

    Returns:
        One row for each bin that holds an answer: ``from``, its lower edge, which the bin excludes (the first bin
        includes 0); the number of answers; ``mean_stated_probability``; ``share_right``, with its 95 % Wilson interval,
        ``share_right_low`` to ``share_right_high``.

    Source: Guo et al., "On Calibration of Modern Neural Networks", 2017; Wilson, "Probable Inference", 1927.
    """
    edges = np.linspace(0, 1, BINS + 1).tolist()
    bins = pd.cut(stated, edges, labels=edges[:-1], include_lowest=True)
    groups = pd.DataFrame({"from": bins, "stated": stated, "right": right}).groupby("from", observed=True)
    counted = {answers: ("right", "size"), "mean_stated_probability": ("stated", "mean")}
    table = groups.agg(**counted).reset_index()
    shares = pd.DataFrame([intervals.wilson("share_right", own.to_numpy()) for _, own in groups["right"]])
    return table.astype({"from": float}).join(shares)


def calibration_metrics(
    stated: NDArray[np.floating], right: NDArray[np.bool_], *, answers: str
) -> dict[str, float | None]:
    """Summarise how far stated probabilities are from the share of right answers.

    Args:
        stated: as in ``reliability``.
        right: as in ``reliability``.
        answers: as in ``reliability``; for ``readings``, the last two names below have this word.

    Returns:
        ``mean_stated_probability``; ``expected_calibration_error``, the distance of the mean stated probability from
        the share of right answers in each bin of ``reliability``, averaged over the answers, in [0, 1];
        ``wrong_readings``, their number; ``share_of_wrong_readings_stated_above_90_percent``, None if none is wrong.

    Source: Guo et al., "On Calibration of Modern Neural Networks", 2017, equation 5.
    """
    table = reliability(stated, right, answers=answers)
    gaps = (table["mean_stated_probability"] - table["share_right"]).abs()
    wrong = stated[~right]
    return {
        "mean_stated_probability": float(stated.mean()),
        "expected_calibration_error": float((gaps * table[answers]).sum() / len(stated)),
        f"wrong_{answers}": len(wrong),
        f"share_of_wrong_{answers}_stated_above_90_percent": float((wrong > _SURE).mean()) if len(wrong) else None,
    }
