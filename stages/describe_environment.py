"""Describe the machine that computed the numbers."""

from pathlib import Path

from imagelab.settings import params
from imagelab.storage import writing
from imagelab.training import environment
from stages import run


def main() -> None:
    """Write processor, threads, precision, backend, variables and versions of the libraries as metrics."""
    settings = params.load()
    described = environment.describe(precision=settings.precision, threads=settings.threads)
    writing.write_metrics(described, Path("metrics/environment.json"))


if __name__ == "__main__":
    run(main)
