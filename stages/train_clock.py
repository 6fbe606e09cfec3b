"""Train a clock network."""

from pathlib import Path

from imagelab.clocks.arrays import read_raw_clocks
from imagelab.clocks.heads.available import HEADS
from imagelab.clocks.training import train_on_clocks
from imagelab.settings import params
from imagelab.storage.splits import Split, read_rows
from imagelab.training.run import run_training
from stages import run


def main(name: str) -> None:
    """Train the network with the given head; write the model, its history and the time it reads in each picture."""
    settings, head = params.load(), HEADS[name]
    images, minutes = read_raw_clocks(Path("data/raw/clocks"))
    parts = Path("data/clocks")
    rows = {part: read_rows(parts / f"{part}_rows.npy", count=len(images)) for part in ("train", "test")}
    run_training(
        f"clock_{name}",
        Path("data/models/clock") / name,
        settings=settings,
        own=["clock.epochs", "clock.batch_size", f"clock.{name}"],
        arrays={"images": images, "minutes": minutes, **rows},
        train=lambda state: train_on_clocks(
            head, Split(images, minutes), rows, settings.clock, seed=settings.seed, checkpoint=state
        ),
    )


if __name__ == "__main__":
    run(main, tuple(HEADS))
