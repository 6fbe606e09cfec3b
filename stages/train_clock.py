"""Train a clock network."""

from pathlib import Path

from imagelab.clocks.arrays import UNITS, read_raw_clocks
from imagelab.clocks.heads.available import HEADS
from imagelab.clocks.heads.head import build_clock_network
from imagelab.clocks.training import epochs_of, predict_times, train_clock_network
from imagelab.settings import params
from imagelab.storage.splits import Split, read_rows
from imagelab.training.checkpoint import Checkpoint
from imagelab.training.run import Outputs, run_training
from stages import run


def main(name: str) -> None:
    """Train the network with the given head; write the model, its history and the time it reads in each picture."""
    settings, head = params.load(), HEADS[name]
    images, minutes = read_raw_clocks(Path("data/raw/clocks"))
    parts = Path("data/clocks")
    rows = {part: read_rows(parts / f"{part}_rows.npy", count=len(images)) for part in ("train", "test")}

    def train(state: Checkpoint) -> Outputs:
        model = build_clock_network(
            head, images.shape[1:], minute_filters=settings.clock.minute_filters, seed=settings.seed
        )
        history = train_clock_network(
            model,
            head,
            *(Split(images[rows[part]], minutes[rows[part]]) for part in ("train", "test")),
            learning_rate=getattr(settings.clock, name).learning_rate,
            batch_size=settings.clock.batch_size,
            epochs=epochs_of(name, settings.clock),
            steps_per_execution=settings.clock.steps_per_execution,
            seed=settings.seed,
            checkpoint=state,
        )
        return {
            "model.keras": model,
            "history.csv": history,
            UNITS: head.units,
            "read_minutes.npy": predict_times(model, head, images),
        }

    run_training(
        f"clock_{name}",
        Path("data/models/clock") / name,
        settings=settings,
        section="clock",
        arrays={"images": images, "minutes": minutes, **rows},
        train=train,
    )


if __name__ == "__main__":
    run(main, tuple(HEADS))
