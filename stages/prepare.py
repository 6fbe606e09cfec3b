"""Turn a raw classification data set into arrays."""

from pathlib import Path

from imagelab import artifacts, datasets, params, raw_formats, splitting
from stages import run


def main(dataset: str) -> None:
    """Read IDX or CIFAR-10 files, split them, write ``.npy`` arrays."""
    settings = params.load()
    folder = Path("data/raw") / dataset
    if dataset == "cifar10":
        raw = raw_formats.read_cifar10(folder / raw_formats.CIFAR10_ARCHIVE)
    else:
        raw = raw_formats.read_idx_folder(folder)
    splits = splitting.split_examples(raw, settings.prepare, seed=settings.seed)
    with artifacts.new_folder(Path("data") / dataset) as out:
        datasets.write_examples(splits, out)


if __name__ == "__main__":
    run(main, ("mnist", "fashion_mnist", "cifar10"))
