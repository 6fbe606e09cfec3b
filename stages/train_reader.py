"""Train the clock reader."""

from collections.abc import Mapping
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
from imagelab.storage import writing
from imagelab.storage.splits import read_rows
from imagelab.training import backend, checkpoint
from stages import run


def main() -> None:
    """Train the reader; write it, its history, and the times it reads in every clock and in those of another design."""
    settings = params.load()
    backend.configure(seed=settings.seed, precision=settings.precision, threads=settings.threads)
    raw, labelled = Path("data/raw/clocks"), Path("data/clocks")
    images, minutes = read_raw_clocks(raw)
    size, network = images.shape[1], settings.reader.network
    unlike, _ = read_raw_clocks(Path("data/raw/unlike_clocks"), image_size=size)
    targets: dict[str, NDArray[Any]] = dict(to_readings(minutes))
    if settings.reader.helper_weight:
        views = read_known_views(raw, count=len(images), columns=truth.COLUMNS)
        known = truth.find_directions(views, minutes, image_size=size, directions=directions_of(network))
        targets |= known._asdict()
    rows = {part: read_rows(labelled / f"{part}_rows.npy", count=len(images)) for part in ("train", "test")}
    arrays: Mapping[str, NDArray[Any]] = {"images": images, **targets, **rows}
    saved = checkpoint.of_training("reader", arrays=arrays, settings=checkpoint.settings_of(settings, "reader"))
    model = build_reader(size, network, seed=settings.seed)
    history = train_reader(
        model,
        images,
        targets,
        training_rows=rows["train"],
        test_rows=rows["test"],
        settings=settings.reader,
        seed=settings.seed,
        checkpoint=saved,
    )
    model = without_helpers(model)
    with writing.new_folder(Path("data/models/clock/reader")) as out:
        writing.write_model(model, out / "model.keras")
        writing.write_csv(history, out / "history.csv")
        writing.write_json({}, out / UNITS)  # losses and accuracies have none
        for name, clocks in (("read_minutes", images), ("unlike_read_minutes", unlike)):
            read, probability = read_clocks(model, clocks)
            writing.write_array(read, out / f"{name}.npy")
            writing.write_array(probability, out / f"{name}_probability.npy")
    saved.remove()


if __name__ == "__main__":
    run(main)
