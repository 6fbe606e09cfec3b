"""Tables of the grid search: points in order of accuracy, the best settings, and what each hyperparameter explains."""

from typing import Any

import pandas as pd

from imagelab.settings.classification import SETTINGS

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
    """Return the best different settings that have a result, as plain values.

    Of a point that was run more than once only the first run competes: two chances would be an advantage.
    """
    competing = _first_runs(ranked).drop_duplicates(list(SETTINGS))
    return [
        {str(name): value for name, value in row.items()}
        for row in competing.head(count)[list(SETTINGS)].to_dict("records")
    ]


def summary(ranked: pd.DataFrame, *, selection: str) -> dict[str, Any]:
    """Describe a family in a few numbers: the best point and the spread over all points.

    The best point is the one chosen on the ``selection`` split, among first runs; its test accuracy is read, not
    chosen, unless that is ``test``. Mean and worst are those of all runs.
    """
    trained = _trained(ranked)
    best = _first_runs(ranked).iloc[0]
    return {
        "points": len(ranked.drop_duplicates(_settings_in(ranked))),
        "runs": len(ranked),
        "failed": len(ranked) - len(trained),
        "selection": selection,
        **{f"best_{name}": _plain(best[name]) for name in _settings_in(ranked)},
        "best_validation_accuracy": float(best["validation_accuracy"]),
        "best_test_accuracy": float(best["test_accuracy"]),
        "mean_test_accuracy": float(trained["test_accuracy"].mean()),
        "worst_test_accuracy": float(trained["test_accuracy"].min()),
    }


def run_to_run(results: pd.DataFrame) -> pd.DataFrame:
    """Compare the runs of each point that was run more than once: they differ in the seed only.

    Args:
        results: one row a run, with the settings and ``test_accuracy``; failed ones are left out.

    Returns:
        One row a point in the order of its settings: these, how many ``runs`` have a result, the mean, lowest and
        highest of their test accuracies, and ``difference_between_runs``, the highest less the lowest.
    """
    settings = _settings_in(results)
    accuracy = _trained(results).groupby(settings)["test_accuracy"]
    table = accuracy.agg(
        runs="size", mean_test_accuracy="mean", lowest_test_accuracy="min", highest_test_accuracy="max"
    ).reset_index()
    table["difference_between_runs"] = table["highest_test_accuracy"] - table["lowest_test_accuracy"]
    return table[table["runs"] > 1].reset_index(drop=True)


def mean_and_largest(differences: pd.Series) -> dict[str, float]:
    """Return the mean and the largest of ``difference_between_runs``; nothing if no point has one."""
    if differences.isna().all():  # or there is no point
        return {}
    return {
        "mean_difference_between_runs": float(differences.mean()),
        "largest_difference_between_runs": float(differences.max()),
    }


def explained_spread(results: pd.DataFrame, *, selection: str) -> pd.DataFrame:
    """Tell how much of the spread of the accuracies each hyperparameter explains by itself.

    The share is the correlation ratio: the variance of the means of the groups that share a value, over the variance
    of all runs; 0 if the value makes no difference, 1 if nothing else does. Where not every combination was tried,
    the shares overlap: they are a description of the grid, not of causes.

    Args:
        results: one row a run; failed ones are left out. A second run of a point counts as the first one does: what
            lies between them is spread that no hyperparameter explains.
        selection: the split whose accuracies count, the one that the best point is chosen on.

    Returns:
        One row a hyperparameter of which more than one value was tried, largest share first; columns ``SPREAD``, where
        ``values`` is how many were tried, and best and worst are those by the mean accuracy of their points.

    Source: Fisher, "Statistical Methods for Research Workers", 1925 (the ratio η²).
    """
    trained = _trained(results)
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
        results: one row a run; failed ones are left out. Every run counts, as in the report's tables.
        setting: ``epochs`` or ``batch_size``.

    Returns:
        ``optimizer``, the setting, ``runs``, and the ``mean_test_accuracy``, ``lowest_test_accuracy`` and
        ``highest_test_accuracy`` of the runs that share both.
    """
    groups = _trained(results).groupby(["optimizer", setting])["test_accuracy"]
    return groups.agg(
        runs="size", mean_test_accuracy="mean", lowest_test_accuracy="min", highest_test_accuracy="max"
    ).reset_index()


def _first_runs(results: pd.DataFrame) -> pd.DataFrame:
    """Keep the first run with a result of each point."""
    trained = _trained(results)
    return trained[trained["run"].eq(trained.groupby(_settings_in(trained))["run"].transform("min"))]


def _trained(results: pd.DataFrame) -> pd.DataFrame:
    return results[results["test_accuracy"].notna()]


def _settings_in(results: pd.DataFrame) -> list[str]:
    return [name for name in ["variant", *SETTINGS] if name in results]


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
