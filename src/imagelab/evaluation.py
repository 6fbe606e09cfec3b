"""Classifiers and clock readers: arrays in, plain metrics out; no Keras."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.labels import MINUTES_PER_DIAL, MINUTES_PER_HOUR

_EXACT = 0.5  # minutes; less than that is nearest to the true minute
_WIDTHS, _MOST_INTERVALS = (1, 2, 5, 10, 15, 30, 60), 12  # degrees, round and wide enough for a whole turn


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


def common_sense_error_minutes(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float64]:
    """Return the minutes between two times on the 12-hour dial, the short way round.

    Args:
        a: minutes past twelve; any shape.
        b: minutes past twelve; the same shape.

    Returns:
        In [0, 360]; the same shape. 11:00 and 1:00 are 120 minutes apart.

    Source: the report, section 2.1.
    """
    difference = np.asarray(a, np.float64) - np.asarray(b, np.float64)
    return np.minimum(difference % MINUTES_PER_DIAL, -difference % MINUTES_PER_DIAL)


def are_exact(read: NDArray[np.floating], true: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Tell which times are read within less than half a minute; arguments as of ``clock_metrics``, shape (n,)."""
    return common_sense_error_minutes(read, true) < _EXACT


def clock_metrics(read: NDArray[np.floating], true: NDArray[np.integer]) -> dict[str, float]:
    """Measure read times against true ones.

    Args:
        read: minutes past twelve, on the dial or off it; shape (n,).
        true: minutes past twelve, in [0, 720); shape (n,).

    Returns:
        The common-sense error's mean, median and 90th percentile in minutes; the shares of times read within less than
        half a minute (``share_exact``), and within 1, 2, 5 and 15 minutes; the accuracy of the 720 times, rounded to
        the minute, and of the 12 hours; the mean absolute errors of ``absolute_errors``, and the share of the minutes
        of the hour that are missed by less than 10, which the report counts.
    """
    errors = common_sense_error_minutes(read, true)
    absolute = absolute_errors(read, true)
    return {
        "images": len(true),
        "common_sense_error_minutes": float(errors.mean()),
        "common_sense_error_median_minutes": float(np.median(errors)),
        "common_sense_error_90th_percentile_minutes": float(np.percentile(errors, 90)),
        "share_exact": float(are_exact(read, true).mean()),
        **{f"share_within_{minutes}_minutes": float((errors <= minutes).mean()) for minutes in (1, 2, 5, 15)},
        "accuracy_of_720_times": float((np.rint(read) % MINUTES_PER_DIAL == true).mean()),
        "hour_accuracy": float((read % MINUTES_PER_DIAL // MINUTES_PER_HOUR == true // MINUTES_PER_HOUR).mean()),
        "mean_absolute_error_hours": float(absolute["hours"].mean()),
        "mean_absolute_error_minutes": float(absolute["minutes"].mean()),
        "share_of_minute_errors_below_10": float((absolute["minutes"] < 10).mean()),
    }


def absolute_errors(read: NDArray[np.floating], true: NDArray[np.integer]) -> pd.DataFrame:
    """Return plain differences, without going around the dial, as the report's figures 11 and 15 show them.

    Args:
        read: minutes past twelve, on the dial or off it; shape (n,).
        true: minutes past twelve, in [0, 720); shape (n,).

    Returns:
        Columns ``hours``, between the times in hours, and ``minutes``, between the minutes of the hour, in
        [0, 60); a row a time.
    """
    minutes = np.abs(read % MINUTES_PER_HOUR - true % MINUTES_PER_HOUR)
    return pd.DataFrame({"hours": np.abs(read - true) / MINUTES_PER_HOUR, "minutes": minutes})


def counts(values: NDArray[Any], rows: Mapping[str, NDArray[np.int64]], *, width: float, end: float) -> pd.DataFrame:
    """Count values in bins of equal width over [0, ``end``].

    Args:
        values: shape (n,).
        rows: of each part, into ``values``.
        width: of a bin.
        end: upper edge of the last bin.

    Returns:
        ``from``, the bins' lower edges, and a column a part: how many of its values lie in the bin.
    """
    edges = np.linspace(0, end, round(end / width) + 1)
    table = pd.DataFrame({"from": edges[:-1]})
    for name, part in rows.items():
        table[name] = np.histogram(values[part], edges)[0]
    return table


def shares(values: NDArray[Any], rows: Mapping[str, NDArray[np.int64]], *, width: float, end: float) -> pd.DataFrame:
    """Count as ``counts`` does, and divide by the number of values in each part."""
    table = counts(values, rows, width=width, end=end)
    return table.assign(**{name: table[name] / len(part) for name, part in rows.items()})


def degrees_between_hands(minutes: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the angle between the hands, in [0, 180]; ``minutes`` past twelve, shape (n,)."""
    apart = (minutes * 0.5 - minutes * 6.0) % 360  # the hands turn by half a degree and by six in a minute
    return np.asarray(np.minimum(apart, 360 - apart), np.float64)


def clock_conditions(minutes: NDArray[np.integer], views: pd.DataFrame | None) -> pd.DataFrame:
    """Sort clocks by what may make them hard to read.

    Args:
        minutes: the times, minutes past twelve; shape (n,).
        views: a row a clock, with ``roll_degrees``, ``tilt_degrees``, ``glare_x``, and ``glare_on_hand``: whether it
            covers a hand; None for clocks that are no renderings.

    Returns:
        A column a condition, a row a clock; the values, ordered categories, name intervals or kinds: of the angle
        between the hands, and of roll, tilt and glare if the views are known.
    """
    conditions = {"degrees between the hands": _intervals(degrees_between_hands(minutes))}
    if views is not None:
        conditions["degrees of roll"] = _intervals((views["roll_degrees"].to_numpy() + 180) % 360 - 180)
        conditions["degrees of tilt"] = _intervals(views["tilt_degrees"].to_numpy())
        kinds = np.where(views["glare_x"].isna(), "none", np.where(views["glare_on_hand"], "on a hand", "elsewhere"))
        conditions["glare"] = pd.Categorical(kinds, ["none", "elsewhere", "on a hand"], ordered=True)
    return pd.DataFrame(conditions)


def errors_by_condition(errors: NDArray[np.floating], conditions: pd.DataFrame) -> pd.DataFrame:
    """Average errors over the clocks that share a condition.

    Args:
        errors: in minutes; shape (n,).
        conditions: of ``clock_conditions``, a row a clock.

    Returns:
        Columns ``condition``, ``value``, ``images``, ``mean_error_minutes``, ``share_exact``; values in their order.
    """
    tables = []
    for name in conditions:
        table = pd.DataFrame({"error": errors, "exact": errors < _EXACT, "value": conditions[name].array})
        groups = table.groupby("value", observed=True)
        table = groups.agg(
            images=("error", "size"), mean_error_minutes=("error", "mean"), share_exact=("exact", "mean")
        )
        tables.append(table.reset_index().astype({"value": str}).assign(condition=str(name)))
    columns = ["condition", "value", "images", "mean_error_minutes", "share_exact"]
    return pd.concat(tables, ignore_index=True)[columns]


def _intervals(values: NDArray[np.floating]) -> "pd.Categorical[Any]":
    """Sort degrees into at most twelve intervals of a round width; the last one holds its upper end too."""

    def lower_ends(width: int) -> range:
        first = math.floor(values.min() / width) * width
        return range(first, max(math.ceil(values.max() / width) * width, first + width), width)

    lows = next(lows for lows in map(lower_ends, _WIDTHS) if len(lows) <= _MOST_INTERVALS)
    return pd.cut(values, [*lows, np.inf], right=False, labels=[f"{low} to {low + lows.step}" for low in lows])
