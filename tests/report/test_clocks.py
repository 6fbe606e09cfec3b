"""The part of the page about clocks."""

import math
from typing import Any

import pandas as pd
import pytest

from imagelab.report import clocks
from imagelab.report.exhibits import Exhibitor
from imagelab.report.pipeline_map import read
from imagelab.report.results import Folder, Results
from tests.conftest import REPOSITORY


@pytest.mark.parametrize(("value", "middle"), [("0 to 15", 7.5), ("-180 to -150", -165), ("000 to 015", 7.5)])
def test_intervals_of_all_forms_have_a_middle(value: str, middle: float) -> None:
    assert clocks._middle(value) == middle


def test_a_name_is_no_interval() -> None:
    assert math.isnan(clocks._middle("on a hand"))


def test_a_turn_of_345_degrees_is_one_of_minus_15() -> None:
    assert clocks._turned(pd.Series([345.0, 15.0, -15.0])).tolist() == [-15, 15, -15]


def test_a_run_that_rendered_no_unreadable_clocks_has_a_table_without_them() -> None:
    shares = ("share_within_1_minute", "share_sure", "share_right_of_sure")
    measured = {"pictures": 3, "common_sense_error_minutes": 1.0, **dict.fromkeys(shares, 1.0)}
    table = clocks._designs_table({"reader": {"test": measured, "random_designs": measured}})
    assert [cells[0].text for cells in table.rows] == ["the report's design", "random designs"]
    with pytest.raises(KeyError, match="random_designs"):
        clocks._designs_table({"reader": {"test": measured}})


def test_the_reader_is_measured_on_each_kind_of_picture() -> None:
    of = Exhibitor(Results([Folder(REPOSITORY)], complete=True), read(REPOSITORY / "dvc.yaml"), key="run")
    path = "metrics/clock/random_designs.json"
    numbers: dict[str, Any] = of.results.numbers(path) or {}
    shown = of.numbers("", {"reader": path}, clocks._designs_table).table
    assert shown is not None
    errors = [cells[2].order for cells in shown.rows]
    expected = [repr(numbers[key]["common_sense_error_minutes"]) for key in ("test", "random_designs")]
    assert errors == [*expected, ""]  # without a clock there is no error
