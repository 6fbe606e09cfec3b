"""Arrays in, plain metrics out; no Keras."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import sqrtm
from sklearn.decomposition import PCA

from imagelab.labels import MINUTES_PER_DIAL

_FEATURES = 32  # principal components; enough for the coarse shape and colours of a leaf, few enough for small samples


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


def frechet_distance(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Return the Fréchet distance between the normal distributions fitted to two sets of features.

    Args:
        first: shape (n, features).
        second: shape (m, features).

    Source: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule", 2017, equation 6.
    """
    covariances = [np.cov(features, rowvar=False) for features in (first, second)]
    mean_term = float(np.square(first.mean(axis=0) - second.mean(axis=0)).sum())
    root = sqrtm(covariances[0] @ covariances[1]).real  # imaginary parts are rounding
    return max(0.0, mean_term + float(np.trace(covariances[0] + covariances[1] - 2 * root)))


def generator_metrics(
    generated: NDArray[np.floating], training: NDArray[np.floating], held_out: NDArray[np.floating], *, seed: int
) -> dict[str, float]:
    """Measure generated pictures against real ones, by colour and coarse shape only.

    The features are principal components of the training pictures' pixels: they see layout and colour, hardly
    sharpness.

    Args:
        generated: (n, h, w, 3), in [0, 1].
        training: (m, h, w, 3), in [0, 1]; the pictures that the generator has seen.
        held_out: (k, h, w, 3), in [0, 1]; real pictures that it has not seen.
        seed: of the noise.

    Returns:
        ``frechet_distance`` to the training pictures; the same of held-out pictures (``_floor``: a perfect generator
        would reach it) and of uniform noise (``_noise``); ``pixel_standard_deviation`` of generated pictures around
        their mean picture, which is near 0 when all are alike, and that of real ones.
    """
    noise = np.random.default_rng(seed).random(generated.shape, dtype=np.float32)
    components = min(_FEATURES, len(training), training[0].size)
    projection = PCA(components, svd_solver="full" if len(training) < 2000 else "covariance_eigh").fit(_flat(training))
    reference = projection.transform(_flat(training))

    def distance(pictures: NDArray[np.floating]) -> float:
        return frechet_distance(reference, projection.transform(_flat(pictures)))

    return {
        "images": len(generated),
        "frechet_distance": distance(generated),
        "frechet_distance_floor": distance(held_out),
        "frechet_distance_noise": distance(noise),
        "pixel_standard_deviation": float(generated.std(axis=0).mean()),
        "pixel_standard_deviation_real": float(training.std(axis=0).mean()),
    }


def _flat(pictures: NDArray[np.floating]) -> NDArray[np.float64]:
    return pictures.reshape(len(pictures), -1).astype(np.float64)
