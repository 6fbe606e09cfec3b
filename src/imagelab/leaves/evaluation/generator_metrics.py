"""What is measured of a generator: features in two spaces, sharpness, spread, the code, the progress; no Keras."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.evaluation import intervals
from imagelab.leaves.evaluation import feature_metrics
from imagelab.leaves.evaluation.feature_metrics import Floats, References

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
    drawn, unseen = generated[:count], feature_metrics.some_of(held_out, count, seed=seed)
    return {
        "images": count,
        **by_space,
        **_sharpness(drawn, unseen, seed=seed),
        "pixel_standard_deviation": float(drawn.std(axis=0).mean()),
        "pixel_standard_deviation_real": float(unseen.std(axis=0).mean()),
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
        A row an epoch: ``epoch``, ``images`` (how many of each kind were compared), ``sharpness`` with its interval,
        and what ``feature_metrics.compare_snapshot`` returns, with the space before each name
        (``classifier_precision``). Measures depend on the number of pictures, so they compare with those of
        ``generator_metrics`` only where that is the same.
    """
    rows = []
    for index, epoch in enumerate(epochs):
        by_space: dict[str, float] = {}
        for space, seen in features.items():
            found = feature_metrics.compare_snapshot(seen[index], real[space], seed=seed)
            count = int(found.pop("images"))
            by_space |= {f"{space}_{name}": value for name, value in found.items()}
        unseen = feature_metrics.some_of(held_out, count, seed=seed)
        sharpness = _sharpness(snapshots[index][:count] / 255, unseen, seed=seed)
        rows.append({"epoch": int(epoch), "images": count, **sharpness, **by_space})
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


def _sharpness(images: Floats, real: Floats, *, seed: int) -> dict[str, float]:
    energy, real_energy = high_frequency_energy(images), high_frequency_energy(real)
    return intervals.bootstrap(
        "sharpness",
        lambda rows, others: energy[rows].mean() / real_energy[others].mean(),
        (len(energy), len(real_energy)),
        seed=seed,
    )
