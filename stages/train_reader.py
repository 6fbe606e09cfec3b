"""Train the clock reader."""

from pathlib import Path

import numpy as np

from imagelab.clocks.arrays import read_raw_clocks
from imagelab.clocks.posed_clocks import read_posed_clocks
from imagelab.clocks.reader.training import train_reader
from imagelab.clocks.rendering.reader_clocks import NEAR, TEST, describe_training_clocks
from imagelab.settings import params
from imagelab.storage import model_files
from imagelab.training import inference
from imagelab.training.run import run_training
from stages import run


def main() -> None:
    """Write the reader, its history, and what it reads in every clock, and in unseen ones of random designs."""
    settings = params.load()
    images, _ = read_raw_clocks(Path("data/raw/clocks"))
    clocks, test = (read_posed_clocks(Path("data/raw/reader_clocks") / name) for name in (NEAR, TEST))
    localiser = Path("data/models/clock/localiser/model.keras")
    run_training(
        "reader",
        Path("data/models/clock/reader"),
        settings=settings,
        own=["reader"],
        arrays={
            "images": images,
            **{f"near_{name}": array for name, array in clocks._asdict().items()},
            **{f"test_{name}": array for name, array in test._asdict().items()},
            "localiser": np.frombuffer(localiser.read_bytes(), np.uint8),
        },
        train=lambda state: train_reader(
            inference.load_model(localiser), clocks, test, images, settings.reader, seed=settings.seed, checkpoint=state
        ),
        trained_on={
            "model.keras": model_files.describe(
                settings,
                settings.reader,
                task="clock reader",
                data=describe_training_clocks(settings.reader_clocks),
                stand_in=settings.reader_clocks.random_designs == 0,  # the report's clock in place of all clocks
                pictures=len(clocks.images),
            )
        },
    )


if __name__ == "__main__":
    run(main)
