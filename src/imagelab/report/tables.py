"""Tables of the page: columns, and how their values are written."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

MISSING = "–"  # in place of a missing value


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: in the table's head.
        name: of the column in the data.
        write: turns a value into text; None for a text, which is written as it is.
        interval: whether ``<name>_low`` and ``<name>_high`` stand beside the value.
        mark: names a style of a cell by its value, such as ``verdict better``.
        optional: whether some runs, or evidence of earlier commits, do not have it.
    """

    title: str
    name: str
    write: Callable[[Any], str] | None = None
    interval: bool = False
    mark: Callable[[Any], str] | None = None
    optional: bool = False

    @property
    def is_number(self) -> bool:
        """Whether the values are numbers: aligned right, and sorted as numbers."""
        return self.write is not None


@dataclass(frozen=True)
class Cell:
    """A value as it is shown."""

    text: str
    order: str  # by which a column is sorted; empty for what is missing
    style: str
    is_words: bool = False  # a sentence in a column of numbers

    @property
    def needs_order(self) -> bool:
        """Whether the text does not say by what to sort; the page is a tenth smaller without the other orders."""
        return not self.order or (self.text != self.order and _as_number(self.text) != _as_number(self.order))


@dataclass(frozen=True)
class Table:
    """A table as it is shown."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def arrange(data: pd.DataFrame, columns: Sequence[Column]) -> Table:
    """Choose columns of the data; optional ones that the data do not have are left out.

    Raises:
        KeyError: if the data lack another one.
    """
    found = tuple(column for column in columns if column.name in data or not column.optional)
    for column in found:
        if column.name not in data:
            raise KeyError(column.name)
    rows = tuple(tuple(_cell(column, row) for column in found) for row in data.to_dict("records"))
    return Table(found, rows)


def _cell(column: Column, row: Mapping[Any, Any]) -> Cell:
    value = row[column.name]
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return Cell(MISSING, "", "")
    style = column.mark(value) if column.mark is not None else ""
    number = _as_number(value)
    if column.write is None or number is None:
        return Cell(str(value), str(value), style, is_words=column.is_number)
    text = column.write(number)
    if column.interval:
        low, high = (_as_number(row.get(f"{column.name}_{end}")) for end in ("low", "high"))
        text += f" [{column.write(low)}, {column.write(high)}]" if low is not None and high is not None else ""
    return Cell(text, repr(number), style)


def _as_number(value: Any) -> float | None:
    """Return a number, also one that is written in a column of texts; None for anything else."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def whole(value: float) -> str:
    """Write a whole number with thin spaces between thousands, and a minus sign."""
    return f"{round(value):,}".replace(",", "\u2009").replace("-", "−")


def decimals(places: int) -> Callable[[float], str]:
    """Return a function that writes a number with so many decimals, and a minus sign."""
    return lambda value: f"{value:.{places}f}".replace("-", "−")


def yes(value: float) -> str:
    """Write "yes" for what is true, and nothing for what is not."""
    return "yes" if value else ""


def difference(value: float) -> str:
    """Write a difference of shares with its sign."""
    return f"{value:+.4f}".replace("-", "−")


def short(value: float) -> str:
    """Write a number with four significant digits and, if that leaves any, four decimals; a whole one as it is."""
    if float(value).is_integer():
        return whole(value)
    return f"{round(value, 4) or value:.4g}".replace("-", "−")
