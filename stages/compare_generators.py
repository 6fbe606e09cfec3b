"""The report's claims about its generators, against numbers."""

from pathlib import Path
from typing import get_args

from imagelab import artifacts, claims, params
from stages import run


def main() -> None:
    """Read the metrics and the progress of every generator; write the table of claims."""
    names = get_args(params.Generator)
    metrics = {name: artifacts.read_json(Path("metrics/generator") / f"{name}.json") for name in names}
    progress = {name: artifacts.read_csv(Path("plots/generator") / name / "progress.csv") for name in names}
    artifacts.write_table(claims.compare(metrics, progress), Path("plots/generator/claims.csv"))


if __name__ == "__main__":
    run(main)
