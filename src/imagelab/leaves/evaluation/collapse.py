"""Signs that a generator has collapsed: its pictures are alike, few real ones are covered, or its code is unused."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.leaves.evaluation.samples import Floats
from imagelab.runtime.errors import InputError
from imagelab.settings.leaves import Sample

SMALLEST_SPREAD = 0.1  # of the spread of real pictures
SMALLEST_COVERAGE = 0.05  # share of real pictures that have a generated one near them
SMALLEST_KL_NATS = 1.0  # below this the code distinguishes fewer than e^1, that is three, pictures
ALWAYS_RIGHT, EPOCHS_IN_A_ROW = 0.995, 3  # a discriminator from which its generator learns nothing


def smallest_class_spread(
    generated: Floats, conditioned: NDArray[np.integer], real: Floats, classes: NDArray[np.integer]
) -> float:
    """Return the spread of the class whose generated pictures are most alike, compared with its real ones.

    Args:
        generated: pictures, (n, h, w, 3).
        conditioned: the class that each was drawn for, (n,).
        real: pictures, (m, h, w, 3).
        classes: of the real pictures, (m,).

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
    """Return the reasons for calling a generator collapsed; none for a healthy one.

    Args:
        metrics: what ``generator_metrics`` returns; of a variational autoencoder also ``kl_nats`` and ``active_units``.
        history: of the training; that of a GAN has the discriminator's accuracies.
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
        signs.append(f"its code holds almost no information about a picture: {code}")
    accuracies = ["accuracy_on_real", "accuracy_on_generated"]
    if set(accuracies) <= set(history):
        last = history[accuracies].tail(EPOCHS_IN_A_ROW)
        if (last > ALWAYS_RIGHT).all(axis=None):
            signs.append(f"the discriminator's accuracies were above {ALWAYS_RIGHT:.1%} in the last {len(last)} epochs")
    return signs


def warn_or_stop(name: str, signs: Sequence[str], settings: Sample, *, where: object) -> None:
    """Print a warning for each sign of collapse, or stop if the settings ask for it.

    Args:
        name: of the generator.
        signs: as ``signs_of_collapse`` returns them.
        settings: ``on_collapse`` decides.
        where: the folder of the generator, for the message.

    Raises:
        InputError: with all signs, if there is one and ``on_collapse`` is ``fail``.
    """
    if settings.on_collapse == "fail" and signs:
        expected = "a generator that did not collapse (or sample.on_collapse: mark)"
        raise InputError(name, where=where, expected=expected, received="; ".join(signs))
    for sign in signs:
        print(f"warning: {name} collapsed: {sign}", file=sys.stderr)
