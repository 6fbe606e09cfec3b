"""Test the report's claims about its generators."""

from pathlib import Path

from imagelab.datasets import data_names
from imagelab.reproduction import generator_claims
from imagelab.reproduction.measured_generators import read_measured
from imagelab.runtime.errors import InputError
from imagelab.settings import params
from imagelab.storage import writing
from stages import run


def main() -> None:
    """Write the table of claims from the metrics and the progress of all generators."""
    measured = read_measured(Path())
    if measured is None:
        expected = "those of every generator (dvc repro evaluate_generator)"
        raise InputError("metrics", where="metrics/generator", expected=expected, received="files missing")
    source = params.load().fetch.leaves
    table = generator_claims.compare([measured], real=not data_names.is_stand_in(source))
    writing.write_table(table, Path("plots/generator/claims.csv"), data=data_names.describe("leaves", source))


if __name__ == "__main__":
    run(main)
