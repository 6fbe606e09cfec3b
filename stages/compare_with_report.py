"""Every number and claim of the report with ours beside it, and a verdict."""

from pathlib import Path

from imagelab.datasets import data_names
from imagelab.reproduction import ours, reproduction_table
from imagelab.reproduction.pictures import are_the_reports
from imagelab.settings import params
from imagelab.settings.data import CLASSIFIED, Fetch
from imagelab.storage import writing
from stages import run


def main() -> None:
    """Write the verdicts, and how many there are of each."""
    settings, paper = params.load(), params.load(Path("params/paper.yaml"))
    raw = {name: Path("data/raw") / name for name in Fetch.model_fields}
    sources = {name: getattr(settings.fetch, name) for name in raw}
    names = {
        name: data_names.describe_classified(name, source, raw[name])
        if name in CLASSIFIED
        else data_names.describe(name, source)
        for name, source in sources.items()
    }
    same = [name for name, source in sources.items() if are_the_reports(name, source, raw[name])]
    measured = ours.read(Path())
    entries = reproduction_table.entries(measured, settings, paper, names=names, same=same)
    writing.write_metrics(reproduction_table.as_metrics(entries), Path("metrics/reproduction.json"))
    writing.write_table(reproduction_table.as_table(entries), Path("plots/reproduction.csv"), data=None)


if __name__ == "__main__":
    run(main)
