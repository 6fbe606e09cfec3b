"""Put the clocks into ``data/raw``: downloaded, rendered, or from a folder."""

from pathlib import Path

from imagelab.clocks.fetching import fetch_clocks
from imagelab.settings import params
from imagelab.storage import writing
from stages import run


def main() -> None:
    """Fetch the clocks from the source that ``params.yaml`` names."""
    with writing.new_folder(Path("data/raw/clocks")) as folder:
        fetch_clocks(params.load(), folder)


if __name__ == "__main__":
    run(main)
