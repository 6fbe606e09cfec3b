"""Tables of the grid search: points in order of accuracy, the best settings, and what each hyperparameter explains."""

from typing import Any

import pandas as pd

from imagelab.params import SETTINGS

COLUMNS = (*SETTINGS, "run", "validation_accuracy", "test_accuracy")
"""What is read of a search's results, besides the variant where there are some."""

SPREAD = [
    "hyperparameter",
    "values",
    "share_of_variance",
    "split",
    "best_value",
    "best_mean_accuracy",
    "worst_value",
    "worst_mean_accuracy",
]


def rank(results: pd.DataFrame, *, selection: str) -> pd.DataFrame:
    """Sort the points of a family, best first.

    Args:
        results: one row a point, as ``search.run`` returns.
        selection: ``validation`` or ``test``; the split whose accuracy decides. Equal accuracies are ordered by the
            settings, so that the order never depends on that of the grid; failed points come last.

    Returns:
        The same rows with the column ``rank``, from 1, in front.
    """
    settings = _settings_in(results)
    by = [f"{selection}_accuracy", *settings, "run"]
    ordered = results.sort_values(by, ascending=[False] + [True] * (len(settings) + 1), na_position="last")
    ordered = ordered.reset_index(drop=True)
    ordered.insert(0, "rank", ordered.index + 1)
    return ordered


def best_settings(ranked: pd.DataFrame, count: int) -> list[dict[str, Any]]:
    """Return the first different settings that have a result, as plain values."""
    trained = _trained(ranked).drop_duplicates(list(SETTINGS))
    return [
        {str(name): value for name, value in row.items()}
        for row in trained.head(count)[list(SETTINGS)].to_dict("records")
    ]


def summary(ranked: pd.DataFrame, *, selection: str) -> dict[str, Any]:
    """Describe a family in a few numbers: the best point and the spread over all points.

    The best point is the one chosen on the ``selection`` split; its test accuracy is read, not chosen, unless that is
    ``test``.
    """
    trained = _trained(ranked)
    best = trained.iloc[0]
    return {
        "points": len(ranked),
        "failed": len(ranked) - len(trained),
        "selection": selection,
        **{f"best_{name}": _plain(best[name]) for name in _settings_in(ranked)},
        "best_validation_accuracy": float(best["validation_accuracy"]),
        "best_test_accuracy": float(best["test_accuracy"]),
        "mean_test_accuracy": float(trained["test_accuracy"].mean()),
        "worst_test_accuracy": float(trained["test_accuracy"].min()),
    }


def explained_spread(results: pd.DataFrame, *, selection: str) -> pd.DataFrame:
    """Tell how much of the spread of the accuracies each hyperparameter explains by itself.

    The share is the correlation ratio: the variance of the means of the groups that share a value, over the variance
    of all points; 0 if the value makes no difference, 1 if nothing else does. Where not every combination was tried,
    the shares overlap: they are a description of the grid, not of causes.

    Args:
        results: one row a point; failed ones are left out.
        selection: the split whose accuracies count, the one that the best point is chosen on.

    Returns:
        One row a hyperparameter of which more than one value was tried, largest share first; columns ``SPREAD``, where
        ``values`` is how many were tried, and best and worst are those by the mean accuracy of their points.

    Source: Fisher, "Statistical Methods for Research Workers", 1925 (the ratio η²).
    """
    trained = _distinct(results)
    accuracy = trained[f"{selection}_accuracy"]
    total = float(((accuracy - accuracy.mean()) ** 2).sum())
    rows = []
    for name in _settings_in(trained):
        groups = accuracy.groupby(trained[name])
        means = groups.mean().sort_values(ascending=False, kind="stable")
        if len(means) > 1 and accuracy.nunique() > 1:
            between = float((groups.size() * (groups.mean() - accuracy.mean()) ** 2).sum())
            rows.append(
                {
                    "hyperparameter": name,
                    "values": len(means),
                    "share_of_variance": between / total,
                    "split": selection,
                    "best_value": means.index[0],
                    "best_mean_accuracy": means.iloc[0],
                    "worst_value": means.index[-1],
                    "worst_mean_accuracy": means.iloc[-1],
                }
            )
    rows.sort(key=lambda row: -row["share_of_variance"])
    return pd.DataFrame(rows, columns=SPREAD)


def accuracy_by(results: pd.DataFrame, setting: str) -> pd.DataFrame:
    """Return the test accuracies of each optimizer over the values of one setting: the report's figure 1.

    Args:
        results: one row a point; failed ones are left out.
        setting: ``epochs`` or ``batch_size``.

    Returns:
        ``optimizer``, the setting, ``points``, and the ``mean_test_accuracy``, ``lowest_test_accuracy`` and
        ``highest_test_accuracy`` of the points that share both.
    """
    groups = _distinct(results).groupby(["optimizer", setting])["test_accuracy"]
    return groups.agg(
        points="size", mean_test_accuracy="mean", lowest_test_accuracy="min", highest_test_accuracy="max"
    ).reset_index()


def _distinct(results: pd.DataFrame) -> pd.DataFrame:
    """Leave out failed points, and second runs, which are copies of the first ones."""
    return results[results["test_accuracy"].notna() & results["run"].eq(1)]


def _trained(results: pd.DataFrame) -> pd.DataFrame:
    return results[results["test_accuracy"].notna()]


def _settings_in(results: pd.DataFrame) -> list[str]:
    return [name for name in ["variant", *SETTINGS] if name in results]


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
