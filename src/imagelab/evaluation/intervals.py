"""95 % intervals of statistics: the bootstrap for means and distances, Wilson's for proportions."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

CONFIDENCE = 0.95
RESAMPLES = 200  # more take longer; with these, chance moves each end by about a tenth of the interval's half-width


def bootstrap(
    name: str, statistic: Callable[..., Any], counts: tuple[int, ...], *, seed: int, bias_corrected: bool = False
) -> dict[str, float]:
    """Return a statistic of several samples and its bootstrap interval.

    Args:
        name: of the statistic.
        statistic: takes the rows of each sample, an integer array each; called with all rows and with resampled ones.
        counts: the size of each sample.
        seed: of the resampling.
        bias_corrected: for statistics that are too large in small samples, such as distances between distributions.
            What resampling adds to the statistic is subtracted from it, and the percentiles are reflected at it (the
            "basic" bootstrap), so that estimate and interval are about the same quantity.

    Returns:
        ``name``, ``name_low`` and ``name_high``.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 10.3 for the bias.
    """
    from scipy import stats  # takes a second, which importing this module should not cost

    rows = tuple(np.arange(count) for count in counts)
    # Thousands of products of small matrices: sharing each between threads takes longer than it saves, and makes the
    # last digits depend on the number of cores.
    with threadpool_limits(limits=1, user_api="blas"):
        estimate = float(statistic(*rows))
        found = stats.bootstrap(
            rows,
            statistic,
            method="basic" if bias_corrected else "percentile",
            vectorized=False,
            n_resamples=RESAMPLES,
            confidence_level=CONFIDENCE,
            rng=np.random.default_rng(seed),
        )
    if bias_corrected:
        estimate = 2 * estimate - float(found.bootstrap_distribution.mean())
    interval = found.confidence_interval
    return {name: estimate, f"{name}_low": float(interval.low), f"{name}_high": float(interval.high)}


def wilson(name: str, successes: NDArray[np.bool_]) -> dict[str, float]:
    """Return a proportion and its Wilson interval, which is no single point where none or all are successes.

    Args:
        name: of the proportion.
        successes: whether each example counts; shape (n,), n > 0.

    Returns:
        ``name``, ``name_low`` and ``name_high``, all in [0, 1].

    Source: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927.
    """
    from scipy import stats

    count = int(successes.sum())
    interval = stats.binomtest(count, len(successes)).proportion_ci(CONFIDENCE, method="wilson")
    return {
        name: count / len(successes),
        f"{name}_low": float(interval.low),
        f"{name}_high": float(interval.high),
    }
