"""Errors by what may make a clock hard to read."""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.clocks.evaluation.metrics import EXACT_MINUTES

_PROPERTIES = ("numerals", "numerals_turned", "marks", "hands", "seconds_hand", "subdials", "dark_face", "frame")
_WIDTHS, _MOST_INTERVALS = (1, 2, 5, 10, 15, 30), 12  # degrees or percent; twelve of the widest cover a whole turn


def degrees_between_hands(minutes: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the angle between the hands, in [0, 180]; ``minutes`` past twelve, shape (n,)."""
    apart = (minutes * 0.5 - minutes * 6.0) % 360  # the hands turn by half a degree and by six in a minute
    return np.asarray(np.minimum(apart, 360 - apart), np.float64)


def clock_conditions(minutes: NDArray[np.integer], views: pd.DataFrame | None) -> pd.DataFrame:
    """Group clocks by what may make them hard to read.

    Args:
        minutes: the times, minutes past twelve; shape (n,).
        views: one row a clock, with ``roll_degrees``, ``tilt_degrees``, ``glare_x``, and ``glare_on_hand``, whether the
            glare covers a hand; None if the clocks are not rendered.

    Returns:
        One column a condition, one row a clock. The values are ordered categories: intervals of the angle between the
        hands, and if the views are known, intervals of roll and tilt, and the place of the glare.
    """
    conditions = {"degrees between the hands": _intervals(degrees_between_hands(minutes))}
    if views is not None:
        conditions["degrees of roll"] = _intervals((views["roll_degrees"].to_numpy() + 180) % 360 - 180)
        conditions["degrees of tilt"] = _intervals(views["tilt_degrees"].to_numpy())
        kinds = np.where(views["glare_x"].isna(), "none", np.where(views["glare_on_hand"], "on a hand", "elsewhere"))
        conditions["glare"] = pd.Categorical(kinds, ["none", "elsewhere", "on a hand"], ordered=True)
    return pd.DataFrame(conditions)


def design_conditions(designs: pd.DataFrame) -> pd.DataFrame:
    """Group clocks of random designs by the properties of their designs and views.

    Args:
        designs: one row a clock, with the columns that ``random_pictures.render_random_clocks`` returns.

    Returns:
        One column a property, one row a clock; the values are categories.
    """
    properties = {name.replace("_", " "): pd.Categorical(designs[name].astype(str)) for name in _PROPERTIES}
    properties["degrees of tilt"] = _intervals(designs["tilt_degrees"].to_numpy())
    size = 100 * designs["diameter_fraction"].to_numpy()
    properties["diameter, % of the width"] = _intervals(size)
    return pd.DataFrame(properties)


def errors_by_condition(errors: NDArray[np.floating], conditions: pd.DataFrame) -> pd.DataFrame:
    """Average errors over the clocks that share a condition.

    Args:
        errors: in minutes; shape (n,).
        conditions: of ``clock_conditions`` or ``design_conditions``, one row a clock.

    Returns:
        Columns ``condition``, ``value``, ``images``, ``mean_error_minutes``, ``share_exact``; one row for each value of
        each condition that occurs, in the order of the values.
    """
    tables = []
    for name in conditions:
        table = pd.DataFrame({"error": errors, "exact": errors < EXACT_MINUTES, "value": conditions[name].array})
        groups = table.groupby("value", observed=True)
        table = groups.agg(
            images=("error", "size"), mean_error_minutes=("error", "mean"), share_exact=("exact", "mean")
        )
        tables.append(table.reset_index().astype({"value": str}).assign(condition=str(name)))
    columns = ["condition", "value", "images", "mean_error_minutes", "share_exact"]
    return pd.concat(tables, ignore_index=True)[columns]


def _intervals(values: NDArray[np.floating]) -> "pd.Categorical[Any]":
    """Sort values from -180 to 180, or percents, into at most twelve equally wide intervals; the last has its end."""

    def lower_ends(width: int) -> range:
        first = math.floor(values.min() / width) * width
        return range(first, max(math.ceil(values.max() / width) * width, first + width), width)

    lows = next(lows for lows in map(lower_ends, _WIDTHS) if len(lows) <= _MOST_INTERVALS)
    return pd.cut(values, [*lows, np.inf], right=False, labels=[f"{low} to {low + lows.step}" for low in lows])
