"""Train a clock network."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from imagelab.clocks.arrays import UNITS, read_raw_clocks
from imagelab.clocks.heads.available import HEADS
from imagelab.clocks.heads.head import build_clock_network
from imagelab.clocks.training import epochs_of, predict_times, train_clock_network
from imagelab.settings import params
from imagelab.storage import writing
from imagelab.storage.splits import Split, read_rows
from imagelab.training import backend, checkpoint
from stages import run


def main(name: str) -> None:
    """Train the network with the given head; write the model, its history and the time it reads in every picture."""
    settings, head = params.load(), HEADS[name]
    backend.configure(seed=settings.seed, precision=settings.precision, threads=settings.threads)
    images, minutes = read_raw_clocks(Path("data/raw/clocks"))
    folder = Path("data/clocks")
    rows = {part: read_rows(folder / f"{part}_rows.npy", count=len(images)) for part in ("train", "test")}
    train, test = (Split(images[rows[part]], minutes[rows[part]]) for part in ("train", "test"))
    arrays: dict[str, NDArray[Any]] = {"images": images, "minutes": minutes, **rows}
    saved = checkpoint.of_training(f"clock_{name}", arrays=arrays, settings=checkpoint.settings_of(settings, "clock"))
    model = build_clock_network(
        head, images.shape[1:], minute_filters=settings.clock.minute_filters, seed=settings.seed
    )
    history = train_clock_network(
        model,
        head,
        train,
        test,
        learning_rate=getattr(settings.clock, name).learning_rate,
        batch_size=settings.clock.batch_size,
        epochs=epochs_of(name, settings.clock),
        steps_per_execution=settings.clock.steps_per_execution,
        seed=settings.seed,
        checkpoint=saved,
    )
    with writing.new_folder(Path("data/models/clock") / name) as out:
        writing.write_model(model, out / "model.keras")
        writing.write_csv(history, out / "history.csv")
        writing.write_json(head.units, out / UNITS)
        writing.write_array(predict_times(model, head, images), out / "read_minutes.npy")
    saved.remove()


if __name__ == "__main__":
    run(main, tuple(HEADS))
