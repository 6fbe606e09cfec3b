"""Train the clock reader."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from imagelab.clocks.arrays import UNITS, read_known_views, read_raw_clocks
from imagelab.clocks.reader.network import build_reader, directions_of, without_helpers
from imagelab.clocks.reader.reading import read_clocks
from imagelab.clocks.reader.targets import to_readings
from imagelab.clocks.reader.training import train_reader
from imagelab.clocks.rendering import truth
from imagelab.settings import params
from imagelab.storage.splits import read_rows
from imagelab.training.checkpoint import Checkpoint
from imagelab.training.run import Outputs, run_training
from stages import run


def main() -> None:
    """Write the reader, its history, and the times it reads in every clock and in those of another design."""
    settings = params.load()
    raw, parts = Path("data/raw/clocks"), Path("data/clocks")
    images, minutes = read_raw_clocks(raw)
    size, network = images.shape[1], settings.reader.network
    unlike, _ = read_raw_clocks(Path("data/raw/unlike_clocks"), image_size=size)
    targets: dict[str, NDArray[Any]] = dict(to_readings(minutes))
    if settings.reader.helper_weight:
        views = read_known_views(raw, count=len(images), columns=truth.COLUMNS)
        known = truth.find_directions(views, minutes, image_size=size, directions=directions_of(network))
        targets |= known._asdict()
    rows = {part: read_rows(parts / f"{part}_rows.npy", count=len(images)) for part in ("train", "test")}

    def train(state: Checkpoint) -> Outputs:
        model = build_reader(size, network, seed=settings.seed)
        history = train_reader(
            model,
            images,
            targets,
            training_rows=rows["train"],
            test_rows=rows["test"],
            settings=settings.reader,
            seed=settings.seed,
            checkpoint=state,
        )
        reader = without_helpers(model)
        times = {}
        for name, clocks in (("read_minutes", images), ("unlike_read_minutes", unlike)):
            times[f"{name}.npy"], times[f"{name}_probability.npy"] = read_clocks(reader, clocks)
        return {
            "model.keras": reader,
            "history.csv": history,
            UNITS: {},  # losses and accuracies have none
            **times,
        }

    run_training(
        "reader",
        Path("data/models/clock/reader"),
        settings=settings,
        section="reader",
        arrays={"images": images, **targets, **rows},
        train=train,
    )


if __name__ == "__main__":
    run(main)
