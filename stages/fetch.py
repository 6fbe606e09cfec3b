"""Put a raw data set into ``data/raw``, in one layout wherever it comes from."""

from pathlib import Path

from imagelab import artifacts, params, sources
from stages import run


def main(dataset: str) -> None:
    """Fetch one raw data set from where ``params.yaml`` says."""
    with artifacts.new_folder(Path("data/raw") / dataset) as folder:
        sources.fetch(dataset, params.load(), folder)


if __name__ == "__main__":
    run(main, sources.DATASETS)
