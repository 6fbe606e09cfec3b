"""Metrics of classifiers from their logits."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray


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
