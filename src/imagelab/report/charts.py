"""Charts of the page as Vega-Lite specifications; the browser draws them."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

HEIGHT = 240
COLOURS = ("#1f77b4", "#d1690e", "#2a9d5c", "#a05fc0", "#c8394a", "#8a6d3b", "#3f8f9f", "#7a7a7a")
"""Of lines: told apart on white and on black."""

_DASHES = ([1, 0], [7, 3], [2, 2], [7, 2, 2, 2], [12, 3], [4, 4], [1, 3], [10, 2, 2, 2, 2, 2])
"""Of the same lines, for those who see no colours: lengths of strokes and gaps in turn, pixels."""

_HIDDEN = 0.06  # opacity of lines that are not chosen
_BAR = 13  # pixels
_LETTER = 7  # pixels, of a label
_WHOLE = alt.Axis(tickMinStep=1, tickCount=8)  # of epochs, hours and minutes: no ticks between whole numbers
_LEGEND = alt.Legend(
    orient="bottom", columns=2, columnPadding=40, labelLimit=0, symbolType="stroke", title=None, symbolStrokeWidth=3
)

_LEGEND_OF_SHAPES = alt.Legend(orient="bottom", columns=2, columnPadding=40, labelLimit=0, title=None)


def lines(
    table: pd.DataFrame,
    x: str,
    y: str,
    series: str,
    *,
    x_title: str,
    y_title: str,
    stepped: bool = False,
    from_zero: bool = False,
    logarithmic: bool = False,
    ordered: Sequence[str] = (),
) -> alt.Chart:
    """Draw a line for each series. A click on a name in the legend shows its line alone; another click adds lines.

    Args:
        table: one row a point.
        x: column.
        y: column; points without a value are left out.
        series: column with the names of the lines.
        x_title: of the axis.
        y_title: of the axis.
        stepped: whether a value holds from its x to the next one, as in a histogram.
        from_zero: whether the axis of y begins at 0.
        logarithmic: whether the axis of y is logarithmic, but for values near 0.
        ordered: values of x that are names, in their order; none if x is a number.
    """
    points = table[[x, y, series]].dropna(subset=[y])
    chosen = _chosen_in_legend(series)
    scale = alt.Scale(type="symlog", constant=1, zero=False) if logarithmic else alt.Scale(zero=from_zero)
    place = alt.X(field=x, type="ordinal", title=x_title, sort=list(ordered)) if ordered else None
    names = list(dict.fromkeys(points[series]))
    drawn: alt.Chart = (
        _chart(_rows(points))
        .mark_line(point=alt.OverlayMarkDef(size=14, filled=True), interpolate="step-after" if stepped else "linear")
        .encode(
            x=place
            or alt.X(field=x, type="quantitative", title=x_title, scale=alt.Scale(zero=False, nice=False), axis=_WHOLE),
            y=alt.Y(field=y, type="quantitative", title=y_title, scale=scale),
            color=_colour(series, names, _LEGEND),
            strokeDash=_dashes(series, names, _LEGEND),
            opacity=alt.condition(chosen, alt.value(1), alt.value(_HIDDEN)),
            tooltip=[
                alt.Tooltip(field=series, type="nominal"),
                alt.Tooltip(field=x, type="nominal" if ordered else "quantitative"),
                alt.Tooltip(field=y, type="quantitative", format=".4~g"),
            ],
        )
        .add_params(chosen)
        .properties(width="container", height=HEIGHT)
    )
    return drawn


def columns_as_lines(table: pd.DataFrame, x: str, columns: Mapping[str, str], **options: Any) -> alt.Chart:
    """Draw columns of a table as lines.

    Args:
        table: one row a value of ``x``.
        x: column.
        columns: names of lines, by columns of the table.
        options: as of ``lines``.

    Raises:
        KeyError: if the table lacks a column.
    """
    long = (
        table[[x, *columns]]
        .rename(columns=columns)
        .melt(x, list(columns.values()), var_name="line", value_name="value")
    )
    return lines(long, x, "value", "line", **options)


def tables_as_lines(tables: Mapping[str, pd.DataFrame], x: str, y: str, **options: Any) -> alt.Chart:
    """Draw one column of several tables as lines, which have the names of the tables.

    Raises:
        KeyError: if a table lacks the column.
    """
    found = [table[[x, y]].assign(line=name) for name, table in tables.items()]
    return lines(pd.concat(found, ignore_index=True), x, y, "line", **options)


def bars(table: pd.DataFrame, x: str, y: str, series: str, *, x_title: str, most: float) -> alt.Chart:
    """Draw horizontal bars, one group of them for each value of ``y``.

    Args:
        table: one row a bar.
        x: column with the length.
        y: column with the name of the group.
        series: column with the name of the bar within its group.
        x_title: of the axis.
        most: the end of the axis.
    """
    chosen = _chosen_in_legend(series)
    names, groups = list(dict.fromkeys(table[series])), list(dict.fromkeys(table[y]))
    width = _LETTER * max(len(str(group)) for group in groups)  # the page's font is wider than the one Vega measures
    drawn: alt.Chart = (
        _chart(_rows(table[[x, y, series]]))
        .mark_bar()
        .encode(
            x=alt.X(field=x, type="quantitative", title=x_title, scale=alt.Scale(domain=[0, most])),
            y=alt.Y(field=y, type="nominal", title=None, sort=groups, axis=alt.Axis(minExtent=width, labelLimit=0)),
            yOffset=alt.YOffset(field=series, type="nominal", sort=names),
            color=_colour(series, names, _LEGEND_OF_SHAPES),
            opacity=alt.condition(chosen, alt.value(1), alt.value(_HIDDEN)),
            tooltip=[
                alt.Tooltip(field=y, type="nominal"),
                alt.Tooltip(field=series, type="nominal"),
                alt.Tooltip(field=x, type="quantitative", format=".4~g"),
            ],
        )
        .add_params(chosen)
        .properties(width="container", height=_BAR * len(names) * len(groups) + 20)
    )
    return drawn


def beside(table: pd.DataFrame, x: str, y: str, series: str, *, x_title: str, y_title: str) -> alt.LayerChart | None:
    """Draw points of two measurements of the same thing, and the line on which both are equal.

    Args:
        table: one row a point.
        x: column of the one measurement.
        y: column of the other.
        series: column with the names of groups of points.
        x_title: of the axis.
        y_title: of the axis.

    Returns:
        None if there is no point.
    """
    names = list(dict.fromkeys(table[series]))
    both = [float(value) for column in (x, y) for value in table[column].dropna()]
    if not both:
        return None
    ends = [{"equal": min(both)}, {"equal": max(both)}]
    chosen = _chosen_in_legend(series)
    points = (
        _chart(_rows(table))
        .mark_point(filled=True, size=45)
        .encode(
            x=alt.X(field=x, type="quantitative", title=x_title, scale=alt.Scale(zero=False)),
            y=alt.Y(field=y, type="quantitative", title=y_title, scale=alt.Scale(zero=False)),
            color=_colour(series, names, _LEGEND_OF_SHAPES),
            opacity=alt.condition(chosen, alt.value(1), alt.value(_HIDDEN)),
            tooltip=[
                alt.Tooltip(field=str(name), type="quantitative" if table[name].dtype.kind in "if" else "nominal")
                for name in table
            ],
        )
        .add_params(chosen)
    )
    equal = (
        _chart(ends)
        .mark_line(strokeDash=[3, 4], color="#888888")
        .encode(
            x=alt.X(field="equal", type="quantitative", title=x_title),
            y=alt.Y(field="equal", type="quantitative", title=y_title),
        )
    )
    return alt.LayerChart(layer=[equal, points], width="container", height=HEIGHT + 60)


def reliability(table: pd.DataFrame, series: str) -> alt.LayerChart | None:
    """Draw how often answers are right, over the probability that they state; None if there is no point.

    Args:
        table: one row a bin, with ``mean_stated_probability`` and ``share_right``.
        series: column with the names of what answered, or of the pictures.
    """
    x, y = "mean_stated_probability", "share_right"
    shown = table[[x, y, series]]
    return beside(shown, x, y, series, x_title="stated probability", y_title="share that is right")


def _chart(rows: list[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=rows))


def _chosen_in_legend(series: str) -> alt.Parameter:
    return alt.selection_point(name="chosen", fields=[series], bind="legend", toggle="true")


def _colour(series: str, names: Sequence[str], legend: alt.Legend) -> alt.Color:
    colours = [COLOURS[place % len(COLOURS)] for place in range(len(names))]
    scale = alt.Scale(domain=list(names), range=colours)
    return alt.Color(field=series, type="nominal", sort=list(names), legend=legend, scale=scale)


def _dashes(series: str, names: Sequence[str], legend: alt.Legend) -> alt.StrokeDash:
    dashes = [_DASHES[place % len(_DASHES)] for place in range(len(names))]
    scale = alt.Scale(domain=list(names), range=dashes)
    return alt.StrokeDash(field=series, type="nominal", sort=list(names), legend=legend, scale=scale)


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return plain values, None for what is missing: JSON has no NaN."""
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]
