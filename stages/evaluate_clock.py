"""Measure a clock network."""

from pathlib import Path
from typing import get_args

import numpy as np

from imagelab import artifacts, data_names, datasets, evaluation, labels, params, plotting
from imagelab.sources import clock_truth
from stages import run

WORST = 12


def main(network: params.ClockNetwork) -> None:
    """Compare the times it read with the true ones: metrics on train, test and all, curves, what errors depend on."""
    raw, labelled, trained = Path("data/raw/clocks"), Path("data/clocks"), Path("data/models/clock") / network
    data = data_names.describe("clocks", params.load().fetch.clocks)
    images, true = datasets.read_raw_clocks(raw)
    read = artifacts.read_array(trained / "read_minutes.npy", dimensions=1, length=len(true))
    rows = {name: datasets.read_rows(labelled / f"{name}_rows.npy", count=len(true)) for name in ("train", "test")}
    test, everything = rows["test"], rows | {"all": np.arange(len(true))}
    errors = evaluation.common_sense_error_minutes(read, true)
    absolute = evaluation.absolute_errors(read, true)
    distributions = {
        "errors": evaluation.shares(errors, rows, width=10, end=360),
        "absolute_hours": evaluation.shares(absolute["hours"].to_numpy(), rows, width=0.5, end=12),
        "absolute_minutes": evaluation.shares(absolute["minutes"].to_numpy(), rows, width=2, end=60),
    }
    views = datasets.read_views(raw, count=len(true), columns=clock_truth.COLUMNS)
    if views is not None:
        views = views.assign(glare_on_hand=clock_truth.glare_covers_hand(views, true, image_size=images.shape[1]))
    conditions = evaluation.clock_conditions(true, views)
    by_condition = evaluation.errors_by_condition(errors[test], conditions.iloc[test])
    worst = test[np.argsort(-errors[test], kind="stable")[:WORST]]
    titles = [f"{labels.as_text(true[row])}, read {labels.as_text(read[row])}" for row in worst]
    metrics = {name: evaluation.clock_metrics(read[part], true[part]) for name, part in everything.items()}
    history = artifacts.read_csv(trained / "history.csv")
    plots = Path("plots/clock") / network
    artifacts.write_metrics({"data": data, **metrics}, Path("metrics/clock") / f"{network}.json")
    tables = {"history": history, **distributions, "errors_by_condition": by_condition}
    for name, table in tables.items():
        artifacts.write_table(table, plots / f"{name}.csv", data=data)
    artifacts.write_figure(plotting.clock_training(history, network=network, data=data), plots / "training.png")
    figure = plotting.clock_errors(distributions, by_condition, network=network, data=data)
    artifacts.write_figure(figure, plots / "errors.png")
    artifacts.write_figure(plotting.titled_images(images[worst], titles, columns=4, inches=1.5), plots / "worst.png")


if __name__ == "__main__":
    run(main, get_args(params.ClockNetwork))
