"""Metrics of classifiers from their logits."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import log_softmax

from imagelab.evaluation import intervals, reliability

ANSWERS = "predictions"  # in the names of calibration metrics


def classification_metrics(logits: NDArray[np.floating], classes: NDArray[np.integer]) -> dict[str, float]:
    """Return ``accuracy`` and ``loss`` (cross-entropy in nats), averaged over the examples.

    Args:
        logits: shape (n, number of classes).
        classes: true classes, shape (n,).
    """
    return {"accuracy": float(_right(logits, classes).mean()), "loss": float(_losses(logits, classes).mean())}


def classifier_metrics(
    logits: NDArray[np.floating],
    averaged_logits: NDArray[np.floating],
    classes: NDArray[np.integer],
    names: Sequence[str],
) -> dict[str, Any]:
    """Measure a classifier on the test split, with test-time views and without.

    Args:
        logits: of the pictures, shape (n, number of classes).
        averaged_logits: their means over views of each picture, or ``logits`` again if the classifier does without;
            same shape. All but one of the numbers are about them.
        classes: true classes, shape (n,), n > 0.
        names: of the classes, in the order of the logits.

    Returns:
        ``images`` and ``classes``, their numbers; ``test_accuracy`` and
        ``test_accuracy_one_view``, each with its Wilson interval; ``test_loss``, the mean cross-entropy in nats;
        ``reliability.calibration_metrics`` of the probabilities that are stated for the predicted classes; and
        ``test_accuracy_by_class``, by name, None for a class without pictures.
    """
    right = _right(averaged_logits, classes)
    return {
        "images": len(classes),
        "classes": len(names),
        **intervals.wilson("test_accuracy", right),
        **intervals.wilson("test_accuracy_one_view", _right(logits, classes)),
        "test_loss": float(_losses(averaged_logits, classes).mean()),
        **reliability.calibration_metrics(stated_probabilities(averaged_logits), right, answers=ANSWERS),
        "test_accuracy_by_class": {
            name: float(right[classes == number].mean()) if (classes == number).any() else None
            for number, name in enumerate(names)
        },
    }


def by_class(logits: NDArray[np.floating], classes: NDArray[np.integer], names: Sequence[str]) -> pd.DataFrame:
    """Measure the accuracy on the pictures of each class.

    Args:
        logits: shape (n, number of classes).
        classes: true classes, shape (n,).
        names: of the classes, in the order of the logits.

    Returns:
        One row for each class: ``class``, its name; ``images``; ``test_accuracy`` with its Wilson interval,
        ``test_accuracy_low`` to ``test_accuracy_high``, all missing for a class without pictures.
    """
    right = _right(logits, classes)
    rows = []
    for number, name in enumerate(names):
        own = right[classes == number]
        accuracy = intervals.wilson("test_accuracy", own) if len(own) else {}
        rows.append({"class": name, "images": len(own), **accuracy})
    return pd.DataFrame(rows)


def predictions_reliability(logits: NDArray[np.floating], classes: NDArray[np.integer]) -> pd.DataFrame:
    """Compare the probabilities stated for the predicted classes with the share of right predictions, in ten bins.

    Args:
        logits: shape (n, number of classes).
        classes: true classes, shape (n,).

    Returns:
        As ``reliability.reliability``, with the number of ``predictions``.
    """
    return reliability.reliability(stated_probabilities(logits), _right(logits, classes), answers=ANSWERS)


def stated_probabilities(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the softmax probability of each predicted class, (n,), from logits, (n, number of classes)."""
    return np.asarray(np.exp(_log_probabilities(logits).max(axis=1)))


def worst(logits: NDArray[np.floating], classes: NDArray[np.integer], *, count: int) -> NDArray[np.intp]:
    """Return the rows of the highest cross-entropies, the highest first: ``count`` of them, or all if there are fewer.

    Args:
        logits: shape (n, number of classes).
        classes: true classes, shape (n,).
        count: of the rows.
    """
    return np.argsort(-_losses(logits, classes), kind="stable")[:count]


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


def _right(logits: NDArray[np.floating], classes: NDArray[np.integer]) -> NDArray[np.bool_]:
    return np.asarray(logits.argmax(axis=1) == classes)


def _losses(logits: NDArray[np.floating], classes: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the cross-entropy of each example in nats, (n,)."""
    return np.asarray(-_log_probabilities(logits)[np.arange(len(classes)), classes])


def _log_probabilities(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    # Not scikit-learn's log_loss: it clips probabilities at 2e-16, so no error would cost more than 36 nats.
    return np.asarray(log_softmax(logits.astype(np.float64), axis=1))
