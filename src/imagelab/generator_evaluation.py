"""What is measured of a generator: features in two spaces, sharpness, spread, the code, the progress; no Keras."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab import feature_metrics, intervals
from imagelab.feature_metrics import Floats, References

ACTIVE_VARIANCE = 0.01  # of a latent dimension's mean over pictures, from which on it is active; the source's

_HIGH_FREQUENCY = 0.25  # cycles a pixel: half of the highest that a picture can hold


def generator_metrics(
    generated: Floats, features: Mapping[str, Floats], held_out: Floats, real: Mapping[str, References], *, seed: int
) -> dict[str, Any]:
    """Measure generated pictures against real ones that neither the generator nor the classifier has seen.

    Args:
        generated: pictures, (n, h, w, 3), in [0, 1].
        features: of these, (n, features), by space.
        held_out: real pictures, (m, h, w, 3), in [0, 1].
        real: features of real pictures and of noise, by space.
        seed: of draws and of resampling.

    Returns:
        ``images``, how many pictures of each kind were compared; by space, what ``feature_metrics.compare`` returns;
        ``sharpness``, the high-frequency energy over that of real pictures (1 is as sharp as they are), with its 95 %
        interval; and ``pixel_standard_deviation``, the spread around the mean picture, with that of real ones
        (``_real``).

    Raises:
        InputError: as ``feature_metrics.equal_samples``.
    """
    by_space = {space: feature_metrics.compare(features[space], real[space], seed=seed) for space in features}
    count = min(int(found["images"]) for found in by_space.values())
    energy, real_energy = high_frequency_energy(generated[:count]), high_frequency_energy(held_out)
    return {
        "images": count,
        **by_space,
        **_sharpness(energy, real_energy, seed=seed),
        "pixel_standard_deviation": float(generated.std(axis=0).mean()),
        "pixel_standard_deviation_real": float(held_out.std(axis=0).mean()),
    }


def measure_progress(
    snapshots: NDArray[np.uint8],
    features: Mapping[str, Floats],
    epochs: NDArray[np.integer],
    held_out: Floats,
    real: Mapping[str, References],
    *,
    seed: int,
) -> pd.DataFrame:
    """Measure what a generator drew after some of its epochs.

    Args:
        snapshots: (epochs, n, h, w, 3).
        features: of these, (epochs, n, features), by space.
        epochs: which they are, (epochs,).
        held_out: real pictures, in [0, 1].
        real: features of real pictures and of noise, by space.
        seed: as for ``generator_metrics``.

    Returns:
        A row an epoch: ``epoch``, ``sharpness`` with its interval, and what ``feature_metrics.compare_snapshot``
        returns, with the space before each name (``classifier_precision``). Measures depend on the number of pictures
        (``classifier_images``), so they compare with those of ``generator_metrics`` only where that is the same.
    """
    real_energy = high_frequency_energy(held_out)
    rows = []
    for index, epoch in enumerate(epochs):
        row: dict[str, float] = {"epoch": int(epoch)}
        row |= _sharpness(high_frequency_energy(snapshots[index][: len(held_out)] / 255), real_energy, seed=seed)
        for space, seen in features.items():
            found = feature_metrics.compare_snapshot(seen[index], real[space], seed=seed)
            row |= {f"{space}_{name}": value for name, value in found.items()}
        rows.append(row)
    return pd.DataFrame(rows)


def code_metrics(statistics: Floats) -> dict[str, float]:
    """Measure how much a variational autoencoder's code says about a picture.

    Args:
        statistics: what the encoder says of held-out pictures: means, then log-variances; shape (n, 2 * dimension).

    Returns:
        ``latent_dimension``; ``kl_nats``, the KL divergence of a picture's latent distribution from the standard
        normal, mean over pictures; ``active_units``, the latent dimensions whose mean varies over pictures (variance
        above 0.01).

    Source: Burda et al., "Importance Weighted Autoencoders", 2016, section 5.2, for the active units.
    """
    mean, log_variance = np.split(statistics.astype(np.float64), 2, axis=1)
    kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1)
    return {
        "latent_dimension": mean.shape[1],
        "kl_nats": float(kl.mean()),
        "active_units": int((mean.var(axis=0) > ACTIVE_VARIANCE).sum()),
    }


def high_frequency_energy(images: Floats) -> NDArray[np.float64]:
    """Return the mean energy of each picture's brightness above half the highest frequency; shape (n,)."""
    brightness = images.mean(axis=-1, dtype=np.float64)  # (n, h, w)
    _, height, width = brightness.shape
    spectrum = np.abs(np.fft.fft2(brightness)) ** 2 / (height * width)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None])
    return np.asarray(spectrum[:, frequency > _HIGH_FREQUENCY].mean(axis=1))


def _sharpness(energy: NDArray[np.float64], real_energy: NDArray[np.float64], *, seed: int) -> dict[str, float]:
    return intervals.bootstrap(
        "sharpness",
        lambda rows, others: energy[rows].mean() / real_energy[others].mean(),
        (len(energy), len(real_energy)),
        seed=seed,
    )
