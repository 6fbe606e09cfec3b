"""Measure a clock network."""

from pathlib import Path

import numpy as np

from imagelab.clocks.arrays import UNITS, read_raw_clocks, read_views
from imagelab.clocks.evaluation import plots
from imagelab.clocks.evaluation.conditions import clock_conditions, errors_by_condition
from imagelab.clocks.evaluation.metrics import absolute_errors, clock_metrics, common_sense_error_minutes, shares
from imagelab.clocks.rendering import truth
from imagelab.datasets import data_names
from imagelab.settings import params
from imagelab.settings.clocks import NETWORK_NAMES
from imagelab.storage import reading, writing
from imagelab.storage.splits import read_rows
from stages import run

WORST = 12


def main(network: str) -> None:
    """Compare read with true times: metrics on train, test and all clocks, curves, errors by condition."""
    raw, labelled, trained = Path("data/raw/clocks"), Path("data/clocks"), Path("data/models/clock") / network
    data = data_names.describe("clocks", params.load().fetch.clocks)
    images, true = read_raw_clocks(raw)
    read = reading.read_array(trained / "read_minutes.npy", dimensions=1, length=len(true))
    rows = {name: read_rows(labelled / f"{name}_rows.npy", count=len(true)) for name in ("train", "test")}
    test, everything = rows["test"], rows | {"all": np.arange(len(true))}
    parts = rows
    if network == "reader":  # it trained on none of these pictures
        del everything["train"]
        parts = everything
    errors = common_sense_error_minutes(read, true)
    absolute = absolute_errors(read, true)
    distributions = {
        "errors": shares(errors, parts, width=10, end=360),
        "absolute_hours": shares(absolute["hours"].to_numpy(), parts, width=0.5, end=12),
        "absolute_minutes": shares(absolute["minutes"].to_numpy(), parts, width=2, end=60),
    }
    views = read_views(raw, count=len(true), columns=truth.COLUMNS)
    if views is not None:
        views = views.assign(glare_on_hand=truth.glare_covers_hand(views, true, image_size=images.shape[1]))
    conditions = clock_conditions(true, views)
    by_condition = errors_by_condition(errors[test], conditions.iloc[test])
    worst = test[np.argsort(-errors[test], kind="stable")[:WORST]]
    metrics = {name: clock_metrics(read[part], true[part]) for name, part in everything.items()}
    history, units = reading.read_csv(trained / "history.csv"), reading.read_json(trained / UNITS)
    out = Path("plots/clock") / network
    writing.write_metrics({"data": data, **metrics}, Path("metrics/clock") / f"{network}.json")
    tables = {"history": history, **distributions, "errors_by_condition": by_condition}
    # The reader trains on clocks of its own, whatever the others train on.
    trained_on = data_names.READER_CLOCKS if network == "reader" else data
    for name, table in tables.items():
        writing.write_table(table, out / f"{name}.csv", data=trained_on if name == "history" else data)
    figure = plots.clock_training(history, network=network, units=units, data=trained_on)
    writing.write_figure(figure, out / "training.png")
    figure = plots.clock_errors(distributions, by_condition, network=network, data=data)
    writing.write_figure(figure, out / "errors.png")
    writing.write_figure(plots.readings(images, true, read, worst, columns=4), out / "worst.png")


if __name__ == "__main__":
    run(main, NETWORK_NAMES)
