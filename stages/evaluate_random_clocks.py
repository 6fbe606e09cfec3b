"""Measure the clock reader on clocks of another design, and the calibration of its probabilities."""

from pathlib import Path

import numpy as np
import pandas as pd

from imagelab.clocks.arrays import read_probabilities, read_raw_clocks
from imagelab.clocks.evaluation import plots, reliability
from imagelab.clocks.evaluation.metrics import are_exact, clock_metrics
from imagelab.clocks.times import as_text
from imagelab.datasets import data_names
from imagelab.evaluation.figures import titled_images
from imagelab.settings import params
from imagelab.storage import reading, writing
from imagelab.storage.splits import read_rows
from stages import run

COUNT = 24
PLOTS = Path("plots/clock")


def main() -> None:
    """Write metrics and reliability on the test split and on the other design, and a contact sheet of readings."""
    trained, unlike = Path("data/models/clock/reader"), Path("data/raw/unlike_clocks")
    images, true = read_raw_clocks(unlike)
    _, known = read_raw_clocks(Path("data/raw/clocks"))
    test = read_rows(Path("data/clocks/test_rows.npy"), count=len(known))
    metrics, readings, tables = {}, {}, []
    for name, data, prefix, times, rows in (
        ("test", data_names.describe("clocks", params.load().fetch.clocks), "", known, test),
        ("unlike", data_names.UNLIKE_CLOCKS, "unlike_", true, np.arange(len(true))),
    ):
        read = reading.read_array(trained / f"{prefix}read_minutes.npy", dimensions=1, length=len(times))
        path = trained / f"{prefix}read_minutes_probability.npy"
        stated = read_probabilities(path, count=len(times))[rows]
        readings[name] = read
        right = are_exact(read[rows], times[rows])
        measured = clock_metrics(read[rows], times[rows])
        metrics[name] = {"data": data, **measured, **reliability.calibration_metrics(stated, right)}
        table = reliability.reliability(stated, right)
        table.insert(0, "set", name)
        tables.append(table.assign(data=data))
    by_probability = pd.concat(tables)
    shown = np.linspace(0, len(images) - 1, COUNT).astype(int)
    titles = [f"{as_text(true[row])}, read {as_text(readings['unlike'][row])}" for row in shown]
    writing.write_metrics(metrics, Path("metrics/clock/unlike.json"))
    writing.write_table(by_probability, PLOTS / "reliability.csv", data=None)
    figure = plots.reliability(by_probability, width=1 / reliability.BINS)
    writing.write_figure(figure, PLOTS / "reliability.png")
    sheet = titled_images(images[shown], titles, columns=6, inches=1.5)
    writing.write_figure(sheet, PLOTS / "unlike.png")


if __name__ == "__main__":
    run(main)
