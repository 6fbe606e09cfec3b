"""The end of the pipeline: its results in one place."""

from pathlib import Path

from imagelab.storage import writing
from imagelab.summary import headlines
from stages import run


def main() -> None:
    """Write one number a model, and how many of the report's numbers were reproduced."""
    writing.write_metrics(headlines(Path("metrics")), Path("metrics/summary.json"))


if __name__ == "__main__":
    run(main)
