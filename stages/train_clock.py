"""Train a clock network."""

from pathlib import Path
from typing import get_args

from imagelab import artifacts, backend, clock_reading, datasets, params
from imagelab.models.clock import build_clock_network
from imagelab.training import checkpoint, clock
from stages import run


def main(head: params.Head) -> None:
    """Train the network with the given head; write the model, its history and the time it reads in every picture."""
    settings = params.load()
    backend.configure(seed=settings.seed, precision=settings.precision, threads=settings.threads)
    images, _ = datasets.read_raw_clocks(Path("data/raw/clocks"))
    labelled = Path("data/clocks")
    targets = datasets.read_clock_targets(labelled, head, count=len(images))
    rows = {part: datasets.read_rows(labelled / f"{part}_rows.npy", count=len(images)) for part in ("train", "test")}
    train, test = (datasets.Split(images[rows[part]], targets[rows[part]]) for part in ("train", "test"))
    arrays = {"images": images, "targets": targets, **rows}
    saved = checkpoint.of_training(f"clock_{head}", arrays=arrays, settings=settings.of_training("clock"))
    model = build_clock_network(
        head, images.shape[1:], minute_filters=settings.clock.minute_filters, seed=settings.seed
    )
    history = clock.train(
        model,
        head,
        train,
        test,
        learning_rate=getattr(settings.clock, head).learning_rate,
        batch_size=settings.clock.batch_size,
        epochs=settings.clock.epochs_of(head),
        steps_per_execution=settings.clock.steps_per_execution,
        seed=settings.seed,
        checkpoint=saved,
    )
    with artifacts.new_folder(Path("data/models/clock") / head) as out:
        artifacts.write_model(model, out / "model.keras")
        artifacts.write_csv(history, out / "history.csv")
        artifacts.write_array(clock_reading.predict_times(model, head, images), out / "read_minutes.npy")
    saved.remove()


if __name__ == "__main__":
    run(main, get_args(params.Head))
