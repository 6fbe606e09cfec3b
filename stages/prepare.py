"""Turn a raw classification data set into arrays."""

from pathlib import Path

from imagelab.classification.data import write_examples
from imagelab.datasets import splitting
from imagelab.datasets.cifar10 import CIFAR10_ARCHIVE, read_cifar10
from imagelab.datasets.idx import read_idx_folder
from imagelab.settings import params
from imagelab.settings.data import CLASSIFIED
from imagelab.storage import writing
from stages import run


def main(dataset: str) -> None:
    """Read IDX or CIFAR-10 files, split them, write ``.npy`` arrays."""
    settings = params.load()
    folder = Path("data/raw") / dataset
    raw = read_cifar10(folder / CIFAR10_ARCHIVE) if dataset == "cifar10" else read_idx_folder(folder)
    splits = splitting.split_examples(raw, settings.prepare, seed=settings.seed)
    with writing.new_folder(Path("data") / dataset) as out:
        write_examples(splits, out)


if __name__ == "__main__":
    run(main, CLASSIFIED)
