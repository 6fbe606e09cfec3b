"""Show what the networks are given: some of the clocks and of the leaves."""

from pathlib import Path

import numpy as np

from imagelab import artifacts, data_names, datasets, evaluation, labels, params, plotting
from stages import run

COUNT = 24


def main() -> None:
    """Write contact sheets of clocks and leaves, drawn evenly from the whole sets, and how often each time occurs."""
    images, minutes = datasets.read_raw_clocks(Path("data/raw/clocks"))
    leaves = artifacts.read_array(Path("data/leaves/images.npy"), dimensions=4, memory_map=True)
    rows = np.linspace(0, len(images) - 1, COUNT).astype(int)
    titles = [labels.as_text(time) for time in minutes[rows]]
    artifacts.write_figure(plotting.titled_images(images[rows], titles, columns=8), Path("plots/data/clocks.png"))
    splits = {
        name: datasets.read_rows(Path(f"data/clocks/{name}_rows.npy"), count=len(images)) for name in ("train", "test")
    }
    counts = {
        "times": evaluation.counts(minutes, splits, width=labels.MINUTES_PER_HOUR_PART, end=labels.MINUTES_PER_DIAL),
        "hours": evaluation.counts(minutes // labels.MINUTES_PER_HOUR, splits, width=1, end=labels.HOURS_PER_DIAL),
    }
    data = data_names.describe("clocks", params.load().fetch.clocks)
    for name, table in counts.items():
        artifacts.write_table(table, Path(f"plots/data/clock_{name}.csv"), data=data)
    figure = plotting.clock_labels(counts["times"], counts["hours"], data=data)
    artifacts.write_figure(figure, Path("plots/data/clock_labels.png"))
    rows = np.linspace(0, len(leaves) - 1, 2 * COUNT).astype(int)
    artifacts.write_figure(plotting.image_grid(leaves[rows], columns=12), Path("plots/data/leaves.png"))


if __name__ == "__main__":
    run(main)
