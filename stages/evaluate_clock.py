"""Measure a clock network."""

from pathlib import Path
from typing import get_args

import numpy as np

from imagelab import artifacts, datasets, evaluation, params, plotting
from stages import run

BIN_MINUTES = 10


def main(head: params.Head) -> None:
    """Read the times it read; write metrics on train, test and all, curves, and the errors' distribution."""
    trained, labelled = Path("data/models/clock") / head, Path("data/clocks")
    _, true = datasets.read_raw_clocks(Path("data/raw/clocks"))
    read = artifacts.read_array(trained / "read_minutes.npy", dimensions=1)
    rows = {
        "train": datasets.read_rows(labelled / "train_rows.npy"),
        "test": datasets.read_rows(labelled / "test_rows.npy"),
        "all": np.arange(len(true)),
    }
    metrics = {name: evaluation.clock_metrics(read[part], true[part]) for name, part in rows.items()}
    errors = evaluation.common_sense_error_minutes(read, true)
    histograms = {
        name: evaluation.error_histogram(errors[rows[name]], bin_minutes=BIN_MINUTES) for name in ("train", "test")
    }
    history = artifacts.read_csv(trained / "history.csv")
    plots = Path("plots/clock") / head
    artifacts.write_json(metrics, Path("metrics/clock") / f"{head}.json")
    artifacts.write_csv(history, plots / "history.csv")
    artifacts.write_csv(histograms["test"], plots / "test_errors.csv")
    artifacts.write_figure(plotting.clock_training(history, histograms, head=head), plots / "training.png")


if __name__ == "__main__":
    run(main, get_args(params.Head))
