"""Training of the clock reader."""

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagelab.clocks.arrays import UNITS
from imagelab.clocks.reader.network import READINGS, build_reader, without_auxiliary_outputs
from imagelab.clocks.reader.reading import read_clocks
from imagelab.settings.clocks import Reader
from imagelab.training.batches import Batches, for_measuring
from imagelab.training.fit import CheckpointLike, fit
from imagelab.training.run import Outputs

Targets = dict[str, NDArray[Any]]

_WARM_UP_STEPS = 150  # in which the learning rate rises from 0; at most a quarter of all steps
_LARGEST_GRADIENT_NORM = 5.0


def train_on_clocks(
    images: NDArray[np.uint8],
    targets: Targets,
    rows: Mapping[str, NDArray[np.int64]],
    unlike: NDArray[np.uint8],
    settings: Reader,
    *,
    seed: int,
    checkpoint: CheckpointLike | None = None,
) -> Outputs:
    """Train a new reader.

    Args:
        images: all clocks, (n, size, size, 1), uint8.
        targets: as for ``train_reader``.
        rows: of the splits ``train`` and ``test``.
        unlike: clocks of another design, (m, size, size, 1), uint8, which are only read.
        settings: network and training.
        seed: of weights and order.
        checkpoint: see ``fit.fit``.

    Returns:
        By name of the file: the reader without auxiliary outputs, history, units of its metrics, and the time read in
        every picture of both sets, with its probability.

    Raises:
        Diverged: if the loss becomes NaN or infinite.
    """
    model = build_reader(images.shape[1], settings.network, seed=seed)
    history = train_reader(
        model,
        images,
        targets,
        training_rows=rows["train"],
        test_rows=rows["test"],
        settings=settings,
        seed=seed,
        checkpoint=checkpoint,
    )
    reader = without_auxiliary_outputs(model)
    times = {}
    for name, clocks in (("read_minutes", images), ("unlike_read_minutes", unlike)):
        times[f"{name}.npy"], times[f"{name}_probability.npy"] = read_clocks(reader, clocks)
    return {"model.keras": reader, "history.csv": history, UNITS: {}, **times}  # losses and accuracies have no unit


def train_reader(
    model: keras.Model,
    images: NDArray[np.uint8],
    targets: Targets,
    *,
    training_rows: NDArray[np.int64],
    test_rows: NDArray[np.int64],
    settings: Reader,
    seed: int,
    checkpoint: CheckpointLike | None = None,
) -> pd.DataFrame:
    """Train the reader with AdamW, a linear warm-up and a cosine decay of the learning rate.

    Args:
        model: of ``build_reader``, uncompiled.
        images: all clocks, (n, size, size, 1), uint8.
        targets: by output, each (n, ...): of ``to_readings``; and to train the auxiliary outputs, of
            ``truth.find_directions``.
        training_rows: rows of the training split.
        test_rows: rows of the test split, which is measured after each epoch; nothing is chosen by it.
        settings: of the training.
        seed: of the order of the rows.
        checkpoint: see ``fit.fit``.

    Returns:
        The history: ``epoch`` from 1, losses and accuracies by output, and the same on the test split with the prefix
        ``test_``.

    Raises:
        Diverged: if the loss becomes NaN or infinite.
    """
    steps = settings.epochs * math.ceil(len(training_rows) / settings.batch_size)
    warm_up = min(_WARM_UP_STEPS, steps // 4)
    learning_rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warm_up, warmup_target=settings.learning_rate, warmup_steps=warm_up
    )
    trained = model if set(targets) > set(READINGS) else without_auxiliary_outputs(model)
    trained.compile(
        optimizer=keras.optimizers.AdamW(
            learning_rate, weight_decay=settings.weight_decay, global_clipnorm=_LARGEST_GRADIENT_NORM
        ),
        loss={name: keras.losses.SparseCategoricalCrossentropy(from_logits=True) for name in targets},
        loss_weights={name: 1.0 if name in READINGS else settings.auxiliary_weight for name in targets},
        metrics={name: ["accuracy"] for name in READINGS},
    )
    training, test = (
        (images[rows], {name: target[rows] for name, target in targets.items()}) for rows in (training_rows, test_rows)
    )
    history = fit(
        trained,
        Batches(*training, batch_size=settings.batch_size, shuffle_seed=seed),
        for_measuring(*test),
        epochs=settings.epochs,
        label="clock reader",
        checkpoint=checkpoint,
    )
    return history.rename(columns=lambda name: name.replace("validation_", "test_"))
