"""Show what the networks are given: some of the clocks and of the leaves."""

from pathlib import Path

import numpy as np

from imagelab import artifacts, datasets, plotting
from stages import run

COUNT = 24


def main() -> None:
    """Write a contact sheet of clocks with their times, and one of leaves, both drawn evenly from the whole set."""
    images, minutes = datasets.read_raw_clocks(Path("data/raw/clocks"))
    rows = np.linspace(0, len(images) - 1, COUNT).astype(int)
    titles = [f"{hour or 12}:{minute:02d}" for hour, minute in zip(*np.divmod(minutes[rows], 60), strict=True)]
    artifacts.write_figure(plotting.titled_images(images[rows], titles, columns=8), Path("plots/data/clocks.png"))
    leaves = artifacts.read_array(Path("data/leaves/images.npy"), dimensions=4, memory_map=True)
    rows = np.linspace(0, len(leaves) - 1, 2 * COUNT).astype(int)
    artifacts.write_figure(plotting.image_grid(leaves[rows], columns=12), Path("plots/data/leaves.png"))


if __name__ == "__main__":
    run(main)
