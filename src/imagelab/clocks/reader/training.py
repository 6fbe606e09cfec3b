"""Training of the localiser and of the network that reads."""

import math
from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.clocks.arrays import UNITS
from imagelab.clocks.posed_clocks import PosedClocks
from imagelab.clocks.reader import targets as wanted
from imagelab.clocks.reader.joined import join
from imagelab.clocks.reader.localiser import NO_CLOCK, build_localiser, pivot_error, pose_loss
from imagelab.clocks.reader.network import build_network, directions_of
from imagelab.clocks.reader.reading import ClockReader
from imagelab.settings.clocks import Localiser, Reader
from imagelab.training.averaging import use_average
from imagelab.training.batches import Batches, for_measuring
from imagelab.training.fit import CheckpointLike, fit
from imagelab.training.run import Outputs
from imagelab.training.schedules import cosine_decay

_WARM_UP_STEPS = 150  # in which the learning rate rises from 0; at most a quarter of all steps
_LARGEST_GRADIENT_NORM = 2.0


def train_localiser(
    images: NDArray[np.uint8],
    poses: NDArray[np.float64],
    test_images: NDArray[np.uint8],
    test_poses: NDArray[np.float64],
    settings: Localiser,
    *,
    seed: int,
    checkpoint: CheckpointLike | None = None,
) -> Outputs:
    """Train a new localiser with Adam.

    Args:
        images: (n, size, size, 1).
        poses: (n, 5), in the unit of the picture's width; all ``NO_CLOCK`` where no time can be read.
        test_images: measured after each epoch; nothing is chosen by them.
        test_poses: theirs.
        settings: network and training.
        seed: of weights, variations and order.
        checkpoint: see ``fit.fit``.

    Returns:
        By name of the file: the localiser, and its history: ``epoch`` from 1, ``loss``, ``pivot_error`` in radii of the
        face, averaged over all pictures (0 where no time can be read), and the same on the test pictures with the
        prefix ``test_``.

    Raises:
        Diverged: if the loss becomes NaN or infinite.
    """
    model = build_localiser(settings, seed=seed)
    learning_rate = _decaying(settings.learning_rate, settings.epochs, len(images), settings.batch_size)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate, global_clipnorm=_LARGEST_GRADIENT_NORM),
        loss=pose_loss,
        metrics=[pivot_error],
    )
    history = fit(
        model,
        Batches(images, poses.astype(np.float32), batch_size=settings.batch_size, shuffle_seed=seed),
        for_measuring(test_images, test_poses.astype(np.float32)),
        epochs=settings.epochs,
        label="clock localiser",
        checkpoint=checkpoint,
    )
    return {"model.keras": model, "history.csv": _named_test(history)}


def train_network(
    clocks: PosedClocks,
    test: PosedClocks,
    settings: Reader,
    *,
    seed: int,
    checkpoint: CheckpointLike | None = None,
) -> tuple[keras.Model, pd.DataFrame]:
    """Train a new network that reads, with AdamW, a linear warm-up and a cosine decay of the learning rate.

    In the end its weights are their moving average.

    Args:
        clocks: to train on.
        test: read after each epoch at their true poses, with the current weights; nothing is chosen by them.
        settings: network and training.
        seed: of weights, variations and order.
        checkpoint: see ``fit.fit``.

    Returns:
        The network, and its history: ``epoch`` from 1, losses by output, ``time_within_a_minute``, and the same on the
        test pictures with the prefix ``test_``.

    Raises:
        Diverged: if the loss becomes NaN or infinite.
    """
    model = build_network(clocks.images.shape[1], settings.network, seed=seed)
    learning_rate = _decaying(settings.learning_rate, settings.epochs, len(clocks.images), settings.batch_size)
    losses = {
        "time": wanted.time_loss,
        "minute_hand": wanted.direction_loss,
        "hour_hand": wanted.direction_loss,
        "dial": wanted.dial_loss,
    }
    weights = {name: 1.0 if name == "time" else settings.auxiliary_weight for name in losses}
    model.compile(
        optimizer=keras.optimizers.AdamW(
            learning_rate,
            weight_decay=settings.weight_decay,
            global_clipnorm=_LARGEST_GRADIENT_NORM,
            use_ema=settings.averaging > 0,
            ema_momentum=settings.averaging,
        ),
        loss=losses,
        loss_weights=weights,
        metrics={"time": [wanted.within_a_minute]},
    )
    directions = directions_of(settings.network)
    training = Batches(_inputs(clocks), _targets(clocks, directions), batch_size=settings.batch_size, shuffle_seed=seed)
    history = fit(
        model,
        training,
        for_measuring(_inputs(test), _targets(test, directions)),
        epochs=settings.epochs,
        label="clock reader",
        checkpoint=checkpoint,
    )
    if settings.averaging > 0:
        use_average(model, training)
    return model, _named_test(history)


def train_reader(
    localiser: keras.Model,
    clocks: PosedClocks,
    test: PosedClocks,
    others: NDArray[np.uint8],
    settings: Reader,
    *,
    seed: int,
    checkpoint: CheckpointLike | None = None,
) -> Outputs:
    """Train a new reader.

    Args:
        localiser: trained; becomes part of the reader.
        clocks: to train on.
        test: see ``train_network``.
        others: further clocks, (m, height, width, 1), which are only read.
        settings: network and training.
        seed: of weights, variations and order.
        checkpoint: see ``fit.fit``.

    Returns:
        By name of the file: the reader, history, units of its metrics, and the time read in every picture of ``others``
        and of ``test``, each with its probability.

    Raises:
        Diverged: if the loss becomes NaN or infinite.
    """
    model, history = train_network(clocks, test, settings, seed=seed, checkpoint=checkpoint)
    joined = join(localiser, model)
    reader = ClockReader(joined)
    times = {}
    for name, images in (("read_minutes", others), ("test_read_minutes", test.images)):
        readings = reader.read(list(images))
        times[f"{name}.npy"], times[f"{name}_probability.npy"] = readings.times, readings.probabilities
    return {"model.keras": joined, "history.csv": history, UNITS: {}, **times}  # losses and accuracies have no unit


def as_localiser_pictures(images: NDArray[np.uint8], *, size: int) -> NDArray[np.uint8]:
    """Reduce colour pictures, (n, width, width, 3), to grey ones, (n, size, size, 1), by means over squares.

    Args:
        images: whose width is a multiple of ``size``.
        size: in pixels.
    """
    factor = images.shape[1] // size
    reduced = np.empty((len(images), size, size, 1), np.uint8)
    for row, image in enumerate(images):  # one at a time: together they may not fit into memory as floats
        squares = image.reshape(size, factor, size, factor, -1)
        reduced[row, ..., 0] = np.rint(squares.mean(axis=(1, 3, 4)))
    return reduced


def poses_to_find(clocks: PosedClocks) -> NDArray[np.float64]:
    """The poses that the localiser is to find, (n, 5); ``NO_CLOCK`` in pictures that show no time."""
    return np.where(clocks.readable[:, None], clocks.poses, NO_CLOCK)


def _decaying(
    largest: float, epochs: int, rows: int, batch_size: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    steps = epochs * math.ceil(rows / batch_size)
    return cosine_decay(largest, steps=steps, warm_up=min(_WARM_UP_STEPS, steps // 4))


def _inputs(clocks: PosedClocks) -> dict[str, NDArray[Any]]:
    return {"picture": clocks.images, "pose": clocks.poses.astype(np.float32)}


def _targets(clocks: PosedClocks, directions: int) -> dict[str, NDArray[Any]]:
    return dict(wanted.to_targets(clocks.minutes, clocks.rolls, clocks.readable, directions=directions))


def _named_test(history: pd.DataFrame) -> pd.DataFrame:
    return history.rename(columns=lambda name: name.replace("validation_", "test_"))
