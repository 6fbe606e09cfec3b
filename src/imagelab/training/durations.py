"""How long trainings took: records beside the outputs of the pipeline, in which no bit may depend on the time.

A record names the files that its trainings wrote, with their digests. So it is found for as long as these files are
there, also after DVC restored them from its cache. DVC does not track the folder. It can be deleted at any time.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from imagelab.runtime.errors import InputError
from imagelab.storage import reading, writing

FOLDER = Path(".imagelab/durations")

_DIGITS = 16  # of the digest in a file's name


class Part(NamedTuple):
    """What one process trained."""

    processor: str  # its model
    accelerator: str  # its model, or ``none``
    epochs: int
    images: int
    seconds: float  # by the clock


class Training(NamedTuple):
    """One training, in several parts if it was interrupted."""

    label: str
    parts: Sequence[Part]  # none if nothing is known


def keep(
    name: str,
    trainings: Sequence[Training],
    outputs: Sequence[Path],
    *,
    backend: str,
    precision: str,
    threads: int,
    folder: Path = FOLDER,
) -> None:
    """Keep a record of the trainings that wrote some files.

    Args:
        name: of the record.
        trainings: at least one.
        outputs: the files, relative to the working folder.
        backend: that computed.
        precision: the setting.
        threads: the setting.
        folder: of the records; made with the first one.

    Raises:
        InputError: if the record cannot be written.
    """
    written = {path.as_posix(): _digest(path) for path in sorted(outputs)}
    whole = hashlib.sha256("".join(f"{path} {digest}\n" for path, digest in written.items()).encode()).hexdigest()
    parts = [part for training in trainings for part in training.parts]
    record = {
        "name": name,
        "outputs": written,
        "backend": backend,
        "precision": precision,
        "threads": threads,
        **_sums(parts),
        "without_duration": sum(not training.parts for training in trainings),
        "trainings": [
            {
                "training": label,
                **_sums(parts),
                "resumed": max(0, len(parts) - 1),  # how often
                "parts": [part._asdict() for part in parts],
            }
            for label, parts in trainings
        ],
    }
    writing.write_json(record, folder / f"{name}-{whole[:_DIGITS]}.json")


def of_present(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """Return the records whose files are all in place and unchanged, ordered by their names.

    Raises:
        InputError: if a record is damaged.
    """
    records = [_read(path) for path in sorted(folder.glob("[!.]*.json"))]
    present = [
        record
        for record in records
        if all(Path(path).is_file() and _digest(Path(path)) == digest for path, digest in record["outputs"].items())
    ]
    return sorted(present, key=lambda record: record["name"])


def _sums(parts: Sequence[Part]) -> dict[str, int | float | None]:
    """Return epochs, images and seconds of all parts, and images a second: None without any."""
    seconds = sum(part.seconds for part in parts)
    images = sum(part.images for part in parts)
    return {
        "epochs": sum(part.epochs for part in parts),
        "images": images,
        "seconds": seconds,
        "images_per_second": images / seconds if seconds else None,
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path) -> dict[str, Any]:
    record = reading.read_json(path, keys=["name", "outputs"])
    if not isinstance(record["name"], str) or not isinstance(record["outputs"], dict):
        expected = "what this program wrote (the file can be deleted: then nothing is known about its trainings)"
        raise InputError("duration", where=path, expected=expected, received="something else")
    return record
