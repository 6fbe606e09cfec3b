"""Measure the clock reader on clocks that it does not know."""

from pathlib import Path

import numpy as np

from imagelab import artifacts, data_names, datasets, evaluation, labels, params, plotting
from stages import run

COUNT = 24


def main() -> None:
    """Write metrics on the other design beside those on its own test split, and a contact sheet with what it read."""
    trained, unlike = Path("data/models/clock/reader"), Path("data/raw/unlike_clocks")
    images, true = datasets.read_raw_clocks(unlike)
    _, known = datasets.read_raw_clocks(Path("data/raw/clocks"))
    test = datasets.read_rows(Path("data/clocks/test_rows.npy"), count=len(known))
    metrics, readings = {}, {}
    for name, data, prefix, times, rows in (
        ("test", data_names.describe("clocks", params.load().fetch.clocks), "", known, test),
        ("unlike", data_names.UNLIKE_CLOCKS, "unlike_", true, np.arange(len(true))),
    ):
        read = artifacts.read_array(trained / f"{prefix}read_minutes.npy", dimensions=1, length=len(times))
        path = trained / f"{prefix}read_minutes_probability.npy"
        probability = artifacts.read_array(path, dimensions=1, length=len(times))
        readings[name] = read
        metrics[name] = {
            "data": data,
            **evaluation.clock_metrics(read[rows], times[rows]),
            "mean_stated_probability": float(probability[rows].mean()),  # equals share_exact if it is honest
        }
    shown = np.linspace(0, len(images) - 1, COUNT).astype(int)
    titles = [f"{labels.as_text(true[row])}, read {labels.as_text(readings['unlike'][row])}" for row in shown]
    artifacts.write_json(metrics, Path("metrics/clock/unlike.json"))
    sheet = plotting.titled_images(images[shown], titles, columns=6, inches=1.5)
    artifacts.write_figure(sheet, Path("plots/clock/unlike.png"))


if __name__ == "__main__":
    run(main)
