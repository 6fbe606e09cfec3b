"""Train the network that finds the clock in a picture."""

from pathlib import Path

import numpy as np

from imagelab.clocks.posed_clocks import read_posed_clocks
from imagelab.clocks.reader.training import as_localiser_pictures, poses_to_find, train_localiser
from imagelab.clocks.rendering.reader_clocks import FAR, NEAR, TEST
from imagelab.settings import params
from imagelab.training.run import run_training
from stages import run


def main() -> None:
    """Write the localiser and its history.

    It learns from the clocks to read and from those further away. It is tested on clocks to read only, which are easier
    to find.
    """
    settings = params.load()
    size = settings.localiser.image_size
    sets = [read_posed_clocks(Path("data/raw/reader_clocks") / name) for name in (NEAR, FAR, TEST)]
    *training, test = [as_localiser_pictures(clocks.images, size=size) for clocks in sets]
    *poses, test_poses = [poses_to_find(clocks) for clocks in sets]
    images, known = np.concatenate(training), np.concatenate(poses)
    run_training(
        "localiser",
        Path("data/models/clock/localiser"),
        settings=settings,
        own=["localiser"],
        arrays={"images": images, "poses": known, "test_images": test, "test_poses": test_poses},
        train=lambda state: train_localiser(
            images, known, test, test_poses, settings.localiser, seed=settings.seed, checkpoint=state
        ),
    )


if __name__ == "__main__":
    run(main)
