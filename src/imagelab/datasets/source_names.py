"""The names of all data sets of a run."""

from pathlib import Path

from imagelab.datasets import data_names
from imagelab.settings.data import CLASSIFIED, Fetch


def of_run(fetch: Fetch, raw: Path) -> dict[str, str]:
    """Name the data of a run, by data set.

    Args:
        fetch: the sources.
        raw: holds what the stages ``fetch`` wrote, a folder for each data set.
    """
    sources = {name: getattr(fetch, name) for name in Fetch.model_fields}
    return {
        name: data_names.describe_classified(name, source, raw / name)
        if name in CLASSIFIED
        else data_names.describe(name, source)
        for name, source in sources.items()
    }
