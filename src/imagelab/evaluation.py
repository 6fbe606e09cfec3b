"""Classifiers and clock readers: arrays in, plain metrics out; no Keras."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.labels import MINUTES_PER_DIAL


def classification_metrics(logits: NDArray[np.floating], classes: NDArray[np.integer]) -> dict[str, float]:
    """Return ``accuracy`` and ``loss`` (cross-entropy in nats), averaged over the examples.

    Args:
        logits: shape (n, number of classes).
        classes: the true ones, shape (n,).
    """
    scores = logits.astype(np.float64)
    shifted = scores - scores.max(axis=1, keepdims=True)  # keeps the exponentials finite
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return {
        "accuracy": float((scores.argmax(axis=1) == classes).mean()),
        "loss": float(-log_probabilities[np.arange(len(classes)), classes].mean()),
    }


def confusion(logits: NDArray[np.floating], classes: NDArray[np.integer]) -> pd.DataFrame:
    """Return the columns ``actual`` and ``predicted``, one row an example, as DVC's confusion template takes them."""
    return pd.DataFrame({"actual": classes.astype(int), "predicted": logits.argmax(axis=1)})


def common_sense_error_minutes(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float64]:
    """Return the minutes between two times on the 12-hour dial, the short way round.

    Args:
        a: minutes past twelve; any shape.
        b: minutes past twelve; the same shape.

    Returns:
        In [0, 360]; the same shape. 11:00 and 1:00 are 120 minutes apart.

    Source: the report, section 2.1.
    """
    difference = np.asarray(a, np.float64) - np.asarray(b, np.float64)
    return np.minimum(difference % MINUTES_PER_DIAL, -difference % MINUTES_PER_DIAL)


def clock_metrics(read: NDArray[np.floating], true: NDArray[np.integer]) -> dict[str, float]:
    """Measure read times against true ones.

    Args:
        read: minutes past twelve, in [0, 720); shape (n,).
        true: minutes past twelve, in [0, 720); shape (n,).

    Returns:
        The common-sense error's mean, median and 90th percentile in minutes, and the shares of times read within half
        a minute (``share_exact``), within 5 and within 15 minutes, and of hours read right.
    """
    errors = common_sense_error_minutes(read, true)
    return {
        "images": len(true),
        "common_sense_error_minutes": float(errors.mean()),
        "common_sense_error_median_minutes": float(np.median(errors)),
        "common_sense_error_90th_percentile_minutes": float(np.percentile(errors, 90)),
        "share_exact": float((errors <= 0.5).mean()),
        "share_within_5_minutes": float((errors <= 5).mean()),
        "share_within_15_minutes": float((errors <= 15).mean()),
        "hour_accuracy": float((read // 60 == true // 60).mean()),
    }


def error_histogram(errors: NDArray[np.floating], *, bin_minutes: int) -> pd.DataFrame:
    """Count common-sense errors in bins of equal width over [0, 360].

    Returns:
        Columns ``error_minutes``, the bins' lower edges, and ``share`` of the images.
    """
    edges = np.arange(0, MINUTES_PER_DIAL // 2 + bin_minutes, bin_minutes)
    counts, _ = np.histogram(errors, edges)
    return pd.DataFrame({"error_minutes": edges[:-1], "share": counts / len(errors)})
