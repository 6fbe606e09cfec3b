"""Split the clocks into training and test clocks."""

from pathlib import Path

from imagelab.clocks.arrays import read_raw_clocks
from imagelab.datasets import splitting
from imagelab.settings import params
from imagelab.storage import writing
from stages import run


def main() -> None:
    """Write the rows of the training split and of the test split."""
    settings = params.load()
    _, minutes = read_raw_clocks(Path("data/raw/clocks"))
    parts = splitting.split_rows(len(minutes), 1 - settings.split_clocks.train_fraction, seed=settings.seed)
    with writing.new_folder(Path("data/clocks")) as out:
        writing.write_array(parts.train, out / "train_rows.npy")
        writing.write_array(parts.held_out, out / "test_rows.npy")


if __name__ == "__main__":
    run(main)
