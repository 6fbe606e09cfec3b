"""Put a raw data set into ``data/raw``, in the same layout whatever its source."""

from pathlib import Path

from imagelab.datasets import fetching
from imagelab.settings import params
from imagelab.settings.data import DATASETS
from imagelab.storage import writing
from stages import run


def main(dataset: str) -> None:
    """Fetch one raw data set from the source that ``params.yaml`` names."""
    with writing.new_folder(Path("data/raw") / dataset) as folder:
        fetching.fetch(dataset, params.load(), folder)


if __name__ == "__main__":
    run(main, DATASETS)
