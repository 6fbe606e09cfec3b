"""How near generated pictures come to real ones in a space of features: distance, fidelity, diversity, copying."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from imagelab.evaluation import intervals
from imagelab.runtime.errors import InputError

SPACES = ("classifier", "random")
"""The classifier of real leaves knows their labels; the random network knows nothing."""

PRECISION_NEIGHBOURS = 3  # of Kynkäänniemi et al.
DENSITY_NEIGHBOURS = 5  # of Naeem et al.

Floats = NDArray[np.floating[Any]]


class References(NamedTuple):
    """What generated pictures are compared with: features, each (n, features)."""

    held_out: Floats  # seen by no network that is trained
    training: Floats  # that the generators learn from
    noise: Floats  # of pictures of uniform noise


class Samples(NamedTuple):
    """Equally many of each kind, each (count, features)."""

    generated: Floats
    held_out: Floats
    training: Floats
    noise: Floats


def equal_samples(generated: Floats, real: References, *, seed: int) -> Samples:
    """Take equally many of each kind: all held-out pictures, if there are as many of the others.

    Args:
        generated: features of generated pictures, (n, features); the first ones are taken.
        real: the others, which are drawn at random.
        seed: of the draw.

    Raises:
        InputError: if a number is NaN or infinite, or there are too few pictures to have neighbours.
    """
    if not np.isfinite(generated).all():
        raise InputError("pictures", where="generated", expected="finite numbers", received="NaN or infinite ones")
    count = min(len(generated), *(len(features) for features in real))
    if count <= DENSITY_NEIGHBOURS:
        expected = f"more than {DENSITY_NEIGHBOURS} of each kind"
        raise InputError("pictures", where="generated, held-out and training", expected=expected, received=count)
    return Samples(generated[:count], *(some_of(features, count, seed=seed) for features in real))


def some_of(pictures: Floats, count: int, *, seed: int) -> Floats:
    """Draw ``count`` rows of (n, ...) without replacement; of pictures and of their features the same ones."""
    return pictures[np.sort(np.random.default_rng(seed).permutation(len(pictures))[:count])]


def compare(generated: Floats, real: References, *, seed: int) -> dict[str, float]:
    """Measure generated pictures against held-out ones in one space of features.

    Args:
        generated: features of generated pictures, (n, features).
        real: the features to compare with.
        seed: of the draw and of the resampling.

    Returns:
        ``images``, how many of each kind were compared, and these measures, each with the ends of its 95 % interval
        (``_low``, ``_high``) and with what as many training pictures reach in the place of the generated ones
        (``_of_training``, also with an interval). The classifier has seen these pictures, so in its features that is
        more than other leaves would reach.

        - ``frechet_distance`` of ``frechet_distance_with_interval``, beside it ``frechet_distance_of_noise``;
        - ``precision``, ``recall``, ``density`` and ``coverage`` of ``neighbourhoods``;
        - ``copying``: the median distance to the nearest training picture over that of held-out pictures. Far below 1
          means copies; without ``_of_training``, which would be 0.

        Proportions have Wilson intervals: over generated pictures for ``precision``, with the real ones given, and over
        real pictures for ``recall`` and ``coverage``, with the generated ones given. They take the pictures as
        independent of each other, though neighbourhoods overlap. The other intervals are the bootstrap's; those of
        ``frechet_distance`` and ``copying`` resample both sides.

    Raises:
        InputError: as ``equal_samples``.
    """
    drawn = equal_samples(generated, real, seed=seed)
    count = len(drawn.generated)
    near, near_held_out = (cdist(some, real.training).min(axis=1) for some in (drawn.generated, drawn.held_out))
    return {
        "images": count,
        **frechet_distance_with_interval("frechet_distance", drawn.generated, drawn.held_out, seed=seed),
        **frechet_distance_with_interval("frechet_distance_of_training", drawn.training, drawn.held_out, seed=seed),
        **frechet_distance_with_interval("frechet_distance_of_noise", drawn.noise, drawn.held_out, seed=seed),
        **_shares_with_intervals(drawn, seed=seed),
        **intervals.bootstrap(
            "copying",
            lambda rows, others: np.median(near[rows]) / np.median(near_held_out[others]),
            (count, count),
            seed=seed,
        ),
    }


def compare_snapshot(generated: Floats, real: References, *, seed: int) -> dict[str, float]:
    """Measure what a generator drew on its way: as ``compare``, without ``copying`` and noise."""
    drawn = equal_samples(generated, real, seed=seed)
    return {
        "images": len(drawn.generated),
        **frechet_distance_with_interval("frechet_distance", drawn.generated, drawn.held_out, seed=seed),
        **_shares_with_intervals(drawn, seed=seed),
    }


def _shares_with_intervals(drawn: Samples, *, seed: int) -> dict[str, float]:
    found = neighbourhoods(drawn.generated, drawn.held_out)
    of_training = neighbourhoods(drawn.training, drawn.held_out)
    metrics: dict[str, float] = {}
    for name in ("precision", "recall", "coverage"):
        metrics |= intervals.wilson(name, getattr(found, name))
        metrics |= intervals.wilson(f"{name}_of_training", getattr(of_training, name))
    for name, density in (("density", found.density), ("density_of_training", of_training.density)):
        metrics |= intervals.bootstrap(name, lambda rows, own=density: own[rows].mean(), (len(density),), seed=seed)
    return metrics


class Neighbourhoods(NamedTuple):
    """What the means of ``neighbourhoods`` are taken of."""

    precision: NDArray[np.bool_]  # (generated,)
    recall: NDArray[np.bool_]  # (real,)
    density: NDArray[np.float64]  # (generated,), not below 0, around 1 for real pictures
    coverage: NDArray[np.bool_]  # (real,)


def neighbourhoods(generated: Floats, real: Floats) -> Neighbourhoods:
    """Compare two sets by the neighbourhoods of their points: balls that reach to the k-th nearest point of the set.

    Args:
        generated: shape (n, features), n > ``DENSITY_NEIGHBOURS``.
        real: shape (m, features), m > ``DENSITY_NEIGHBOURS``.

    Returns:
        - ``precision``: whether a generated point lies in the neighbourhood of a real one (k = 3);
        - ``recall``: whether a real point lies in the neighbourhood of a generated one (k = 3);
        - ``density``: in how many neighbourhoods of real points a generated point lies, over k (k = 5);
        - ``coverage``: whether a real point's neighbourhood holds a generated point (k = 5).

    Source: Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models", 2019, for the
    first two; Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models", 2020, for the others,
    which a single outlier among the real points moves less.
    """
    between = cdist(generated, real)
    near_real, near_generated = (_radii(points, PRECISION_NEIGHBOURS) for points in (real, generated))
    wide = between <= _radii(real, DENSITY_NEIGHBOURS)
    return Neighbourhoods(
        precision=(between <= near_real).any(axis=1),
        recall=(between <= near_generated[:, None]).any(axis=0),
        density=wide.sum(axis=1) / DENSITY_NEIGHBOURS,
        coverage=wide.any(axis=0),
    )


def _radii(points: Floats, neighbours: int) -> NDArray[np.float64]:
    """Distance from each point to its k-th nearest other point; shape (n,)."""
    distances = np.partition(cdist(points, points), neighbours, axis=1)  # the nearest is the point itself
    return np.asarray(distances[:, neighbours])


def frechet_distance(first: Floats, second: Floats) -> float:
    """Return the Fréchet distance between the normal distributions fitted to two sets of features.

    It is too large in small samples: two equal distributions are not at 0.

    Args:
        first: shape (n, features).
        second: shape (m, features).

    Source: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule", 2017, equation 6.
    """
    one, other = (np.cov(features, rowvar=False) for features in (first, second))
    mean_term = float(np.square(first.mean(axis=0) - second.mean(axis=0)).sum())
    # tr (AB)^(1/2) is the sum of the roots of the eigenvalues of A^(1/2) B A^(1/2), which is symmetric. Eigenvalues
    # below 0 come from rounding only.
    values, vectors = np.linalg.eigh(one)
    root = vectors * np.sqrt(values.clip(0)) @ vectors.T
    eigenvalues = np.linalg.eigvalsh(root @ other @ root).clip(0)
    return max(0.0, mean_term + float(np.trace(one) + np.trace(other) - 2 * np.sqrt(eigenvalues).sum()))


def frechet_distance_with_interval(name: str, first: Floats, second: Floats, *, seed: int) -> dict[str, float]:
    """Return the Fréchet distance, less its bias in small samples, with its bootstrap interval; none below 0.

    With three times as many examples as features, the interval of normal samples holds the true distance about as often
    as it should; with fewer it lies too high.
    """
    found = intervals.bootstrap(
        name,
        lambda rows, others: frechet_distance(first[rows], second[others]),
        (len(first), len(second)),
        seed=seed,
        bias_corrected=True,
    )
    return {key: max(0.0, value) for key, value in found.items()}
