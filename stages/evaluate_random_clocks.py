"""Measure the clock reader on unseen clocks of random designs, and the calibration of its probabilities."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.clocks.arrays import read_probabilities, read_raw_clocks
from imagelab.clocks.evaluation import plots
from imagelab.clocks.evaluation.conditions import design_conditions, errors_by_condition
from imagelab.clocks.evaluation.labelled_pictures import measure_clocks, measure_without_clock, reliability_table
from imagelab.clocks.evaluation.metrics import clock_metrics, common_sense_error_minutes
from imagelab.clocks.posed_clocks import read_designs, read_posed_clocks
from imagelab.clocks.reader.readings import SURE_PROBABILITY
from imagelab.clocks.rendering.reader_clocks import TEST
from imagelab.datasets import data_names
from imagelab.evaluation import reliability
from imagelab.runtime.errors import InputError
from imagelab.settings import params
from imagelab.storage import reading, writing
from imagelab.storage.splits import read_rows
from stages import run

COUNT, WORST = 24, 12
TWICE = ("images", "share_within_1_minutes")  # which ``measure_clocks`` has with an interval or another name, too
NAME = "random_designs"
CLOCKS = Path("data/raw/reader_clocks") / TEST
PLOTS = Path("plots/clock")


def main() -> None:
    """Write metrics and reliability on both sets, errors by property of the design, and sheets of readings."""
    data = data_names.RANDOM_CLOCKS
    random = read_posed_clocks(CLOCKS)
    readable = np.flatnonzero(random.readable)
    if not len(readable):
        raise InputError("pictures", where=CLOCKS, expected="one with a clock that can be read", received="none")
    _, known = read_raw_clocks(Path("data/raw/clocks"))
    test = read_rows(Path("data/clocks/test_rows.npy"), count=len(known))
    of_the_report = data_names.describe("clocks", params.load().fetch.clocks)
    own_times, own_stated = read_readings("", count=len(known))
    own, own_reliability = measure(own_times[test], own_stated[test], known[test], name="test", data=of_the_report)
    times, stated = read_readings("test_", count=len(random.minutes))
    others, reliability_of_others = measure(
        times[readable], stated[readable], random.minutes[readable], name=NAME, data=data
    )
    unreadable = measure_without_clock(stated[~random.readable], threshold=SURE_PROBABILITY)
    metrics = {"test": own, NAME: others, "unreadable": {"data": data, **unreadable}}
    by_probability = pd.concat([own_reliability, reliability_of_others])
    errors = common_sense_error_minutes(times, random.minutes)
    conditions = design_conditions(read_designs(CLOCKS, count=len(errors)))
    by_property = errors_by_condition(errors[readable], conditions.iloc[readable])
    writing.write_metrics(metrics, Path("metrics/clock/random_designs.json"))
    writing.write_table(by_probability, PLOTS / "reliability.csv", data=None)
    writing.write_figure(plots.reliability(by_probability, width=1 / reliability.BINS), PLOTS / "reliability.png")
    out = PLOTS / NAME
    writing.write_table(by_property, out / "errors_by_property.csv", data=data)
    writing.write_figure(plots.errors_by_property(by_property, data=data), out / "errors_by_property.png")
    shown = readable[np.linspace(0, len(readable) - 1, COUNT).astype(int)]
    worst = readable[np.argsort(-errors[readable], kind="stable")[:WORST]]
    for file, rows, columns in (("readings.png", shown, 6), ("worst.png", worst, 4)):
        sheet = plots.readings(random.images, random.minutes, times, rows, columns=columns)
        writing.write_figure(sheet, out / file)


def read_readings(prefix: str, *, count: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Read the times and their probabilities that the training stage wrote; ``prefix`` of its files' names."""
    trained = Path("data/models/clock/reader")
    times = reading.read_array(trained / f"{prefix}read_minutes.npy", dimensions=1, length=count)
    return times, read_probabilities(trained / f"{prefix}read_minutes_probability.npy", count=count)


def measure(
    read: NDArray[Any], stated: NDArray[Any], true: NDArray[Any], *, name: str, data: str
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return the metrics of a set of pictures, and how often readings of each probability are right."""
    metrics = {key: value for key, value in clock_metrics(read, true).items() if key not in TWICE}
    metrics |= measure_clocks(read, stated, true, threshold=SURE_PROBABILITY)
    table = reliability_table(read, stated, true)
    table.insert(0, "set", name)
    return {"data": data, **metrics}, table.assign(data=data)


if __name__ == "__main__":
    run(main)
