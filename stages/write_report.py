"""The end of the pipeline: its results in one place."""

from pathlib import Path

from imagelab.datasets import data_record, source_names
from imagelab.report import evidence, page
from imagelab.settings import params
from imagelab.storage import writing
from imagelab.summary import headlines
from stages import run

RAW = Path("data/raw")


def main() -> None:
    """Write one number a model, the score, a record of the data, and the page that shows the report."""
    summary = headlines(Path("metrics"))
    data = data_record.describe(source_names.of_run(params.load().fetch, RAW), RAW)
    rendered = page.render(Path(), data=data)  # before anything is written: it reads all results
    writing.write_metrics(summary, Path("metrics/summary.json"))
    writing.write_metrics({data_record.KEY: data}, data_record.METRICS)
    writing.write_bytes(rendered, evidence.PAGE)


if __name__ == "__main__":
    run(main)
