"""What is measured of a generator: its pictures, its latent code, its last epoch, its progress; no Keras."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.evaluation import intervals
from imagelab.evaluation.intervals import Groups
from imagelab.leaves.evaluation import feature_metrics
from imagelab.leaves.evaluation.collapse import smallest_class_spread
from imagelab.leaves.evaluation.samples import Floats, References, Samples, Snapshots
from imagelab.leaves.groups import LeafGroups
from imagelab.storage.splits import Split

ACTIVE_VARIANCE = 0.01  # of a latent dimension's mean over pictures; an active dimension has more (Burda et al.)

_HIGH_FREQUENCY = 0.25  # cycles per pixel: half of the highest frequency that a picture can hold


def generator_metrics(
    samples: Samples, real: Mapping[str, References], train: Split, held_out: Split, groups: LeafGroups, *, seed: int
) -> dict[str, Any]:
    """Measure the pictures of a generator against real ones that neither it nor the classifier was trained on.

    Args:
        samples: what the generator drew.
        real: features of real pictures and of noise, by space.
        train: pictures in [0, 1] that the generator was trained on, and their classes.
        held_out: the real pictures to compare with, in [0, 1].
        groups: which of the real pictures belong together.
        seed: of draws and of resampling.

    Returns:
        ``images``, how many pictures of each kind were compared; by space, what ``feature_metrics.compare`` returns;
        ``sharpness``, the high-frequency energy over that of real pictures (1 is as sharp as they are), with its 95 %
        interval; ``pixel_standard_deviation``, the spread around the mean picture, and that of real ones (``_real``);
        ``smallest_class_spread`` of ``collapse``, if the generator is conditioned on the class: of all that it drew,
        over that of the training pictures.

    Raises:
        InputError: as ``feature_metrics.equal_samples``.
    """
    by_space = {
        space: feature_metrics.compare(own, real[space], groups, seed=seed) for space, own in samples.features.items()
    }
    count = min(int(found["images"]) for found in by_space.values())
    drawn = samples.images[:count]
    unseen = feature_metrics.draw_rows(held_out.images, count, seed=seed)
    together = feature_metrics.draw_rows(groups.held_out, count, seed=seed)
    metrics: dict[str, Any] = {
        "images": count,
        **by_space,
        **_sharpness(drawn, unseen, together, seed=seed),
        "pixel_standard_deviation": float(drawn.std(axis=0).mean()),
        "pixel_standard_deviation_real": float(unseen.std(axis=0).mean()),
    }
    if samples.classes is not None:
        spread = smallest_class_spread(samples.images, samples.classes, train.images, train.targets)
        metrics["smallest_class_spread"] = spread
    return metrics


def training_metrics(history: pd.DataFrame) -> dict[str, float]:
    """Return the losses and accuracies of a training's last epoch, with ``last_`` before each name."""
    last = history.iloc[-1].to_dict()
    return {f"last_{column}": value for column, value in last.items() if column != "epoch"}


def measure_progress(
    snapshots: Snapshots, real: Mapping[str, References], held_out: Floats, groups: LeafGroups, *, seed: int
) -> pd.DataFrame:
    """Measure what a generator drew after some of its epochs.

    Args:
        snapshots: these pictures and their features.
        real: features of real pictures and of noise, by space.
        held_out: real pictures, in [0, 1].
        groups: as for ``generator_metrics``.
        seed: as for ``generator_metrics``.

    Returns:
        One row per epoch: ``epoch``, ``images`` (how many of each kind were compared), ``sharpness`` with its interval,
        and what ``feature_metrics.compare_snapshot`` returns, with the space before each name
        (``classifier_precision``). The measures depend on the number of pictures: they are comparable with those of
        ``generator_metrics`` only where that number is the same.
    """
    rows = []
    for index, epoch in enumerate(snapshots.epochs):
        by_space: dict[str, float] = {}
        for space, features in snapshots.features.items():
            found = feature_metrics.compare_snapshot(features[index], real[space], groups, seed=seed)
            count = int(found.pop("images"))
            by_space |= {f"{space}_{name}": value for name, value in found.items()}
        unseen = feature_metrics.draw_rows(held_out, count, seed=seed)
        together = feature_metrics.draw_rows(groups.held_out, count, seed=seed)
        sharpness = _sharpness(snapshots.images[index][:count] / 255, unseen, together, seed=seed)
        rows.append({"epoch": int(epoch), "images": count, **sharpness, **by_space})
    return pd.DataFrame(rows)


def code_metrics(statistics: Floats) -> dict[str, float]:
    """Measure how much information a variational autoencoder's latent code holds about a picture.

    Args:
        statistics: the encoder's output for held-out pictures: means, then log-variances; shape (n, 2 * dimension).

    Returns:
        ``latent_dimension``; ``kl_nats``, the KL divergence of a picture's latent distribution from the standard
        normal, averaged over pictures; ``active_units``, how many latent dimensions have a mean that varies over
        pictures (variance above 0.01).

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
    """Return the mean energy of each picture's brightness at more than half the highest frequency; shape (n,)."""
    brightness = images.mean(axis=-1, dtype=np.float64)  # (n, h, w)
    _, height, width = brightness.shape
    spectrum = np.abs(np.fft.fft2(brightness)) ** 2 / (height * width)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None])
    return np.asarray(spectrum[:, frequency > _HIGH_FREQUENCY].mean(axis=1))


def _sharpness(images: Floats, real: Floats, groups: Groups, *, seed: int) -> dict[str, float]:
    energy, real_energy = high_frequency_energy(images), high_frequency_energy(real)
    return intervals.bootstrap(
        "sharpness",
        lambda rows, others: energy[rows].mean() / real_energy[others].mean(),
        (len(energy), groups),
        seed=seed,
    )
