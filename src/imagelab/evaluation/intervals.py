"""95 % intervals of statistics: the bootstrap for means and distances, Wilson's for proportions."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

CONFIDENCE = 0.95
RESAMPLES = 200  # more take longer; with these, chance moves each end by about a tenth of the interval's half-width
_RESAMPLES_FOR_BIAS = 50  # a mean needs fewer than an interval's ends

Groups = NDArray[np.integer]
"""Which examples belong together, (n,): equal numbers are drawn together, because they say nearly the same."""


def bootstrap(
    name: str,
    statistic: Callable[..., Any],
    samples: tuple[int | Groups, ...],
    *,
    seed: int,
    bias_corrected: bool = False,
) -> dict[str, float]:
    """Return a statistic of several samples and its bootstrap interval.

    Args:
        name: of the statistic.
        statistic: takes the rows of each sample, an integer array each; called with all rows and with resampled ones.
        samples: of each sample the number of examples, or the group of each example, (n,). Groups are drawn whole.
        seed: of the resampling.
        bias_corrected: for statistics that are too large in small samples, such as distances between distributions.
            What resampling adds to the statistic is subtracted from it, and the percentiles are reflected at it (the
            "basic" bootstrap), so that estimate and interval are about the same quantity. What is subtracted comes from
            drawing single examples: drawn groups would add more, because they may leave out whole classes, which the
            sample itself does not. So with groups the rest of the bias makes the estimate too large, never too small.

    Returns:
        ``name``, ``name_low`` and ``name_high``.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 10.3 for the bias; Field and Welsh,
    "Bootstrapping Clustered Data", 2007, for groups.
    """
    rows = tuple(np.arange(sample if isinstance(sample, int) else len(sample)) for sample in samples)
    units = [None if isinstance(sample, int) else _members(sample) for sample in samples]
    # Thousands of products of small matrices: sharing each between threads takes longer than it saves, and makes the
    # last digits depend on the number of cores.
    with threadpool_limits(limits=1, user_api="blas"):
        estimate = float(statistic(*rows))
        drawn = _resample(_of_units(statistic, units), _unit_numbers(rows, units), RESAMPLES, seed=seed)
        centre = float(drawn.mean())
        if bias_corrected:
            grouped = any(members is not None for members in units)
            single = _resample(statistic, rows, _RESAMPLES_FOR_BIAS, seed=seed) if grouped else drawn
            estimate = 2 * estimate - float(single.mean())
    tail = (1 - CONFIDENCE) / 2
    low, high = (float(end) for end in np.quantile(drawn, [tail, 1 - tail]))
    if bias_corrected:
        low, high = estimate + centre - high, estimate + centre - low
    return {name: estimate, f"{name}_low": low, f"{name}_high": high}


def _members(groups: Groups) -> list[NDArray[np.integer]]:
    """Return the rows of each group."""
    return [np.flatnonzero(groups == group) for group in np.unique(groups)]


def _unit_numbers(
    rows: tuple[NDArray[np.integer], ...], units: list[list[NDArray[np.integer]] | None]
) -> tuple[NDArray[np.integer], ...]:
    return tuple(own if members is None else np.arange(len(members)) for own, members in zip(rows, units, strict=True))


def _of_units(statistic: Callable[..., Any], units: list[list[NDArray[np.integer]] | None]) -> Callable[..., Any]:
    """Return the statistic of drawn groups, or of drawn rows where a sample has no groups."""

    def found(*drawn: NDArray[np.integer]) -> Any:
        return statistic(
            *(
                numbers if members is None else np.concatenate([members[number] for number in numbers])
                for numbers, members in zip(drawn, units, strict=True)
            )
        )

    return found


def _resample(
    statistic: Callable[..., Any], samples: tuple[NDArray[np.integer], ...], count: int, *, seed: int
) -> NDArray[np.float64]:
    from scipy import stats  # takes a second, which importing this module should not cost

    found = stats.bootstrap(
        samples,
        statistic,
        method="percentile",
        vectorized=False,
        n_resamples=count,
        confidence_level=CONFIDENCE,
        rng=np.random.default_rng(seed),
    )
    return np.asarray(found.bootstrap_distribution)


def wilson(name: str, successes: NDArray[np.bool_], groups: Groups | None = None) -> dict[str, float]:
    """Return a proportion and its Wilson interval, which is no single point where none or all are successes.

    Args:
        name: of the proportion.
        successes: whether each example counts; shape (n,), n > 0.
        groups: of each example, (n,). The examples of a group then count as copies of one another (Kish's effective
            sample size), so the interval is rather too wide than too narrow. None: all examples are independent.

    Returns:
        ``name``, ``name_low`` and ``name_high``, all in [0, 1].

    Source: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927; Kish, "Survey
    Sampling", 1965.
    """
    from scipy import stats

    share = int(successes.sum()) / len(successes)
    count = float(len(successes))
    if groups is not None:
        count = count**2 / float(np.square(np.unique(groups, return_counts=True)[1]).sum())
    z = float(stats.norm.ppf((1 + CONFIDENCE) / 2))
    centre = share + z**2 / (2 * count)
    half_width = z * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    low, high = ((centre + side * half_width) / (1 + z**2 / count) for side in (-1, 1))
    return {
        name: share,
        f"{name}_low": float(min(max(low, 0.0), share)),
        f"{name}_high": float(max(min(high, 1.0), share)),
    }
