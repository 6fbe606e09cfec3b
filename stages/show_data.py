"""Show some of the clocks and of the leaves, and how often each time occurs."""

from pathlib import Path

import numpy as np

from imagelab.clocks.arrays import read_raw_clocks
from imagelab.clocks.evaluation import plots
from imagelab.clocks.evaluation.metrics import counts
from imagelab.clocks.times import HOURS_PER_DIAL, MINUTES_PER_DIAL, MINUTES_PER_HOUR, as_text
from imagelab.datasets import data_names
from imagelab.evaluation.figures import image_grid, titled_images
from imagelab.settings import params
from imagelab.storage import reading, writing
from imagelab.storage.splits import read_rows
from stages import run

COUNT = 24
WIDTH_MINUTES = 12  # of the bins over the dial: five an hour


def main() -> None:
    """Write contact sheets of clocks and leaves, evenly spaced in the whole sets, and frequencies of times."""
    images, minutes = read_raw_clocks(Path("data/raw/clocks"))
    leaves = reading.read_array(Path("data/leaves/images.npy"), dimensions=4, memory_map=True)
    rows = np.linspace(0, len(images) - 1, COUNT).astype(int)
    titles = [as_text(time) for time in minutes[rows]]
    writing.write_figure(titled_images(images[rows], titles, columns=8), Path("plots/data/clocks.png"))
    splits = {name: read_rows(Path(f"data/clocks/{name}_rows.npy"), count=len(images)) for name in ("train", "test")}
    tables = {
        "times": counts(minutes, splits, width=WIDTH_MINUTES, end=MINUTES_PER_DIAL),
        "hours": counts(minutes // MINUTES_PER_HOUR, splits, width=1, end=HOURS_PER_DIAL),
    }
    data = data_names.describe("clocks", params.load().fetch.clocks)
    for name, table in tables.items():
        writing.write_table(table, Path(f"plots/data/clock_{name}.csv"), data=data)
    figure = plots.clock_labels(tables["times"], tables["hours"], data=data)
    writing.write_figure(figure, Path("plots/data/clock_labels.png"))
    rows = np.linspace(0, len(leaves) - 1, 2 * COUNT).astype(int)
    writing.write_figure(image_grid(leaves[rows], columns=12), Path("plots/data/leaves.png"))


if __name__ == "__main__":
    run(main)
