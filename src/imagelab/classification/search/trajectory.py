"""Train one trajectory and measure it, with the same numbers whatever else the process does."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import keras

from imagelab.classification.cnn import build_cnn
from imagelab.classification.mlp import build_mlp
from imagelab.classification.search.grid import Trajectory, seed_of
from imagelab.settings.classification import MlpNetwork, Network
from imagelab.storage.splits import Split
from imagelab.training import backend, classifier
from imagelab.training.durations import Part
from imagelab.training.fit import Diverged, Evaluation, check_loss

MEASURED = ("validation", "test")  # splits
METRICS = ("validation_loss", "validation_accuracy", "test_loss", "test_accuracy", "penalty")

Metrics = dict[str, float]


class Study(NamedTuple):
    """What all trajectories of a search share: data, number of classes, seed, precision and threads."""

    splits: Mapping[str, Split]  # train, validation and test
    classes: int
    seed: int  # of the first runs; ``grid.seed_of`` derives the others from it
    precision: str
    threads: int


class Outcome(NamedTuple):
    """The result of a trajectory: metrics by epoch, the reason if it failed, the environment, and what it took."""

    measured: dict[int, Metrics]
    failure: str | None
    computed_on: dict[str, Any]  # ``backend.environment`` of the process that trained it
    parts: tuple[Part, ...] = ()  # the trainings that it took; no number depends on them


def build_network(network: Network, image_shape: tuple[int, int, int], *, classes: int, seed: int) -> keras.Model:
    """Build the uncompiled classifier that the settings describe."""
    if isinstance(network, MlpNetwork):
        return build_mlp(
            image_shape,
            hidden=network.hidden,
            dropout=network.dropout,
            l1_on_first=network.l1_on_first,
            classes=classes,
            seed=seed,
        )
    return build_cnn(
        image_shape,
        filters=network.filters,
        dense=network.dense,
        dropout=network.dropout,
        batch_normalization=network.batch_normalization,
        classes=classes,
        seed=seed,
    )


def train(study: Study, trajectory: Trajectory, on_images: Callable[[int], None]) -> Outcome:
    """Train up to the last of the trajectory's epochs and measure at each of them.

    Args:
        study: data, number of classes, seed, precision and threads.
        trajectory: what to train.
        on_images: called after each batch with the number of images in it.

    Returns:
        ``METRICS`` by epoch: losses are cross-entropies in nats, ``penalty`` is what the network's regularisers add to
        the loss, 0 without any. If a loss becomes NaN or infinite or memory runs out, the measurements until then and
        the reason.

    Raises:
        InputError: as ``backend.configure``.
    """
    backend.configure(seed=seed_of(study.seed, trajectory.run), precision=study.precision, threads=study.threads)
    measured: dict[int, Metrics] = {}
    began = time.perf_counter()
    try:
        _train(study, trajectory, on_images, measured)
        failure = None
    except Diverged as error:
        failure = str(error)
    except Exception as error:
        if not backend.is_out_of_memory(error):
            raise
        failure = f"{trajectory}: out of memory"
    finally:
        backend.release_memory()
    environment = backend.environment()
    if failure is not None:
        return Outcome(measured, failure, environment)
    epochs, seconds = trajectory.epochs[-1], time.perf_counter() - began
    images = epochs * len(study.splits["train"].images)
    part = Part(environment["processor"], environment["accelerator"], epochs, images, seconds)
    return Outcome(measured, None, environment, (part,))


def _train(
    study: Study, trajectory: Trajectory, on_images: Callable[[int], None], measured: dict[int, Metrics]
) -> None:
    training = study.splits["train"]
    seed = seed_of(study.seed, trajectory.run)
    model = build_network(trajectory.network, training.images.shape[1:], classes=study.classes, seed=seed)

    evaluate = Evaluation(model)

    def measure(epoch: int, _: float) -> None:
        if epoch in trajectory.epochs:
            measured[epoch] = _measure(evaluate, study.splits, where=f"{trajectory}, after epoch {epoch}")

    classifier.train(
        model,
        training,
        None,
        optimizer=classifier.make_optimizer(trajectory.optimizer, trajectory.learning_rate),
        batch_size=trajectory.batch_size,
        epochs=trajectory.epochs[-1],
        seed=seed,
        label=str(trajectory),
        on_images=on_images,
        after_epoch=measure,
    )


def _measure(evaluate: Evaluation, splits: Mapping[str, Split], *, where: str) -> Metrics:
    measured = {name: classifier.measure(evaluate, splits[name]) for name in MEASURED}
    metrics = {f"{name}_{metric}": value for name in MEASURED for metric, value in measured[name].items()}
    metrics["penalty"] = classifier.penalty(evaluate.model)
    check_loss(math.fsum(metrics[name] for name in METRICS if not name.endswith("accuracy")), where=where)
    return metrics
