"""Test the report's claims about its generators."""

from pathlib import Path

import pandas as pd

from imagelab.datasets import data_names
from imagelab.leaves.evaluation import ratios
from imagelab.leaves.evaluation.samples import read_references, read_samples, read_snapshots
from imagelab.leaves.groups import read_groups
from imagelab.reproduction import generator_claims
from imagelab.reproduction.generator_claims import EPOCHS, MORE_EPOCHS
from imagelab.reproduction.measured_generators import read_measured
from imagelab.runtime.errors import InputError
from imagelab.settings import params
from imagelab.settings.leaves import VAES
from imagelab.storage import writing
from stages import run


def main() -> None:
    """Compare the distances of the VAEs; write these ratios, and the claims with what decides them."""
    settings = params.load()
    data = data_names.describe("leaves", settings.fetch.leaves)
    groups = read_groups(Path("data/leaves"))
    trained, drawn = Path("data/models/generator"), Path("data/samples")
    real = read_references(drawn / "real")
    samples = {name: read_samples(drawn / name) for name in VAES}
    snapshots = {name: read_snapshots(trained / name, drawn / name) for name in VAES}
    compared = [
        ratios.over_the_first(samples, real, groups, seed=settings.seed),
        ratios.over_an_earlier_epoch(snapshots, real, groups, earlier=EPOCHS, later=MORE_EPOCHS, seed=settings.seed),
    ]
    writing.write_table(pd.concat(compared, ignore_index=True), ratios.PATH, data=data)
    measured = read_measured(Path())
    if measured is None:
        expected = "those of every generator (dvc repro evaluate_generator)"
        raise InputError("metrics", where="metrics/generator", expected=expected, received="files missing")
    table = generator_claims.compare([measured], real=not data_names.is_stand_in(settings.fetch.leaves))
    writing.write_table(table, Path("plots/generator/claims.csv"), data=data)


if __name__ == "__main__":
    run(main)
