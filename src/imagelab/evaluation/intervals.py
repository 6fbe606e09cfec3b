"""95 % intervals of statistics: the bootstrap for means and distances, Wilson's for proportions."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
RESAMPLES = 200  # more take longer; with these, chance moves each end by about a tenth of the interval's half-width
_RESAMPLES_FOR_BIAS = 50  # a mean needs fewer than an interval's ends

Statistic = Callable[..., Any]

Groups = NDArray[np.integer]
"""Which examples belong together, (n,): equal numbers are drawn together, because they say nearly the same."""


def bootstrap(
    name: str,
    statistic: Statistic,
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
            What resampling adds to the statistic is subtracted from it, and the resampled values are mirrored around
            their mean, which is moved to the estimate (the "basic" bootstrap). What is subtracted comes from drawing
            single examples: drawn groups would add more, because they may leave out whole classes, which the sample
            itself does not. So with groups the estimate is on average too large, not too small.

    Returns:
        ``name``, ``name_low`` and ``name_high``.

    Raises:
        ValueError: if a sample has one example or one group only.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 10.3 for the bias; Field and Welsh,
    "Bootstrapping Clustered Data", 2007, for groups.
    """
    return _interval(name, *_resampled(statistic, samples, seed=seed, bias_corrected=bias_corrected))


def bootstrap_ratio(
    name: str, numerator: Statistic, denominator: Statistic, samples: tuple[int | Groups, ...], *, seed: int
) -> dict[str, float]:
    """Return the ratio of two positive statistics of the same samples, both bias-corrected, and its interval.

    Each resample is drawn once and goes into both, so chance that moves both alike hardly widens the interval.

    Args:
        name: of the ratio.
        numerator: as ``statistic`` of ``bootstrap``.
        denominator: likewise.
        samples: as for ``bootstrap``.
        seed: of the resampling.

    Returns:
        ``name``, ``name_low`` and ``name_high``; infinite where the denominator may be 0.
    """
    (above, of_above), (below, of_below) = (
        _resampled(statistic, samples, seed=seed, bias_corrected=True) for statistic in (numerator, denominator)
    )
    return _interval(name, float(_ratio(above, below)), _ratio(of_above, of_below))


def _ratio(above: Any, below: Any) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(np.asarray(below) > 0, np.maximum(above, 0) / below, np.inf))


def _interval(name: str, estimate: float, drawn: NDArray[np.float64]) -> dict[str, float]:
    tail = (1 - CONFIDENCE) / 2
    if np.isfinite(drawn).all():
        low, high = np.quantile(drawn, [tail, 1 - tail])
    else:  # between a number and infinity nothing can be interpolated
        low, high = np.quantile(drawn, tail, method="lower"), np.quantile(drawn, 1 - tail, method="higher")
    return {name: estimate, f"{name}_low": float(low), f"{name}_high": float(high)}


def _resampled(
    statistic: Statistic, samples: tuple[int | Groups, ...], *, seed: int, bias_corrected: bool
) -> tuple[float, NDArray[np.float64]]:
    """Return a statistic and its values of resampled samples, as ``bootstrap`` says."""
    from threadpoolctl import threadpool_limits  # sets a variable of the environment, which `make run` would hand on

    rows = tuple(np.arange(sample if isinstance(sample, int) else len(sample)) for sample in samples)
    members = [None if isinstance(sample, int) else _members(sample) for sample in samples]
    units = tuple(own if groups is None else np.arange(len(groups)) for own, groups in zip(rows, members, strict=True))

    def of_units(*drawn: NDArray[np.integer]) -> Any:
        return statistic(
            *(
                numbers if groups is None else np.concatenate([groups[number] for number in numbers])
                for numbers, groups in zip(drawn, members, strict=True)
            )
        )

    # Thousands of products of small matrices: sharing each between threads takes longer than it saves, and makes the
    # last digits depend on the number of cores.
    with threadpool_limits(limits=1, user_api="blas"):
        estimate = float(statistic(*rows))
        drawn = _draw(of_units, units, RESAMPLES, seed=seed)
        if not bias_corrected:
            return estimate, drawn
        grouped = any(groups is not None for groups in members)
        single = _draw(statistic, rows, _RESAMPLES_FOR_BIAS, seed=seed) if grouped else drawn
    corrected = 2 * estimate - float(single.mean())
    return corrected, corrected + float(drawn.mean()) - drawn


def _members(groups: Groups) -> list[NDArray[np.integer]] | None:
    """Return the rows of each group; None if each example is a group of its own."""
    numbers = np.unique(groups)
    return None if len(numbers) == len(groups) else [np.flatnonzero(groups == number) for number in numbers]


def _draw(
    statistic: Statistic, samples: tuple[NDArray[np.integer], ...], count: int, *, seed: int
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
