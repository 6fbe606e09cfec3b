"""How near generated pictures come to real ones, in the features of a classifier of real ones; no Keras."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg, stats
from scipy.spatial.distance import cdist
from sklearn.metrics import pairwise_distances_argmin_min

from imagelab.errors import InputError

NEIGHBOURS = 3  # whose distance is the radius of a real picture's surroundings, as in the source
RESAMPLES = 200
CONFIDENCE = 0.95

_HIGH_FREQUENCY = 0.25  # cycles a pixel: half of the highest that a picture can hold
_SMALLEST_SPREAD = 0.1  # of that of real pictures
_ALWAYS_RIGHT, _EPOCHS_IN_A_ROW = 0.995, 3  # a discriminator that teaches its generator nothing any more

Floats = NDArray[np.floating[Any]]


class Pictures(NamedTuple):
    """Pictures and what a classifier sees in them."""

    images: Floats  # (n, h, w, 3), in [0, 1]
    features: Floats  # (n, features)


def generator_metrics(
    generated: Pictures, training: Pictures, held_out: Pictures, noise_features: Floats, *, seed: int
) -> dict[str, float]:
    """Measure generated pictures against real ones.

    Distance, precision and recall compare equal numbers of pictures, since they depend on them.

    Args:
        generated: to measure.
        training: real pictures that the generator has seen.
        held_out: real pictures that it has not seen; for ``copying`` only.
        noise_features: of pictures of uniform noise, (k, features).
        seed: of the halves and of the resampling.

    Returns:
        ``frechet_distance`` between generated pictures and one half of the training pictures; beside it
        ``frechet_distance_floor``, that of the other half (what a perfect copy of the training pictures would reach),
        and ``frechet_distance_ceiling``, that of noise.
        ``precision``: the share of generated pictures that lie among real ones, ``recall``: of real ones that lie among
        generated ones; ``precision_of_real`` and ``recall_of_real``: what the other half of the training pictures
        reaches.
        ``sharpness``: high-frequency energy over that of real pictures; 1 is as sharp as they are.
        ``copying``: median distance to the nearest training picture over that of held-out pictures; far below 1 means
        copies.
        ``pixel_standard_deviation`` of generated pictures around their mean picture, and of real ones (``_real``).
        Each with the sample size (``_images``), and the first four measures with the ends of a bootstrap interval
        (``_low``, ``_high``: 95 %). Generated and real pictures are drawn again, but for ``precision`` and ``recall``:
        pictures drawn twice would be each other's nearest neighbours, so there only those are that are counted.

    Raises:
        InputError: if a number is NaN or infinite, or there are too few pictures to have neighbours.
    """
    order = np.random.default_rng(seed).permutation(len(training.features))
    half = len(order) // 2
    count = min(half, len(generated.features), len(noise_features))
    reference, other = (training.features[rows[:count]] for rows in (order[:half], order[half:]))
    _check(generated, count)
    drawn = generated.features[:count]
    metrics: dict[str, float] = {"frechet_distance_images": count}
    metrics |= _with_interval(
        "frechet_distance",
        lambda rows, real: frechet_distance(drawn[rows], reference[real]),
        (count, count),
        seed,
        reflected=True,  # pictures drawn twice move it upwards
    )
    metrics["frechet_distance_floor"] = frechet_distance(other, reference)
    metrics["frechet_distance_ceiling"] = frechet_distance(noise_features[:count], reference)
    metrics["precision_images"] = metrics["recall_images"] = count
    of_drawn, of_real = among(drawn, reference), among(reference, drawn)
    metrics |= _with_interval("precision", lambda rows: of_drawn[rows].mean(), (count,), seed)
    metrics |= _with_interval("recall", lambda rows: of_real[rows].mean(), (count,), seed)
    metrics["precision_of_real"] = float(among(other, reference).mean())
    metrics["recall_of_real"] = float(among(reference, other).mean())
    energy, real_energy = (high_frequency_energy(pictures.images) for pictures in (generated, training))
    metrics["sharpness_images"] = len(energy)
    metrics |= _with_interval(
        "sharpness",
        lambda rows, real: energy[rows].mean() / real_energy[real].mean(),
        (len(energy), len(real_energy)),
        seed,
    )
    near, near_held_out = (  # in chunks: a full set would fill gigabytes
        pairwise_distances_argmin_min(some.features, training.features)[1] for some in (generated, held_out)
    )
    metrics["copying_images"] = len(near)
    metrics |= _with_interval(
        "copying",
        lambda rows, unseen: np.median(near[rows]) / np.median(near_held_out[unseen]),
        (len(near), len(near_held_out)),
        seed,
    )
    metrics["pixel_standard_deviation"] = float(generated.images.std(axis=0).mean())
    metrics["pixel_standard_deviation_real"] = float(training.images.std(axis=0).mean())
    return metrics


def measure_progress(
    snapshots: NDArray[np.uint8], features: Floats, epochs: NDArray[np.integer], training: Pictures, *, seed: int
) -> pd.DataFrame:
    """Measure what a generator drew after some of its epochs.

    Args:
        snapshots: (epochs, n, h, w, 3).
        features: of these, (epochs, n, features).
        epochs: which they are, (epochs,).
        training: real pictures.
        seed: of the half of them that is compared with, the same as in ``generator_metrics``.

    Returns:
        ``epoch``, ``frechet_distance``, ``precision``, ``recall`` and ``sharpness``, a row an epoch. They are not
        those of ``generator_metrics``: distance, precision and recall depend on the number of pictures.
    """
    order = np.random.default_rng(seed).permutation(len(training.features))
    count = min(len(order) // 2, features.shape[1])
    reference = training.features[order[:count]]
    real_energy = high_frequency_energy(training.images).mean()
    rows = [
        {
            "epoch": epoch,
            "frechet_distance": frechet_distance(seen[:count], reference),
            "precision": among(seen[:count], reference).mean(),
            "recall": among(reference, seen[:count]).mean(),
            "sharpness": high_frequency_energy(drawn / 255).mean() / real_energy,
        }
        for epoch, drawn, seen in zip(epochs, snapshots, features, strict=True)
    ]
    return pd.DataFrame(rows)


def smallest_class_spread(
    generated: Floats, asked: NDArray[np.integer], real: Floats, classes: NDArray[np.integer]
) -> float:
    """Find the class whose generated pictures are most alike, compared with its real ones.

    Args:
        generated: pictures, (n, h, w, 3).
        asked: the class that each was drawn for, (n,).
        real: pictures, (m, h, w, 3).
        classes: theirs, (m,).

    Returns:
        The pixel standard deviation of the class's generated pictures around their mean picture, over that of its real
        ones; 1 if no class has two pictures of each kind.
    """
    spreads = [
        float(own.std(axis=0).mean() / others.std(axis=0).mean())
        for label in np.unique(asked)
        for own, others in ((generated[asked == label], real[classes == label]),)
        if min(len(own), len(others)) > 1
    ]
    return min(spreads, default=1.0)


def signs_of_collapse(metrics: Mapping[str, float], history: pd.DataFrame) -> list[str]:
    """Say what shows that a generator draws always the same, or that its discriminator has left it behind.

    Args:
        metrics: of ``generator_metrics``; and ``smallest_class_spread``, if the generator was asked for classes.
        history: of the training; that of a GAN has the discriminator's accuracies.

    Returns:
        A reason each; none for a healthy generator.
    """
    signs = []
    spread, real = metrics["pixel_standard_deviation"], metrics["pixel_standard_deviation_real"]
    if spread < _SMALLEST_SPREAD * real:
        signs.append(f"its pictures are nearly alike: pixel standard deviation {spread:.3g}, of real ones {real:.3g}")
    if (within := metrics.get("smallest_class_spread", 1.0)) < _SMALLEST_SPREAD:
        signs.append(f"its pictures of a class are nearly alike: they vary {within:.3g} times as much as real ones")
    accuracies = ["accuracy_on_real", "accuracy_on_generated"]
    if set(accuracies) <= set(history):
        last = history[accuracies].tail(_EPOCHS_IN_A_ROW)
        if (last > _ALWAYS_RIGHT).all(axis=None):
            signs.append(f"the discriminator was right in over {_ALWAYS_RIGHT:.1%} in the last {len(last)} epochs")
    return signs


def frechet_distance(first: Floats, second: Floats) -> float:
    """Return the Fréchet distance between the normal distributions fitted to two sets of features.

    Args:
        first: shape (n, features).
        second: shape (m, features).

    Source: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule", 2017, equation 6.
    """
    covariances = [np.cov(features, rowvar=False) for features in (first, second)]
    mean_term = float(np.square(first.mean(axis=0) - second.mean(axis=0)).sum())
    # The trace of a product's root is the sum of the roots of its eigenvalues, which are negative by rounding only.
    eigenvalues = linalg.eigvals(covariances[0] @ covariances[1]).real.clip(0)
    return max(0.0, mean_term + float(np.trace(covariances[0] + covariances[1]) - 2 * np.sqrt(eigenvalues).sum()))


def among(some: Floats, others: Floats) -> NDArray[np.bool_]:
    """Tell which of some features lie in the surroundings of others: nearer to one than its k-th neighbour is.

    Args:
        some: shape (n, features).
        others: shape (m, features); m > ``NEIGHBOURS``.

    Returns:
        Shape (n,).

    Source: Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models", 2019,
    equation 1: precision is the mean for generated pictures among real ones, recall for real ones among generated ones.
    """
    radii = np.partition(cdist(others, others), NEIGHBOURS, axis=1)[:, NEIGHBOURS]  # the nearest is the point itself
    return np.asarray((cdist(some, others) <= radii).any(axis=1))


def high_frequency_energy(images: Floats) -> NDArray[np.float64]:
    """Return the mean energy of each picture's brightness above half the highest frequency; shape (n,)."""
    brightness = images.mean(axis=-1, dtype=np.float64)  # (n, h, w)
    _, height, width = brightness.shape
    spectrum = np.abs(np.fft.fft2(brightness)) ** 2 / (height * width)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None])
    return np.asarray(spectrum[:, frequency > _HIGH_FREQUENCY].mean(axis=1))


def _check(generated: Pictures, count: int) -> None:
    if not all(np.isfinite(array).all() for array in generated):
        raise InputError("pictures", where="generated", expected="finite numbers", received="NaN or infinite ones")
    if count <= NEIGHBOURS:
        expected = f"more than {NEIGHBOURS}, and twice as many for training"
        raise InputError("pictures", where="generated and real ones", expected=expected, received=count)


def _with_interval(
    name: str, statistic: Callable[..., Any], counts: tuple[int, ...], seed: int, *, reflected: bool = False
) -> dict[str, float]:
    """Return a statistic of the rows 0..count-1 of each sample and its bootstrap interval.

    The interval is that between percentiles, or reflected at the estimate (the "basic" one), which takes out what
    resampling adds.
    """
    rows = tuple(np.arange(count) for count in counts)
    interval = stats.bootstrap(
        rows,
        statistic,
        method="basic" if reflected else "percentile",
        vectorized=False,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return {
        name: float(statistic(*rows)),
        f"{name}_low": float(interval.low),
        f"{name}_high": float(interval.high),
    }
