"""The head of the page: the score, every number beside the report's, and what was run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from imagelab.report.exhibits import Exhibit, Exhibitor, naming
from imagelab.report.results import Folder, Results, read_settings
from imagelab.report.tables import Column, Table, arrange, decimals, short, whole, yes
from imagelab.reproduction.evidence_folder import DURATIONS, RUN
from imagelab.reproduction.rules import VERDICTS
from imagelab.storage import reading
from imagelab.summary import Missing, summarise

REPRODUCTION = "metrics/reproduction.json"
ENVIRONMENT = "metrics/environment.json"

_MACHINE = ("processor", "cores", "gpus", "system", "python", "backend", "versions")


MEANINGS = {
    "reproduced": "ours is within the tolerance, or the claim holds",
    "better, worse": "the difference is larger than chance, and for us or against us",
    "differs": "a count or a claim of the report does not hold of ours",
    "cannot tell": "chance may explain the difference, or the agreement, or the interval contains the claim's bound",
    "not run at this size": "ours is missing or of a smaller run",
    "not on these pictures": "measured and shown, but not judged, because our pictures are not the report's: rendered "
    "clocks, CIFAR-10 after JPEG compression, other leaves, stand-ins",
}
"""What the verdicts mean, in short; docs/verdicts.md has the rules."""


def style(verdict: str) -> str:
    """Name the style of a verdict."""
    return f"verdict {verdict.replace(' ', '-')}"


def counts(results: Results) -> list[tuple[str, int]] | None:
    """Return how many numbers and claims have which verdict; None if nothing was compared.

    Raises:
        InputError: if the counts are damaged.
    """
    content = results.numbers(REPRODUCTION, keys=["counts"])
    if content is None:
        return None
    found: Mapping[str, int] = content["counts"]
    with naming([REPRODUCTION]):
        return [(verdict, found[verdict.replace(" ", "_")]) for verdict in VERDICTS]


def every_number(of: Exhibitor) -> Exhibit:
    """Return every number and claim of the report beside ours, with its verdict."""
    columns = (
        Column("Name", "id"),
        Column("Section", "section"),
        Column("Published", "published", short),
        Column("Ours", "ours", short),
        Column("Difference", "difference", short),
        Column("Split", "split"),
        Column("Verdict", "verdict", mark=style),
        Column("Uncertain", "uncertain", yes),
        Column("Our data", "data"),
    )
    return of.table(
        "Every number and claim of the report beside ours",
        "plots/reproduction.csv",
        lambda table: arrange(table, columns),
        note="A number of a smaller run or of other pictures is shown, but not judged. Uncertain are numbers whose "
        "settings may be misread in the report.",
    )


def headlines(results: Results) -> Table | None:
    """Arrange the main number of each model; None if the metrics of one are missing.

    Raises:
        InputError: if metrics are damaged.
    """
    try:
        table = summarise(*dict.fromkeys(folder.place / "metrics" for folder in results.folders))
    except Missing:
        return None
    columns = (
        Column("Model", "name"),
        Column("Data", "data"),
        Column("Measure", "measure"),
        Column("Result", "result", decimals(3)),
        Column("Guessing, or noise", "chance", decimals(3)),
    )
    return arrange(table, columns)


@naming(["params.yaml", ENVIRONMENT, RUN])
def what_was_run(
    results: Results, settings: Mapping[str, Any], profiles: Path, *, collected_on: Mapping[str, Any] | None
) -> list[tuple[str, str]]:
    """Return what the results depend on: names and values.

    Args:
        results: of the run.
        settings: of the run.
        profiles: the folder ``params``, with which the settings are compared.
        collected_on: the machine on which evidence was collected, where it is known. It is named if the run has no
            description of its own, which its last stages write.

    Raises:
        InputError: if the settings or a description of the machine are damaged.
    """
    rows = [
        ("Profile", _profile(settings, profiles)),
        *((name.capitalize(), str(settings[name])) for name in ("seed", "precision", "threads") if name in settings),
    ]
    if (machine := results.numbers(ENVIRONMENT, keys=_MACHINE)) is not None:
        rows.append(("Processor", f"{machine['processor']}; {machine['cores']} cores; GPUs: {machine['gpus']}"))
        rows += _software(machine)
    elif collected_on is not None:
        rows.append(("Collected on", str(collected_on["processor"])))
        rows += _software(collected_on)
    else:
        rows.append(("Machine", f"not known: there is no {ENVIRONMENT}"))
    return rows


def _software(machine: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        ("System", f"{machine['system']}; Python {machine['python']}; backend {machine['backend']}"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in machine["versions"].items())),
    ]


def sources(data: Mapping[str, Any]) -> Table:
    """Arrange what ``data_record.describe`` returned."""
    rows = pd.DataFrame([{"set": name, **content} for name, content in data.items()])
    columns = (
        Column("Data set", "set"),
        Column("Source", "data"),
        Column("Files", "files", whole),
        Column("Bytes", "bytes", whole),
        Column("MD5 of the list of MD5s", "md5"),
    )
    return arrange(rows, columns)


def durations(folder: Folder) -> Table | None:
    """Arrange how long the trainings behind committed evidence took; None without a record, as of this run.

    Raises:
        InputError: if the record is damaged.
    """
    path = folder.place / DURATIONS
    if not path.is_file():
        return None
    records: Sequence[Mapping[str, Any]] = reading.read_json(path, keys=["records"])["records"]
    if not records:
        return None
    columns = (
        Column("Training", "name"),
        Column("On", "processors"),
        Column("Minutes", "minutes", decimals(1)),
        Column("Images", "images", whole),
        Column("Images a second", "images_per_second", whole),
    )
    with naming([path.as_posix()]):
        rows = [{**record, "minutes": record["seconds"] / 60, "processors": _processors(record)} for record in records]
        return arrange(pd.DataFrame(rows), columns)


def _processors(record: Mapping[str, Any]) -> str:
    """Name the devices on which the trainings of a record ran, each once."""
    parts = [part for training in record.get("trainings", ()) for part in training["parts"]]
    devices = [part["processor"] if part["accelerator"] == "none" else part["accelerator"] for part in parts]
    return "; ".join(dict.fromkeys(devices))


def _has(profile: Any, own: Any) -> bool:
    """Tell whether a profile has all settings of a run, which may be of an earlier commit and lack newer ones."""
    if isinstance(profile, Mapping) and isinstance(own, Mapping):
        return all(name in profile and _has(profile[name], value) for name, value in own.items())
    return bool(profile == own)


def _profile(own: Mapping[str, Any], profiles: Path) -> str:
    """Say which of the committed profiles has the same settings."""
    same = [path.name for path in sorted(profiles.glob("*.yaml")) if _has(read_settings(path), own)]
    if same:
        return f"params/{same[0]}"
    if all(source in ("demo", "render") for source in own["fetch"].values()):
        return "stand-ins for all data sets, as in the default profile"
    return "none of params/"
