"""Task 2 on the page: pictures and labels of clocks, the networks, their errors, and the reader."""

import math
import re
from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from imagelab.report import charts
from imagelab.report.exhibits import Exhibit, Exhibitor
from imagelab.report.tables import Column, Table, arrange, decimals, short, whole
from imagelab.reproduction import published
from imagelab.settings.clocks import NETWORK_NAMES

_NAMES = {
    "classification": "classification (720 classes)",
    "regression": "regression",
    "multi_head": "multi-head",
    "cyclic": "cyclic (ours)",
    "double_classification": "double classification (ours)",
    "reader": "reader (ours)",
}
NAMES = {name: _NAMES.get(name, name.replace("_", " ")) for name in NETWORK_NAMES}
"""Of the networks on the page."""

_UNREADABLE = "unreadable"
_READ = {  # sets of pictures in metrics/clock/random_designs.json; no unreadable ones if none were rendered
    "test": "the report's design",
    "random_designs": "random designs",
    _UNREADABLE: "without a clock, or without both hands",
}
_ROLL = "degrees of roll"
_INTERVAL = re.compile(r"(-?\d+) to (-?\d+)")
_TRAIN, _TEST = "train", "test"
_SHARES = "share of the images"
_ERROR = "common-sense error (minutes)"

_CURVES: dict[str, tuple[str, str, dict[str, str], str]] = {  # title, network, columns of the history, axis
    "figure_6_accuracy": (
        "Figure 6: classification, accuracy over epochs",
        "classification",
        {"accuracy": _TRAIN, "test_accuracy": _TEST},
        "accuracy",
    ),
    "figure_6_loss": (
        "Figure 6: classification, loss over epochs",
        "classification",
        {"loss": _TRAIN, "test_loss": _TEST},
        "cross-entropy",
    ),
    "figure_10_loss": (
        "Figure 10: regression, loss over epochs",
        "regression",
        {"loss": _TRAIN, "test_loss": _TEST},
        "mean squared error",
    ),
    "figure_10_error": (
        "Figure 10: regression, mean absolute error over epochs",
        "regression",
        {"mean_absolute_error": _TRAIN, "test_mean_absolute_error": _TEST},
        "hours",
    ),
    "figure_13": (
        "Figure 13: multi-head, accuracy of the hour over epochs",
        "multi_head",
        {"hour_accuracy": _TRAIN, "test_hour_accuracy": _TEST},
        "accuracy",
    ),
    "figure_14": (
        "Figure 14: multi-head, mean absolute error of the minute over epochs",
        "multi_head",
        {"minute_mean_absolute_error": _TRAIN, "test_minute_mean_absolute_error": _TEST},
        "minutes",
    ),
    "reader_training": (
        "The reader: readings within a minute over epochs",
        "reader",
        {"time_within_a_minute": _TRAIN, "test_time_within_a_minute": "test (random designs)"},
        _SHARES,
    ),
}
_DISTRIBUTIONS = {  # title, network, table, axis
    "figure_7": ("Figure 7: classification, common-sense errors", "classification", "errors", _ERROR),
    "figure_11": ("Figure 11: regression, absolute errors", "regression", "absolute_hours", "absolute error (hours)"),
    "figure_12": ("Figure 12: regression, common-sense errors", "regression", "errors", _ERROR),
    "figure_15": (
        "Figure 15: multi-head, absolute errors of the minute",
        "multi_head",
        "absolute_minutes",
        "absolute error (minutes)",
    ),
    "figure_16": ("Figure 16: multi-head, common-sense errors", "multi_head", "errors", _ERROR),
}
_CONDITIONS = {  # name in the tables, title
    "roll": (_ROLL, "Mean error by roll of the camera"),
    "tilt": ("degrees of tilt", "Mean error by tilt of the camera"),
    "glare": ("glare", "Mean error by place of the glare"),
    "hands": ("degrees between the hands", "Mean error by the angle between the hands"),
}


def exhibits(of: Exhibitor) -> dict[str, Exhibit]:
    """Return the figures and tables of task 2 by name."""
    return {
        "figure_2": of.picture(
            "Figure 2: clocks with their labels",
            "plots/data/clocks.png",
            alternative="Twenty-four pictures of the clock, each with the time of its label",
            width=792,
        ),
        "figure_3": _histogram(
            of,
            "Figure 3: how often each time occurs",
            "plots/data/clock_times.csv",
            x_title="minutes past twelve",
            y_title="images",
        ),
        "figure_8": _histogram(
            of,
            "Figure 8: how often each hour occurs",
            "plots/data/clock_hours.csv",
            x_title="hour",
            y_title="images",
            note="The report counts 1,475 images an hour, an effect of its histogram's bins; its data have 1,500.",
        ),
        "heads": of.numbers(
            "All heads and the reader side by side",
            {name: f"metrics/clock/{name}.json" for name in NETWORK_NAMES},
            _side_by_side,
            note="Errors are common-sense errors in minutes: the shorter way round the dial. The report's averages are "
            "over all pictures, those of training included. The reader was trained on other pictures, so all of these "
            "are new to it. Compare only networks that were measured on the same pictures.",
        ),
        "all_errors": of.chart(
            "Errors on the test pictures, all heads and the reader",
            {NAMES[name]: f"plots/clock/{name}/errors.csv" for name in NETWORK_NAMES},
            lambda tables: charts.tables_as_lines(
                tables, "from", _TEST, x_title=_ERROR, y_title="share of the test images", stepped=True, from_zero=True
            ),
        ),
        **{name: _curves(of, *content) for name, content in _CURVES.items()},
        **{
            name: _histogram(of, title, f"plots/clock/{network}/{table}.csv", x_title=axis, y_title=_SHARES)
            for name, (title, network, table, axis) in _DISTRIBUTIONS.items()
        },
        **{f"by_{name}": _by_condition(of, *content) for name, content in _CONDITIONS.items()},
        **{
            f"worst_{name}": of.picture(
                f"Worst readings: {NAMES[name]}",
                f"plots/clock/{name}/worst.png",
                alternative=f"Twelve test pictures with the largest errors of the network {NAMES[name]}, "
                "each with the true time and the time that was read",
                width=460,
            )
            for name in NETWORK_NAMES
        },
        **_random_designs(of),
    }


def _curves(of: Exhibitor, title: str, network: str, columns: dict[str, str], axis: str) -> Exhibit:
    return of.chart(
        title,
        {"history": f"plots/clock/{network}/history.csv"},
        lambda tables: charts.columns_as_lines(tables["history"], "epoch", columns, x_title="epoch", y_title=axis),
    )


def _histogram(of: Exhibitor, title: str, file: str, *, x_title: str, y_title: str, note: str = "") -> Exhibit:
    def draw(tables: dict[str, pd.DataFrame]) -> alt.Chart:
        lines = {_TRAIN: _TRAIN, _TEST: _TEST}
        return charts.columns_as_lines(
            tables["bins"], "from", lines, x_title=x_title, y_title=y_title, stepped=True, from_zero=True
        )

    return of.chart(title, {"bins": file}, draw, note=note)


def _by_condition(of: Exhibitor, condition: str, title: str) -> Exhibit:
    def draw(tables: dict[str, pd.DataFrame]) -> alt.Chart | None:
        parts = [
            table.loc[table["condition"] == condition, ["value", "mean_error_minutes"]].assign(network=name)
            for name, table in tables.items()
        ]
        joined = pd.concat(parts, ignore_index=True)
        if joined.empty:
            return None
        middles = joined["value"].astype(str).map(_middle)
        is_interval = bool(middles.notna().all())
        if is_interval:
            joined = joined.assign(value=_turned(middles) if condition == _ROLL else middles)
        return charts.lines(
            joined,
            "value",
            "mean_error_minutes",
            "network",
            x_title=condition,
            y_title="mean error (minutes)",
            logarithmic=True,
            ordered=[] if is_interval else list(dict.fromkeys(joined["value"].astype(str))),
        )

    files = {NAMES[name]: f"plots/clock/{name}/errors_by_condition.csv" for name in NETWORK_NAMES}
    return of.chart(title, files, draw)


def _middle(value: str) -> float:
    """Return the middle of an interval such as ``-30 to 0``; NaN for a name."""
    found = _INTERVAL.fullmatch(value)
    return math.nan if found is None else (float(found[1]) + float(found[2])) / 2


def _turned(degrees: pd.Series) -> pd.Series:
    """Return the same angles in [-180, 180): earlier tables have 0 to 360."""
    return (degrees + 180) % 360 - 180


def _side_by_side(found: Mapping[str, Mapping[str, Any]]) -> Table:
    printed = published.measures().set_index("path")["published"]
    rows = []
    for name, content in found.items():
        test, everything = content["test"], content["all"]
        rows.append(
            {
                "network": NAMES[name],
                "data": content.get("data"),
                "mean": test["common_sense_error_minutes"],
                "median": test["common_sense_error_median_minutes"],
                "high": test["common_sense_error_90th_percentile_minutes"],
                "exact": 100 * test["share_exact"],
                "within": 100 * test["share_within_1_minutes"],
                "all": everything["common_sense_error_minutes"],
                "published": printed.get(f"clocks.{name}.all_images.common_sense_error_minutes"),
            }
        )
    minutes = decimals(1)
    columns = (
        Column("Network", "network"),
        Column("Data", "data"),
        Column("Test: mean", "mean", decimals(2)),
        Column("Test: median", "median", minutes),
        Column("Test: 90th percentile", "high", minutes),
        Column("Test: exact, %", "exact", minutes),
        Column("Test: within a minute, %", "within", minutes),
        Column("All pictures: mean", "all", decimals(2)),
        Column("The report: all pictures", "published", short),
    )
    return arrange(pd.DataFrame(rows), columns)


def _random_designs(of: Exhibitor) -> dict[str, Exhibit]:
    """Return what there is about the reader on clocks of any design."""
    folder = "plots/clock/random_designs"
    return {
        "random_designs": of.numbers(
            "The reader on pictures that it has not seen",
            {"reader": "metrics/clock/random_designs.json"},
            _designs_table,
            note="The reader says of each reading how probable it is; from one half on it is sure.",
        ),
        "readings": of.picture(
            "Readings of random designs",
            f"{folder}/readings.png",
            alternative="Clocks of random designs, each with its true time and the time that the reader reads",
            width=760,
        ),
        "worst_designs": of.picture(
            "Worst readings of random designs",
            f"{folder}/worst.png",
            alternative="The clocks of random designs that the reader reads with the largest errors",
            width=460,
        ),
        "reliability": of.chart(
            "The reader's stated probability, and the share that is right",
            {"readings": "plots/clock/reliability.csv"},
            _reliability,
            note="Above the dashed line more is right than the reader states.",
        ),
        "by_property": of.table(
            "Errors on random designs by property",
            f"{folder}/errors_by_property.csv",
            lambda table: arrange(
                table,
                (
                    Column("Property", "condition"),
                    Column("Value", "value"),
                    Column("Pictures", "images", whole),
                    Column("Mean error, minutes", "mean_error_minutes", decimals(2)),
                    Column("Share exact", "share_exact", decimals(3)),
                ),
            ),
        ),
    }


def _designs_table(found: Mapping[str, Mapping[str, Any]]) -> Table:
    rows = pd.DataFrame(
        [
            {"set": title, **found["reader"][key]}
            for key, title in _READ.items()
            if key != _UNREADABLE or found["reader"].get(key, {}).get("pictures")
        ]
    )
    share = decimals(3)
    columns = (
        Column("Pictures", "set"),
        Column("Number", "pictures", whole),
        Column("Mean error, minutes [95 % interval]", "common_sense_error_minutes", decimals(2), interval=True),
        Column("Within a minute", "share_within_1_minute", share, interval=True),
        Column("Sure", "share_sure", share, interval=True),
        Column("Right, of these", "share_right_of_sure", share, interval=True),
    )
    return arrange(rows, columns)


def _reliability(tables: Mapping[str, pd.DataFrame]) -> alt.LayerChart | None:
    readings = tables["readings"]
    return charts.reliability(readings.assign(set=readings["set"].replace(_READ)), "set")
