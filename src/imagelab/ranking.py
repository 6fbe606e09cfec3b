"""Tables of the grid search: points in order of accuracy, and the best settings."""

from typing import Any

import pandas as pd

SETTINGS = ["optimizer", "learning_rate", "batch_size", "epochs"]


def rank(results: pd.DataFrame, *, selection: str) -> pd.DataFrame:
    """Sort the points of a family, best first.

    Args:
        results: one row a point, as ``search.search`` returns.
        selection: ``validation`` or ``test``; the split whose accuracy decides. Equal accuracies are ordered by the
        settings,
            so that the order never depends on that of the grid.

    Returns:
        The same rows with the column ``rank``, from 1, in front.
    """
    settings = [name for name in ["variant", *SETTINGS] if name in results]
    ordered = results.sort_values([f"{selection}_accuracy", *settings], ascending=[False] + [True] * len(settings))
    ordered = ordered.reset_index(drop=True)
    ordered.insert(0, "rank", ordered.index + 1)
    return ordered


def best_settings(ranked: pd.DataFrame, count: int) -> list[dict[str, Any]]:
    """Return the settings of the first rows as plain values."""
    return [
        {str(name): value for name, value in row.items()} for row in ranked.head(count)[SETTINGS].to_dict("records")
    ]


def summary(ranked: pd.DataFrame, *, selection: str) -> dict[str, Any]:
    """Describe a family in a few numbers: the best point and the spread over all points.

    The best point is the one chosen on the ``selection`` split; its test accuracy is read, not chosen, unless that is
    ``test``.
    """
    best = ranked.iloc[0]
    settings = [name for name in ["variant", *SETTINGS] if name in ranked]
    return {
        "points": len(ranked),
        "selection": selection,
        "best": {name: _plain(best[name]) for name in settings},
        "best_validation_accuracy": float(best["validation_accuracy"]),
        "best_test_accuracy": float(best["test_accuracy"]),
        "mean_test_accuracy": float(ranked["test_accuracy"].mean()),
        "worst_test_accuracy": float(ranked["test_accuracy"].min()),
    }


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
