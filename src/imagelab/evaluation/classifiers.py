"""Metrics of classifiers from their logits."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import log_softmax


def classification_metrics(logits: NDArray[np.floating], classes: NDArray[np.integer]) -> dict[str, float]:
    """Return ``accuracy`` and ``loss`` (cross-entropy in nats), averaged over the examples.

    Args:
        logits: shape (n, number of classes).
        classes: true classes, shape (n,).
    """
    # Not scikit-learn's log_loss: it clips probabilities at 2e-16, so no error would cost more than 36 nats.
    log_probabilities = log_softmax(logits.astype(np.float64), axis=1)
    return {
        "accuracy": float((logits.argmax(axis=1) == classes).mean()),
        "loss": float(-log_probabilities[np.arange(len(classes)), classes].mean()),
    }


def confusion(logits: NDArray[np.floating], classes: NDArray[np.integer], names: Sequence[str]) -> pd.DataFrame:
    """Name the true and the predicted class of each example.

    Args:
        logits: shape (n, number of classes).
        classes: true classes, shape (n,).
        names: of the classes, in the order of the logits.

    Returns:
        The columns ``actual`` and ``predicted``, one row per example, as DVC's confusion template expects.
    """
    of = np.array(names)
    return pd.DataFrame({"actual": of[classes], "predicted": of[logits.argmax(axis=1)]})
