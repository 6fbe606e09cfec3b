"""Errors of the times that a network reads: arrays in, plain metrics and tables out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.clocks.times import MINUTES_PER_DIAL, MINUTES_PER_HOUR

RIGHT_MINUTES = 1  # largest error of a right reading; a reader states the probability of its minute and both neighbours
EXACT_MINUTES = 0.5  # with a smaller error the nearest minute is the true one


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
    """Return which times are read with an error below half a minute, (n,); arguments as in ``clock_metrics``."""
    return common_sense_error_minutes(read, true) < EXACT_MINUTES


def clock_metrics(read: NDArray[np.floating], true: NDArray[np.integer]) -> dict[str, float]:
    """Measure read times against true ones.

    Args:
        read: minutes past twelve, on the dial or off it; shape (n,).
        true: minutes past twelve, in [0, 720); shape (n,).

    Returns:
        The common-sense error's mean, median and 90th percentile in minutes; the shares of times with an error below
        half a minute (``share_exact``) and of at most 1, 2, 5 and 15 minutes; the accuracy of the 720 times and of the
        12 hours, read times rounded to the minute; the means of ``absolute_errors``, and the share of its ``minutes``
        below 10, which the report states.
    """
    errors = common_sense_error_minutes(read, true)
    absolute, rounded = absolute_errors(read, true), np.rint(read) % MINUTES_PER_DIAL
    return {
        "images": len(true),
        "common_sense_error_minutes": float(errors.mean()),
        "common_sense_error_median_minutes": float(np.median(errors)),
        "common_sense_error_90th_percentile_minutes": float(np.percentile(errors, 90)),
        "share_exact": float(are_exact(read, true).mean()),
        **{f"share_within_{minutes}_minutes": float((errors <= minutes).mean()) for minutes in (1, 2, 5, 15)},
        "accuracy_of_720_times": float((rounded == true).mean()),
        "hour_accuracy": float((rounded // MINUTES_PER_HOUR == true // MINUTES_PER_HOUR).mean()),
        "mean_absolute_error_hours": float(absolute["hours"].mean()),
        "mean_absolute_error_minutes": float(absolute["minutes"].mean()),
        "share_of_minute_errors_below_10": float((absolute["minutes"] < 10).mean()),
    }


def absolute_errors(read: NDArray[np.floating], true: NDArray[np.integer]) -> pd.DataFrame:
    """Return absolute differences that do not go around the dial, as in the report's figures 11 and 15.

    Args:
        read: minutes past twelve, on the dial or off it; shape (n,).
        true: minutes past twelve, in [0, 720); shape (n,).

    Returns:
        Columns ``hours``, between the times, in hours, and ``minutes``, between the minutes of the hour, in [0, 60);
        one row a time.
    """
    minutes = np.abs(read % MINUTES_PER_HOUR - true % MINUTES_PER_HOUR)
    return pd.DataFrame({"hours": np.abs(read - true) / MINUTES_PER_HOUR, "minutes": minutes})


def counts(values: NDArray[Any], rows: Mapping[str, NDArray[np.int64]], *, width: float, end: float) -> pd.DataFrame:
    """Count values in bins of equal width over [0, ``end``]; the last bin takes those beyond, too.

    Args:
        values: shape (n,), 0 at least.
        rows: by the name of a part, the rows of its values.
        width: of a bin.
        end: upper edge of the last bin.

    Returns:
        ``from``, the bins' lower edges, and for each part a column with the number of its values in the bin.
    """
    edges = np.linspace(0, end, round(end / width) + 1)
    table = pd.DataFrame({"from": edges[:-1]})
    for name, part in rows.items():
        table[name] = np.histogram(values[part].clip(max=end), edges)[0]
    return table


def shares(values: NDArray[Any], rows: Mapping[str, NDArray[np.int64]], *, width: float, end: float) -> pd.DataFrame:
    """Count as ``counts`` does, and divide by the number of values in each part."""
    table = counts(values, rows, width=width, end=end)
    return table.assign(**{name: table[name] / len(part) for name, part in rows.items()})
