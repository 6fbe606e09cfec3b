"""Training of the best classifiers, and their predictions."""

import math
from collections.abc import Mapping

import keras
import numpy as np

from imagelab.classification.best.network import build_best_classifier
from imagelab.classification.views import average_over_views, check_views
from imagelab.settings.classification import BestClassifier
from imagelab.storage.splits import Split
from imagelab.training import classifier, inference
from imagelab.training.augmentation import augment
from imagelab.training.fit import CheckpointLike
from imagelab.training.muon import Muon
from imagelab.training.run import Outputs
from imagelab.training.schedules import cosine_decay

_KERNELS = "conv_.*/kernel"  # the paths of the convolutions' variables, and of batch normalisation's offsets
_OFFSETS = "norm_.*/beta"


def train_best_classifier(
    splits: Mapping[str, Split],
    settings: BestClassifier,
    *,
    classes: int,
    seed: int,
    name: str,
    checkpoint: CheckpointLike | None = None,
    optimizer: keras.optimizers.Optimizer | None = None,
) -> Outputs:
    """Train a new classifier with Muon and stochastic gradient descent.

    Args:
        splits: ``train``, ``validation`` and ``test``; targets are classes, (n,).
        settings: network, training, and whether the validation split is trained on.
        classes: how many there are.
        seed: of weights, order and augmentation.
        name: of the network and the training.
        checkpoint: see ``fit.fit``.
        optimizer: a new one, in place of that of ``make_optimizer``.

    Returns:
        By name of the file: the network in float32; the history, as ``classifier.train`` returns it; and logits of the
        test split, (n, classes): each picture's own, and their means over its test-time views.

    Raises:
        Diverged: if the loss becomes NaN or infinite.
        InputError: if the pictures are too small for the network or for the views.
    """
    training, validation = splits["train"], splits["validation"]
    check_views(settings.test_time_views, training.images)  # before the training: they are needed after it
    if settings.train_on_validation:
        training = Split(*(np.concatenate(both) for both in zip(training, validation, strict=True)))
    model = build_best_classifier(training.images, settings, classes=classes, seed=seed, name=name)
    history = classifier.train(
        model,
        training,
        None if settings.train_on_validation else validation,
        optimizer=optimizer or make_optimizer(settings, steps=count_steps(settings, len(training.images))),
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        seed=seed,
        label=name,
        checkpoint=checkpoint,
        label_smoothing=settings.label_smoothing,
        augment=lambda images, epoch: augment(images, settings.augmentation, seed=seed, epoch=epoch),
    )
    network = inference.in_float32(model)  # what is measured is what the file holds
    test = splits["test"].images
    logits = inference.predict(network, test)
    averaged = average_over_views(network, test, logits, settings.test_time_views)
    return {
        "model.keras": network,
        "history.csv": history,
        "test_logits.npy": logits,
        "test_logits_averaged.npy": averaged,
    }


def count_steps(settings: BestClassifier, pictures: int) -> int:
    """Return the steps of a training on so many pictures."""
    return settings.epochs * math.ceil(pictures / settings.batch_size)


def make_optimizer(settings: BestClassifier, *, steps: int) -> keras.optimizers.Optimizer:
    """Return Muon for the kernels of convolutions, and stochastic gradient descent for all else.

    Args:
        settings: learning rates, momenta and decay.
        steps: of the training.

    Source: Jordan's airbench94_muon for the division; Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", 2024,
    section 3.4, for the higher learning rate of the offsets.
    """

    def rate(largest: float) -> float | keras.optimizers.schedules.LearningRateSchedule:
        if settings.decay == "none":
            return largest
        return cosine_decay(largest, steps=steps)

    def descent(largest: float) -> keras.optimizers.SGD:
        return keras.optimizers.SGD(rate(largest), momentum=settings.momentum, nesterov=True)

    optimizers = keras.optimizers.OptimizerMap(
        descent(settings.learning_rate),
        {
            _KERNELS: Muon(rate(settings.kernel_learning_rate), momentum=settings.kernel_momentum),
            _OFFSETS: descent(settings.offset_learning_rate * settings.learning_rate),
        },
    )
    return keras.optimizers.MultiOptimizer(optimizers)
