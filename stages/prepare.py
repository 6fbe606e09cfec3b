"""Turn a raw classification data set into arrays."""

from pathlib import Path

from imagelab.classification.data import write_examples
from imagelab.datasets import splitting
from imagelab.datasets.raw_files import read_raw
from imagelab.settings import params
from imagelab.settings.data import CLASSIFIED
from imagelab.storage import writing
from stages import run


def main(dataset: str) -> None:
    """Read IDX or CIFAR-10 files, split them, write ``.npy`` arrays and the names of the classes."""
    settings = params.load()
    raw = read_raw(dataset, Path("data/raw") / dataset)
    splits = splitting.split_examples(raw.splits, settings.prepare, seed=settings.seed)
    with writing.new_folder(Path("data") / dataset) as out:
        write_examples(splits, raw.classes, out, own=raw.own)


if __name__ == "__main__":
    run(main, CLASSIFIED)
