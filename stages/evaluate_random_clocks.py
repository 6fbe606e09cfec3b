"""Measure the clock reader on unseen clocks of random designs, and the calibration of its probabilities."""

from pathlib import Path

import numpy as np
import pandas as pd

from imagelab.clocks.arrays import read_probabilities, read_raw_clocks
from imagelab.clocks.evaluation import plots
from imagelab.clocks.evaluation.conditions import design_conditions, errors_by_condition
from imagelab.clocks.evaluation.labelled_pictures import ANSWERS, are_right, measure_clocks, measure_without_clock
from imagelab.clocks.evaluation.metrics import clock_metrics, common_sense_error_minutes
from imagelab.clocks.posed_clocks import read_designs, read_posed_clocks
from imagelab.clocks.reader.readings import SURE_PROBABILITY
from imagelab.clocks.rendering.reader_clocks import TEST
from imagelab.datasets import data_names
from imagelab.evaluation import reliability
from imagelab.settings import params
from imagelab.storage import reading, writing
from imagelab.storage.splits import read_rows
from stages import run

COUNT, WORST = 24, 12
TWICE = ("images", "share_within_1_minutes")  # measured with an interval or another name, too
PLOTS = Path("plots/clock")


def main() -> None:
    """Write metrics and reliability on both sets, errors by property of the design, and sheets of readings."""
    trained, folder = Path("data/models/clock/reader"), Path("data/raw/reader_clocks") / TEST
    random = read_posed_clocks(folder)
    _, known = read_raw_clocks(Path("data/raw/clocks"))
    test = read_rows(Path("data/clocks/test_rows.npy"), count=len(known))
    readable = np.flatnonzero(random.readable)
    metrics, tables, readings, errors = {}, [], {}, {}
    for name, data, prefix, times, rows in (
        ("test", data_names.describe("clocks", params.load().fetch.clocks), "", known, test),
        ("random_designs", data_names.RANDOM_CLOCKS, "test_", random.minutes, readable),
    ):
        read = reading.read_array(trained / f"{prefix}read_minutes.npy", dimensions=1, length=len(times))
        stated = read_probabilities(trained / f"{prefix}read_minutes_probability.npy", count=len(times))
        readings[name], errors[name] = read, common_sense_error_minutes(read, times)
        right = are_right(read[rows], times[rows])
        measured = measure_clocks(read[rows], stated[rows], times[rows], threshold=SURE_PROBABILITY)
        more = {key: value for key, value in clock_metrics(read[rows], times[rows]).items() if key not in TWICE}
        metrics[name] = {"data": data, **more, **measured}
        table = reliability.reliability(stated[rows], right, answers=ANSWERS)
        table.insert(0, "set", name)
        tables.append(table.assign(data=data))
        if name == "random_designs" and not random.readable.all():
            unreadable = measure_without_clock(stated[~random.readable], threshold=SURE_PROBABILITY)
            metrics["unreadable"] = {"data": data, **unreadable}
    by_probability = pd.concat(tables)
    own = errors["random_designs"]
    conditions = design_conditions(read_designs(folder, count=len(own)))
    by_property = errors_by_condition(own[readable], conditions.iloc[readable])
    writing.write_metrics(metrics, Path("metrics/clock/random_designs.json"))
    writing.write_table(by_probability, PLOTS / "reliability.csv", data=None)
    writing.write_figure(plots.reliability(by_probability, width=1 / reliability.BINS), PLOTS / "reliability.png")
    out, data = PLOTS / "random_designs", data_names.RANDOM_CLOCKS
    writing.write_table(by_property, out / "errors_by_property.csv", data=data)
    writing.write_figure(plots.errors_by_property(by_property, data=data), out / "errors_by_property.png")
    shown = readable[np.linspace(0, len(readable) - 1, COUNT).astype(int)]
    worst = readable[np.argsort(-own[readable], kind="stable")[:WORST]]
    for file, rows, columns in (("readings.png", shown, 6), ("worst.png", worst, 4)):
        sheet = plots.readings(random.images, random.minutes, readings["random_designs"], rows, columns=columns)
        writing.write_figure(sheet, out / file)


if __name__ == "__main__":
    run(main)
