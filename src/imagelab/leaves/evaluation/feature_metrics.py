"""How near generated pictures come to real ones in a space of features: distance, fidelity, diversity, copying."""

from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from imagelab.evaluation import intervals
from imagelab.evaluation.intervals import Groups
from imagelab.leaves.evaluation.samples import Floats, References
from imagelab.leaves.groups import LeafGroups
from imagelab.runtime.errors import InputError

PRECISION_NEIGHBOURS = 3  # of Kynkäänniemi et al.
DENSITY_NEIGHBOURS = 5  # of Naeem et al.

_Number = TypeVar("_Number", bound=np.number[Any])


class EqualSamples(NamedTuple):
    """Equally many pictures of each kind, by their features, each (count, features)."""

    generated: Floats
    held_out: Floats
    training: Floats
    noise: Floats
    groups: LeafGroups  # (count,) each


def equal_samples(generated: Floats, real: References, groups: LeafGroups, *, seed: int) -> EqualSamples:
    """Take equally many pictures of each kind, as many as there are of the rarest kind.

    Args:
        generated: features of generated pictures, (n, features); the first ones are taken.
        real: features of the other kinds, which are drawn at random.
        groups: which real pictures belong together.
        seed: of the draw.

    Raises:
        InputError: if there are more or fewer groups than pictures, a number is NaN or infinite, there are too few
            pictures to have neighbours, or all held-out or all training pictures belong together.
    """
    for name, numbers in groups._asdict().items():
        if len(numbers) != (images := len(getattr(real, name))):
            raise InputError("groups", where=name, expected=f"one for each of {images} pictures", received=len(numbers))
    if not np.isfinite(generated).all():
        raise InputError("pictures", where="generated", expected="finite numbers", received="NaN or infinite ones")
    count = min(len(generated), *(len(features) for features in real))
    if count <= DENSITY_NEIGHBOURS:
        expected = f"more than {DENSITY_NEIGHBOURS} of each kind"
        raise InputError("pictures", where="generated, held-out and training", expected=expected, received=count)
    held_out, training, noise = (draw_rows(features, count, seed=seed) for features in real)
    together = LeafGroups(*(draw_rows(numbers, count, seed=seed) for numbers in groups))
    for name, numbers in together._asdict().items():
        if len(np.unique(numbers)) < 2:
            expected, received = "two groups or more", "one, which says nothing of chance"
            raise InputError("pictures", where=name.replace("_", "-"), expected=expected, received=received)
    return EqualSamples(generated[:count], held_out, training, noise, together)


def draw_rows(pictures: NDArray[_Number], count: int, *, seed: int) -> NDArray[_Number]:
    """Draw ``count`` rows of (n, ...) without replacement: the same rows of pictures, of their features and groups."""
    return pictures[np.sort(np.random.default_rng(seed).permutation(len(pictures))[:count])]


def compare(generated: Floats, real: References, groups: LeafGroups, *, seed: int) -> dict[str, float]:
    """Measure generated pictures against held-out ones in one space of features.

    Args:
        generated: features of generated pictures, (n, features).
        real: features to compare with.
        groups: as for ``equal_samples``.
        seed: of the draw and of the resampling.

    Returns:
        ``images``, how many pictures of each kind are compared, and the measures below. Each measure has a 95 %
        interval (``_low``, ``_high``) and, with its interval, the value that as many training pictures reach in place
        of the generated ones (``_of_training``). In the classifier's features these values are not what other real
        leaves would reach, because the classifier was trained on these pictures.

        - ``frechet_distance`` of ``frechet_distance_with_interval``; also ``frechet_distance_of_noise``, which has
          neither correction nor interval, because it is only the other end of the scale;
        - ``precision``, ``recall``, ``density`` and ``coverage`` of ``neighbourhoods``;
        - ``copying``: the median distance to the nearest training picture, over that of held-out pictures. Values far
          below 1 mean copies. It has no ``_of_training``, which would be 0.

        Precision, recall and coverage are proportions and have Wilson intervals: ``precision`` over the generated
        pictures for fixed real ones, ``recall`` and ``coverage`` over the real pictures for fixed generated ones. The
        other intervals are bootstrap intervals; those of ``frechet_distance`` and ``copying`` resample the generated
        and the real pictures, that of ``density`` the generated pictures only. Real pictures of a group are resampled
        as one, and in Wilson intervals they count as copies of one another; so do training pictures in place of
        generated ones.

    Raises:
        InputError: as ``equal_samples``.
    """
    drawn = equal_samples(generated, real, groups, seed=seed)
    return {
        "images": len(drawn.generated),
        **_distance("frechet_distance", drawn.generated, len(drawn.generated), drawn, seed=seed),
        **_distance("frechet_distance_of_training", drawn.training, drawn.groups.training, drawn, seed=seed),
        "frechet_distance_of_noise": frechet_distance(drawn.noise, drawn.held_out),
        **_neighbourhood_metrics(drawn, seed=seed),
        **_copying(drawn, real.training, seed=seed),
    }


def compare_snapshot(generated: Floats, real: References, groups: LeafGroups, *, seed: int) -> dict[str, float]:
    """Measure one snapshot as ``compare`` does, without ``copying`` and without the distances of training and noise."""
    drawn = equal_samples(generated, real, groups, seed=seed)
    return {
        "images": len(drawn.generated),
        **_distance("frechet_distance", drawn.generated, len(drawn.generated), drawn, seed=seed),
        **_neighbourhood_metrics(drawn, seed=seed),
    }


def _distance(name: str, pictures: Floats, sample: int | Groups, drawn: EqualSamples, *, seed: int) -> dict[str, float]:
    samples = (sample, drawn.groups.held_out)
    return frechet_distance_with_interval(name, pictures, drawn.held_out, samples, seed=seed)


def _neighbourhood_metrics(drawn: EqualSamples, *, seed: int) -> dict[str, float]:
    held_out, training = drawn.groups
    metrics: dict[str, float] = {}
    for suffix, pictures, groups in (("", drawn.generated, None), ("_of_training", drawn.training, training)):
        found = neighbourhoods(pictures, drawn.held_out)
        metrics |= intervals.wilson(f"precision{suffix}", found.precision, groups)
        metrics |= intervals.wilson(f"recall{suffix}", found.recall, held_out)
        metrics |= intervals.wilson(f"coverage{suffix}", found.coverage, held_out)
        sample = len(pictures) if groups is None else groups
        metrics |= intervals.bootstrap(
            f"density{suffix}", lambda rows, own=found.density: own[rows].mean(), (sample,), seed=seed
        )
    return metrics


def _copying(drawn: EqualSamples, training: Floats, *, seed: int) -> dict[str, float]:
    generated, held_out = (cdist(some, training).min(axis=1) for some in (drawn.generated, drawn.held_out))
    return intervals.bootstrap(
        "copying",
        lambda rows, others: np.median(generated[rows]) / np.median(held_out[others]),
        (len(generated), drawn.groups.held_out),
        seed=seed,
    )


class Neighbourhoods(NamedTuple):
    """One value per picture; the measures are the means."""

    precision: NDArray[np.bool_]  # (generated,)
    recall: NDArray[np.bool_]  # (real,)
    density: NDArray[np.float64]  # (generated,), 0 or more, around 1 for real pictures
    coverage: NDArray[np.bool_]  # (real,)


def neighbourhoods(generated: Floats, real: Floats) -> Neighbourhoods:
    """Compare two sets of points by their neighbourhoods.

    A point's neighbourhood is the ball around it that reaches to the k-th nearest other point of its set.

    Args:
        generated: shape (n, features), n > ``DENSITY_NEIGHBOURS``.
        real: shape (m, features), m > ``DENSITY_NEIGHBOURS``.

    Returns:
        - ``precision``: whether a generated point lies in the neighbourhood of a real one (k = 3);
        - ``recall``: whether a real point lies in the neighbourhood of a generated one (k = 3);
        - ``density``: in how many neighbourhoods of real points a generated point lies, over k (k = 5);
        - ``coverage``: whether a real point's neighbourhood holds a generated point (k = 5).

    Source: Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models", 2019, for the
    first two; Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models", 2020, for the other two,
    which are less sensitive to a single outlier among the real points.
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
    """Return the distance from each point to its k-th nearest other point; shape (n,)."""
    distances = np.partition(cdist(points, points), neighbours, axis=1)  # the nearest is the point itself
    return np.asarray(distances[:, neighbours])


def frechet_distance(first: Floats, second: Floats) -> float:
    """Return the Fréchet distance between the normal distributions fitted to two sets of features.

    It is biased upwards in small samples: two samples of one distribution are not at 0.

    Args:
        first: shape (n, features).
        second: shape (m, features).

    Source: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule", 2017, equation 6.
    """
    one, other = (np.cov(features, rowvar=False) for features in (first, second))
    mean_term = float(np.square(first.mean(axis=0) - second.mean(axis=0)).sum())
    # tr (AB)^(1/2) is the sum of the roots of the eigenvalues of A^(1/2) B A^(1/2), which is symmetric. This is faster
    # than scipy.linalg.sqrtm and holds for singular covariances. Eigenvalues below 0 come from rounding only.
    values, vectors = np.linalg.eigh(one)
    root = vectors * np.sqrt(values.clip(0)) @ vectors.T
    eigenvalues = np.linalg.eigvalsh(root @ other @ root).clip(0)
    return max(0.0, mean_term + float(np.trace(one) + np.trace(other) - 2 * np.sqrt(eigenvalues).sum()))


def frechet_distance_with_interval(
    name: str, first: Floats, second: Floats, samples: tuple[int | Groups, Groups], *, seed: int
) -> dict[str, float]:
    """Return the Fréchet distance, corrected for its bias in small samples, and its bootstrap interval; none below 0.

    For normal samples of independent examples, three times as many as features, the interval covers the true distance
    about as often as stated. With fewer examples it lies too high.

    Args:
        name: of the distance.
        first: shape (n, features).
        second: shape (m, features).
        samples: of each set the number of examples, or which of them belong together, as for ``intervals.bootstrap``.
        seed: of the resampling.
    """
    found = intervals.bootstrap(
        name,
        lambda rows, others: frechet_distance(first[rows], second[others]),
        samples,
        seed=seed,
        bias_corrected=True,
    )
    return {key: max(0.0, value) for key, value in found.items()}


def distance_ratio(
    first: Floats, second: Floats, held_out: Floats, groups: Groups, *, paired: bool, seed: int
) -> dict[str, float]:
    """Return how many times as far as the second set the first one is from held-out pictures, with its interval.

    Both distances are corrected for their bias as in ``frechet_distance_with_interval``, and both are of the same
    resampled held-out pictures.

    Args:
        first: features of generated pictures, (n, features).
        second: of others, (m, features).
        held_out: of real pictures, (k, features).
        groups: which held-out pictures belong together, (k,).
        paired: whether the two sets come from the same latent vectors, row by row.
        seed: of the resampling.

    Returns:
        ``ratio``, ``ratio_low`` and ``ratio_high``.
    """
    if paired:
        return intervals.bootstrap_ratio(
            "ratio",
            lambda rows, real: frechet_distance(first[rows], held_out[real]),
            lambda rows, real: frechet_distance(second[rows], held_out[real]),
            (len(first), groups),
            seed=seed,
        )
    return intervals.bootstrap_ratio(
        "ratio",
        lambda rows, _, real: frechet_distance(first[rows], held_out[real]),
        lambda _, rows, real: frechet_distance(second[rows], held_out[real]),
        (len(first), len(second), groups),
        seed=seed,
    )
