"""Train the clock reader."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from imagelab.clocks.arrays import read_known_views, read_raw_clocks
from imagelab.clocks.reader.network import directions_of
from imagelab.clocks.reader.targets import to_readings
from imagelab.clocks.reader.training import train_on_clocks
from imagelab.clocks.rendering import truth
from imagelab.settings import params
from imagelab.storage.splits import read_rows
from imagelab.training.run import run_training
from stages import run


def main() -> None:
    """Write the reader, its history, and the times it reads in every clock and in those of another design."""
    settings = params.load()
    raw, parts = Path("data/raw/clocks"), Path("data/clocks")
    images, minutes = read_raw_clocks(raw)
    size = images.shape[1]
    unlike, _ = read_raw_clocks(Path("data/raw/unlike_clocks"), image_size=size)
    targets: dict[str, NDArray[Any]] = dict(to_readings(minutes))
    if settings.reader.auxiliary_weight:
        views = read_known_views(raw, count=len(images), columns=truth.COLUMNS)
        directions = directions_of(settings.reader.network)
        known = truth.find_directions(views, minutes, image_size=size, directions=directions)
        targets |= known._asdict()
    rows = {part: read_rows(parts / f"{part}_rows.npy", count=len(images)) for part in ("train", "test")}
    run_training(
        "reader",
        Path("data/models/clock/reader"),
        settings=settings,
        section="reader",
        arrays={"images": images, **targets, **rows},
        train=lambda state: train_on_clocks(
            images, targets, rows, unlike, settings.reader, seed=settings.seed, checkpoint=state
        ),
    )


if __name__ == "__main__":
    run(main)
