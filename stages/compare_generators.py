"""The report's claims about its generators, against numbers."""

from pathlib import Path
from typing import get_args

from imagelab import artifacts, claims, data_names, params
from stages import run


def main() -> None:
    """Read the metrics and the progress of every generator; write the table of claims."""
    names = get_args(params.Generator)
    metrics = {name: artifacts.read_json(Path("metrics/generator") / f"{name}.json") for name in names}
    progress = {name: artifacts.read_csv(Path("plots/generator") / name / "progress.csv") for name in names}
    real = not data_names.is_stand_in(params.load().fetch.leaves)
    table = claims.compare([claims.Run(metrics, progress)], real=real)
    artifacts.write_table(table, Path("plots/generator/claims.csv"))


if __name__ == "__main__":
    run(main)
