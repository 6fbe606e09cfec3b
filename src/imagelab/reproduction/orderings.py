"""The report's claims about accuracies and clock errors, decided by intervals as in ``answers``."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from imagelab.reproduction import published, rules
from imagelab.reproduction.answers import NO, NOT_MEASURED, UNDECIDED, Interval, above, below
from imagelab.settings.classification import SETTINGS

Point = Mapping[str, Any]  # settings of a run

_FASTER = ("adam", "adamax", "nadam")
_BEST_CNN = {"optimizer": "adamax", "learning_rate": 0.0005, "batch_size": 128, "epochs": 10}
_BEST_ON_CIFAR10 = {"optimizer": "adamax", "learning_rate": 0.001, "batch_size": 512, "epochs": 20}
_CONFIDENCE = 0.95
_RUN = [*SETTINGS, "run"]


class Decided(NamedTuple):
    """What was measured for a claim, and whether it holds."""

    numbers: str
    answer: str  # of ``answers``: "yes", "no", "cannot tell" or "not measured"


NOT_RUN = Decided("not measured", NOT_MEASURED)


class Accuracies(NamedTuple):
    """Our runs, and how far two runs of the same settings may differ."""

    results: Mapping[str, pd.DataFrame]  # by family, and of ``cifar10``: one row a run; no accuracy if it failed
    pictures: int  # in the test split
    spread: float  # of repeated runs, the report's and ours, as ``rules.spread_of_repeats`` returns it

    def compare(self, first: float, second: float, names: str, *, pairs: int, other: float = 0) -> Decided:
        """Tell whether the first accuracy is above the second by more than two trainings of one setting differ.

        Args:
            first: NaN if a training failed that the claim says is better; then it is not.
            second: NaN if every training failed that the claim says is worse; then nothing was measured to be above.
            names: of the two, for the text.
            pairs: of runs among which these two were chosen because of their accuracies. The best of many is best by
                chance, too, so the interval is Bonferroni's: it holds for all pairs together.
            other: a further difference that two runs of one of the settings may have.
        """
        if math.isnan(second):
            return Decided(f"{names}: no training of the latter succeeded", UNDECIDED)
        if math.isnan(first):
            return Decided(f"{names}: a training of the former failed", NO)
        normal = statistics.NormalDist()
        wider = normal.inv_cdf(1 - (1 - _CONFIDENCE) / 2 / pairs) / normal.inv_cdf((1 + _CONFIDENCE) / 2)
        width = math.hypot(wider * rules.half_width(first, pictures=self.pictures, spread=self.spread), other)
        effect = Interval(first - second - width, first - second + width)
        return Decided(f"{names} {first:.4f} and {second:.4f}; difference {effect}", above(effect, 0))


def of_accuracies(ours: Accuracies) -> dict[str, Decided]:
    """Decide the claims of section 1.

    A claim about the best run holds if it is better than every other run by more than two trainings of the same
    settings may differ, of as many pairs as there are other runs. It does not hold if another run is better by more
    than that. Only the first run of a setting competes, because a second chance would be an advantage. A claim for
    which one of the report's points was not run is "not measured"; a second run of it is not needed.

    A training that failed is worse than any other. So a claim that something is better than others does not hold if its
    training failed, and nobody can tell if all the others' failed.

    Returns:
        By the claim's name in ``published.yaml``.
    """
    return {
        "best_mlp": _best_variant(ours),
        "worst_mlp": _worst_variant(ours),
        "best_point_of_two_hidden": _best_point_of(ours, "two_hidden"),
        "best_point_of_dropout_after_first": _best_point_of(ours, "dropout_after_first"),
        "best_cnn": _best_point(ours, ours.results["cnn"], _BEST_CNN, printed("cnn")),
        "slow_optimizers": _slow_optimizers(ours),
        "batch_normalization": _batch_normalization(ours),
        "best_on_cifar10": _best_on_cifar10(ours),
    }


def of_clocks(errors: Mapping[str, float | None]) -> dict[str, Decided]:
    """Decide the claims of section 2: which head has the smaller mean common-sense error over all pictures.

    No training is repeated, so the interval of a ratio is a tenth either way, which is the tolerance of an error.

    Args:
        errors: minutes, by head; None if it was not run.
    """

    def smaller(first: str, second: str) -> Decided:
        own, other = errors[first], errors[second]
        if own is None or other is None:
            return NOT_RUN
        ratio = own / other if other else math.inf
        effect = Interval(ratio * (1 - rules.TENTH), ratio * (1 + rules.TENTH))
        return Decided(f"{own:.4g} and {other:.4g} minutes; ratio {effect}", below(effect, 1))

    return {
        "multi_head_before_classification": smaller("multi_head", "classification"),
        "classification_before_regression": smaller("classification", "regression"),
    }


def printed(family: str) -> list[dict[str, Any]]:
    """Return the settings of the report's first runs of a family, or on ``cifar10``: those that compete."""
    runs = published.transfer() if family == "cifar10" else published.runs(family)
    return _points(_first(runs), _RUN)


def stated_points() -> list[dict[str, Any]]:
    """Return the points of the MLP whose settings the report prints, with their variants."""
    return _points(published.runs("mlp").dropna(subset=["optimizer"]), ["variant", *SETTINGS])


def needed_points(variant: str) -> list[dict[str, Any]]:
    """Return the points that a variant's grid must contain, so that its best run can stand beside the report's.

    The report prints the settings of two variants' best points only. A grid without these two is smaller than its own.
    """
    return [{**point, "variant": variant} for point in stated_points()]


def has_all(table: pd.DataFrame, points: Sequence[Point]) -> bool:
    """Tell whether a table of runs has every one of these settings."""
    return all(bool(are(table, point).any()) for point in points)


def are(table: pd.DataFrame, point: Point) -> "pd.Series[bool]":
    """Tell which runs have these settings."""
    same = pd.Series(True, table.index)
    for name, value in point.items():
        same &= table[name] == value
    return same


def _best_variant(ours: Accuracies) -> Decided:
    best = _best_of_variants(ours.results["mlp"])
    first = "dropout_after_first"
    if best is None:
        return NOT_RUN
    others = best.drop(first)
    return ours.compare(best[first], others.max(), "it and the best other", pairs=_pairs(ours, first))


def _worst_variant(ours: Accuracies) -> Decided:
    best = _best_of_variants(ours.results["mlp"])
    last = "l1_on_first"
    if best is None:
        return NOT_RUN
    others = best.drop(last)
    return ours.compare(_worst(others), best[last], "the worst other and it", pairs=_pairs(ours, last))


def _pairs(ours: Accuracies, variant: str) -> int:
    """Return how many pairs of an MLP's run with a run of another of the report's variants there are."""
    runs = _first(ours.results["mlp"])
    of_the_report = runs["variant"].isin(published.runs("mlp")["variant"])
    own = runs["variant"] == variant
    return int(own.sum()) * int((of_the_report & ~own).sum())


def _best_of_variants(mlp: pd.DataFrame) -> "pd.Series[float] | None":
    """Return the best accuracy of each of the report's variants; None if one of them lacks ``needed_points``."""
    variants = published.runs("mlp")["variant"].tolist()
    if not all(has_all(mlp, needed_points(variant)) for variant in variants):
        return None
    best: pd.Series[float] = _first(mlp).groupby("variant")["test_accuracy"].max()[variants]
    return best


def _best_point_of(ours: Accuracies, variant: str) -> Decided:
    (point,) = (point for point in stated_points() if point["variant"] == variant)
    mlp = ours.results["mlp"]
    return _best_point(ours, mlp[mlp["variant"] == variant], point, needed_points(variant))


def _best_point(ours: Accuracies, table: pd.DataFrame, point: Point, needed: Sequence[Point]) -> Decided:
    if not has_all(table, needed):
        return NOT_RUN
    first = _first(table)
    own = are(first, point)
    if own.all():
        return NOT_RUN  # nothing to be better than
    others = first[~own]["test_accuracy"]
    own_accuracy = float(first[own]["test_accuracy"].iloc[0])
    return ours.compare(own_accuracy, float(others.max()), "it and the best other", pairs=len(others))


def _best_on_cifar10(ours: Accuracies) -> Decided:
    table, points = ours.results["cifar10"], printed("cifar10")
    of_the_report = pd.Series(False, table.index)  # the others are the settings that our own search chose
    for point in points:
        of_the_report |= are(table, point)
    return _best_point(ours, table[of_the_report], _BEST_ON_CIFAR10, points)


def _slow_optimizers(ours: Accuracies) -> Decided:
    """Compare the worst run of the fast optimizers with the best of the slow ones."""
    cnn = _first(ours.results["cnn"])
    if not has_all(cnn, printed("cnn")):
        return NOT_RUN
    slow = cnn[cnn["optimizer"].isin(rules.load().slow_optimizers)]
    fast = cnn[cnn["optimizer"].isin(_FASTER)]["test_accuracy"]
    best = slow.sort_values("test_accuracy", ascending=False).iloc[0]  # failed ones come last
    return ours.compare(
        _worst(fast),
        float(best["test_accuracy"]),
        "the worst of the others and the best of these",
        pairs=len(fast) * len(slow),
        other=rules.range_of_optimizer(best["optimizer"]),
    )


def _batch_normalization(ours: Accuracies) -> Decided:
    """Compare the runs of the same settings with and without batch normalisation, in pairs: Student's t-interval."""
    runs = published.runs("cnn_batch_norm").merge(published.runs("cnn"), on=_RUN)[_RUN]
    plain, normalised = ours.results["cnn"], ours.results["cnn_batch_norm"]
    pairs = runs.merge(plain, on=_RUN).merge(normalised, on=_RUN)
    if len(pairs) < len(runs):
        return NOT_RUN
    differences = (pairs["test_accuracy_y"] - pairs["test_accuracy_x"]).to_numpy(float)
    if failed := int(np.isnan(differences).sum()):  # which of the two are worse then, and by how much?
        return Decided(f"trainings of {failed} of {len(differences)} pairs failed", UNDECIDED)
    mean = float(differences.mean())
    error = float(differences.std(ddof=1)) / math.sqrt(len(differences))
    effect = Interval(mean, mean)
    if error > 0:
        from scipy import stats  # takes a second, which importing this module should not cost

        half = float(stats.t.ppf((1 + _CONFIDENCE) / 2, len(differences) - 1)) * error
        effect = Interval(mean - half, mean + half)
    return Decided(f"mean difference of {len(differences)} pairs {mean:.4f} {effect}", below(effect, 0))


def _worst(accuracies: "pd.Series[float]") -> float:
    """Return the smallest accuracy; NaN if a training failed, which is worse than any."""
    return float(accuracies.min(skipna=False))


def _first(runs: pd.DataFrame) -> pd.DataFrame:
    return runs[runs["run"] == 1]


def _points(runs: pd.DataFrame, columns: list[str]) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in runs[columns].to_dict("records")]
