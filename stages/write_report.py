"""The end of the pipeline: its results in one place."""

from pathlib import Path

from imagelab.datasets import data_names
from imagelab.report import data_record, evidence, page, score
from imagelab.settings import params
from imagelab.settings.data import CLASSIFIED, Fetch
from imagelab.storage import writing
from imagelab.summary import headlines
from stages import run


def main() -> None:
    """Write one number a model, the score, a record of the data, and the page that shows the report."""
    summary = headlines(Path("metrics"))
    data = data_record.describe(_names_of_data(), Path("data/raw"))
    rendered = page.render(Path(), data=data)  # before anything is written: it reads all results
    writing.write_metrics(summary, Path("metrics/summary.json"))
    writing.write_metrics({score.RAW: data}, Path(score.DATA))
    writing.write_bytes(rendered, evidence.PAGE)


def _names_of_data() -> dict[str, str]:
    fetch = params.load().fetch
    sources = {name: getattr(fetch, name) for name in Fetch.model_fields}
    return {
        name: data_names.describe_classified(name, source, Path("data/raw") / name)
        if name in CLASSIFIED
        else data_names.describe(name, source)
        for name, source in sources.items()
    }


if __name__ == "__main__":
    run(main)
