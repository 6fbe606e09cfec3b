"""Tables of the grid search: the ranking, the best settings, repeated runs, and what each hyperparameter explains."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.evaluation import intervals
from imagelab.settings.classification import SETTINGS

COLUMNS = (*SETTINGS, "run", "validation_accuracy", "test_accuracy")
"""Columns that the results of a search must have; those of fully connected networks also have ``variant``."""

SPREAD = [
    "hyperparameter",
    "values",
    "runs",
    "share_of_variance",
    "share_by_chance",
    "split",
    "best_value",
    "best_mean_accuracy",
    "worst_value",
    "worst_mean_accuracy",
]

_FEWEST_TRAININGS = 10  # of which grids are drawn


def rank(results: pd.DataFrame, *, selection: str) -> pd.DataFrame:
    """Sort the points of a family, best first.

    Args:
        results: one row per run, as ``search.run`` returns.
        selection: ``validation`` or ``test``; the split whose accuracy decides. Equal accuracies are ordered by the
            settings, so that the result does not depend on the order of the grid. Failed points come last.

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
    """Return the ``count`` best settings, each once, as plain values; failed runs are left out.

    Of a point that was run several times, only the first run that has a result competes: the better one of several
    would be an advantage.
    """
    competing = _first_runs(ranked).drop_duplicates(list(SETTINGS))
    return [
        {str(name): value for name, value in row.items()}
        for row in competing.head(count)[list(SETTINGS)].to_dict("records")
    ]


def summary(ranked: pd.DataFrame, *, selection: str) -> dict[str, Any]:
    """Describe a family in a few numbers: the best point and the spread over all points.

    The best point is chosen on the ``selection`` split, among first runs with a result. Mean and worst are over all.
    """
    trained = _trained(ranked)
    best = _first_runs(ranked).to_dict("records")[0]
    return {
        "points": len(ranked.drop_duplicates(_settings_in(ranked))),
        "runs": len(ranked),
        "failed": len(ranked) - len(trained),
        "selection": selection,
        **{f"best_{name}": best[name] for name in _settings_in(ranked)},
        "best_validation_accuracy": float(best["validation_accuracy"]),
        "best_test_accuracy": float(best["test_accuracy"]),
        "mean_test_accuracy": float(trained["test_accuracy"].mean()),
        "worst_test_accuracy": float(trained["test_accuracy"].min()),
    }


def gain_of_choosing_on_test(results: pd.DataFrame, *, seed: int) -> dict[str, float]:
    """Return by how much the best point looks better if it is chosen on the test split, not on the validation split.

    Both choices are among first runs, and both are measured on the test split. The interval is that of 95 % of the
    grids that are drawn from these trainings with repetition; points that differ in epochs only are one training. It is
    no interval for other grids: a drawn grid may lack the best point of this one, but has none that is better.

    Args:
        results: one row per run; failed runs are left out.
        seed: of the bootstrap.

    Returns:
        ``gain_of_choosing_on_test``, a difference of accuracies from 0, and, of ``_FEWEST_TRAININGS`` or more, with
        ``_low`` and ``_high`` the ends of its interval; nothing where fewer than two points have a result.
    """
    first = _first_runs(rank(results, selection="validation"))  # in the order of the ranking, which decides ties
    validation, test = (first[f"{split}_accuracy"].to_numpy() for split in ("validation", "test"))
    if len(first) < 2:
        return {}

    def gain(rows: NDArray[np.intp]) -> float:
        rows = np.sort(rows)
        return float(test[rows].max() - test[rows[validation[rows].argmax()]])

    name = "gain_of_choosing_on_test"
    without_epochs = [setting for setting in _settings_in(first) if setting != "epochs"]
    trainings = first.groupby(without_epochs).ngroup().to_numpy()
    if len(np.unique(trainings)) < _FEWEST_TRAININGS:
        return {name: gain(np.arange(len(first)))}
    return intervals.bootstrap(name, gain, (trainings,), seed=seed)


def run_to_run(results: pd.DataFrame) -> pd.DataFrame:
    """Compare the runs of each point that was run more than once; they differ in the seed only.

    Args:
        results: one row per run, with the settings and ``test_accuracy``; failed runs are left out.

    Returns:
        One row per point, ordered by its settings: the settings, how many ``runs`` have a result, the mean, lowest and
        highest test accuracy, and ``difference_between_runs``, the highest minus the lowest.
    """
    table = _accuracies_by(_settings_in(results), results)
    table["difference_between_runs"] = table["highest_test_accuracy"] - table["lowest_test_accuracy"]
    return table[table["runs"] > 1].reset_index(drop=True)


def differences_between_runs(repeated: pd.DataFrame) -> dict[str, float]:
    """Summarise how far the runs of repeated points differ, our runs and the report's own.

    Args:
        repeated: as ``run_to_run`` returns it, with the column ``published_difference_between_runs``.

    Returns:
        ``repeated_points``, how many there are; and for our runs, and with ``published_`` before the names for the
        report's, the mean and the largest difference, if there is one.
    """
    metrics: dict[str, float] = {"repeated_points": len(repeated)}
    for prefix in ("", "published_"):
        differences = repeated[f"{prefix}difference_between_runs"].dropna()
        if len(differences):
            metrics[f"{prefix}mean_difference_between_runs"] = float(differences.mean())
            metrics[f"{prefix}largest_difference_between_runs"] = float(differences.max())
    return metrics


def join_families(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Join the tables of several families, with the column ``family`` in front."""
    return pd.concat(tables, names=["family"]).reset_index("family")


def explained_spread(results: pd.DataFrame, *, selection: str) -> pd.DataFrame:
    """Return the share of the accuracies' variance that each hyperparameter explains alone.

    The share is the correlation ratio: the variance between the groups of runs with the same value, over the variance
    of all runs. It is 1 if runs with the same value have the same accuracy. A setting that makes no difference explains
    ``share_by_chance`` on average, more with more values, if its value is drawn anew for every run. (Runs that are one
    training share their values, so chance explains more there; where every combination was tried, it explains less.)
    Where not every combination was tried, the shares overlap: they describe the grid, not causes.

    Args:
        results: one row per run; failed runs are left out. Repeated runs of a point all count: their differences are
            variance that no hyperparameter explains.
        selection: the split whose accuracies count, the one on which the best point is chosen.

    Returns:
        One row per hyperparameter with more than one value, largest share first. Left out is one of which each value
        has a single run: it would explain all, whatever the accuracies. The columns are ``SPREAD``, where ``values`` is
        the number of values, and best and worst are the values with the highest and the lowest mean accuracy.

    Source: Fisher, "Statistical Methods for Research Workers", 1925 (the ratio η²).
    """
    trained = _trained(results)
    accuracy = trained[f"{selection}_accuracy"]
    total = float(((accuracy - accuracy.mean()) ** 2).sum())
    rows = []
    for name in _settings_in(trained):
        groups = accuracy.groupby(trained[name])
        means = groups.mean().sort_values(ascending=False, kind="stable")
        if 1 < len(means) < len(accuracy) and accuracy.nunique() > 1:
            between = float((groups.size() * (groups.mean() - accuracy.mean()) ** 2).sum())
            rows.append(
                {
                    "hyperparameter": name,
                    "values": len(means),
                    "runs": len(accuracy),
                    "share_of_variance": between / total,
                    "share_by_chance": (len(means) - 1) / (len(accuracy) - 1),
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
    """Return the test accuracies of each optimizer by the values of one setting: the report's figure 1.

    Args:
        results: one row per run; failed runs are left out. Repeated runs all count, as in the report's tables.
        setting: ``epochs`` or ``batch_size``.

    Returns:
        ``optimizer``, the setting, ``runs``, and the ``mean_test_accuracy``, ``lowest_test_accuracy`` and
        ``highest_test_accuracy`` of the runs that share both.
    """
    return _accuracies_by(["optimizer", setting], results)


def _accuracies_by(settings: list[str], results: pd.DataFrame) -> pd.DataFrame:
    """Return number of runs, and mean, lowest and highest test accuracy, for each combination of settings."""
    accuracy = _trained(results).groupby(settings)["test_accuracy"]
    return accuracy.agg(
        runs="size", mean_test_accuracy="mean", lowest_test_accuracy="min", highest_test_accuracy="max"
    ).reset_index()


def _first_runs(results: pd.DataFrame) -> pd.DataFrame:
    """Keep the first run of each point that has a result."""
    trained = _trained(results)
    return trained[trained["run"].eq(trained.groupby(_settings_in(trained))["run"].transform("min"))]


def _trained(results: pd.DataFrame) -> pd.DataFrame:
    return results[results["test_accuracy"].notna()]


def _settings_in(results: pd.DataFrame) -> list[str]:
    return [name for name in ["variant", *SETTINGS] if name in results]
