"""Signs that a generator has collapsed: it draws always the same, misses what is real, or ignores its code."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SMALLEST_SPREAD = 0.1  # of the spread of real pictures
SMALLEST_COVERAGE = 0.05  # share of real pictures that have a generated one near them
SMALLEST_KL_NATS = 1.0  # e^1: the code tells fewer than three pictures apart
ALWAYS_RIGHT, EPOCHS_IN_A_ROW = 0.995, 3  # a discriminator that teaches its generator nothing any more

Floats = NDArray[np.floating[Any]]


def smallest_class_spread(
    generated: Floats, conditioned: NDArray[np.integer], real: Floats, classes: NDArray[np.integer]
) -> float:
    """Find the class whose generated pictures are most alike, compared with its real ones.

    Args:
        generated: pictures, (n, h, w, 3).
        conditioned: the class that each was drawn for, (n,).
        real: pictures, (m, h, w, 3).
        classes: theirs, (m,).

    Returns:
        The pixel standard deviation of the class's generated pictures around their mean picture, over that of its real
        ones; 1 if no class has two pictures of each kind.
    """
    spreads = [
        float(own.std(axis=0).mean() / others.std(axis=0).mean())
        for label in np.unique(conditioned)
        for own, others in ((generated[conditioned == label], real[classes == label]),)
        if min(len(own), len(others)) > 1
    ]
    return min(spreads, default=1.0)


def signs_of_collapse(metrics: Mapping[str, Any], history: pd.DataFrame) -> list[str]:
    """Say what shows that a generator has collapsed.

    Args:
        metrics: of ``generator_metrics``; ``smallest_class_spread`` of a generator that is conditioned on the class;
            ``kl_nats`` and ``active_units`` of a variational autoencoder.
        history: of the training; that of a GAN has the discriminator's accuracies.

    Returns:
        A reason each; none for a healthy generator.
    """
    signs = []
    spread, real = metrics["pixel_standard_deviation"], metrics["pixel_standard_deviation_real"]
    if spread < SMALLEST_SPREAD * real:
        signs.append(f"its pictures are nearly alike: pixel standard deviation {spread:.3g}, of real ones {real:.3g}")
    if (within := metrics.get("smallest_class_spread", 1.0)) < SMALLEST_SPREAD:
        signs.append(f"its pictures of a class are nearly alike: they vary {within:.3g} times as much as real ones")
    for space, found in metrics.items():
        if isinstance(found, Mapping) and (found["coverage_high"] < SMALLEST_COVERAGE or not found["coverage"]):
            coverage, high = found["coverage"], found["coverage_high"]
            signs.append(f"its pictures cover {coverage:.1%} of the real ones (at most {high:.1%}; {space} features)")
    if "kl_nats" in metrics and (metrics["kl_nats"] < SMALLEST_KL_NATS or not metrics["active_units"]):
        code = f"KL divergence {metrics['kl_nats']:.3g} nats, {metrics['active_units']} active units"
        signs.append(f"its code says nearly nothing about a picture: {code}")
    accuracies = ["accuracy_on_real", "accuracy_on_generated"]
    if set(accuracies) <= set(history):
        last = history[accuracies].tail(EPOCHS_IN_A_ROW)
        if (last > ALWAYS_RIGHT).all(axis=None):
            signs.append(f"the discriminator was right in over {ALWAYS_RIGHT:.1%} in the last {len(last)} epochs")
    return signs
