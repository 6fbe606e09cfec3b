"""Generated pictures: arrays in, plain metrics out; no Keras."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import sqrtm
from sklearn.decomposition import PCA

_FEATURES = 32  # principal components; enough for the coarse shape and colours of a leaf, few enough for small samples


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
