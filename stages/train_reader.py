"""Train the clock reader."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from imagelab import artifacts, backend, clock_reading, datasets, params
from imagelab.models.reader import build_reader, without_helpers
from imagelab.sources import clock_truth
from imagelab.training import checkpoint, reader
from stages import run


def main() -> None:
    """Train the reader; write it, its history, and the times it reads in every clock and in those of another design."""
    settings = params.load()
    backend.configure(seed=settings.seed, precision=settings.precision, threads=settings.threads)
    raw, labelled = Path("data/raw/clocks"), Path("data/clocks")
    images, minutes = datasets.read_raw_clocks(raw)
    size, network = images.shape[1], settings.reader.network
    unlike, _ = datasets.read_raw_clocks(Path("data/raw/unlike_clocks"), image_size=size)
    targets = datasets.read_reader_targets(labelled, count=len(images))
    if settings.reader.helper_weight:
        views = datasets.read_known_views(raw, count=len(images), columns=clock_truth.COLUMNS)
        known = clock_truth.find_directions(views, minutes, image_size=size, directions=network.directions)
        targets |= known._asdict()
    rows = {part: datasets.read_rows(labelled / f"{part}_rows.npy", count=len(images)) for part in ("train", "test")}
    arrays: Mapping[str, NDArray[Any]] = {"images": images, **targets, **rows}
    saved = checkpoint.of_training("reader", arrays=arrays, settings=settings.of_training("reader"))
    model = build_reader(size, network, seed=settings.seed)
    history = reader.train(
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
    with artifacts.new_folder(Path("data/models/clock/reader")) as out:
        artifacts.write_model(model, out / "model.keras")
        artifacts.write_csv(history, out / "history.csv")
        for name, clocks in (("read_minutes", images), ("unlike_read_minutes", unlike)):
            read, probability = clock_reading.read_clocks(model, clocks)
            artifacts.write_array(read, out / f"{name}.npy")
            artifacts.write_array(probability, out / f"{name}_probability.npy")
    saved.remove()


if __name__ == "__main__":
    run(main)
