"""Split the clocks and make the targets of every head."""

from pathlib import Path

from imagelab import artifacts, datasets, labels, params, splitting
from stages import run


def main() -> None:
    """Write targets for all clocks, and the rows of the training and the test split."""
    settings = params.load()
    _, minutes = datasets.read_raw_clocks(Path("data/raw/clocks"))
    parts = splitting.part(len(minutes), 1 - settings.label_clocks.train_fraction, seed=settings.seed)
    with artifacts.new_folder(Path("data/clocks")) as out:
        artifacts.write_array(parts.first, out / "train_rows.npy")
        artifacts.write_array(parts.second, out / "test_rows.npy")
        for network, to_targets in labels.TRANSFORMS.items():
            artifacts.write_array(to_targets(minutes), out / f"{network}.npy")


if __name__ == "__main__":
    run(main)
