"""The settings that decide a number are those of the stages that compute it."""

import pytest
from dvc.repo import Repo

from imagelab.reproduction import full_size, rules
from imagelab.settings import params
from tests.conftest import REPOSITORY

PAPER = params.load(REPOSITORY / "params" / "paper.yaml")
GENERATORS = ("vae_small", "vae_medium", "vae_large")
VAES = ("train_vae@small", "train_vae@medium", "train_vae@large", "sample_generators")
VAES += tuple(f"evaluate_generator@{name}" for name in GENERATORS)

COMPUTED_BY: dict[str, tuple[str, ...]] = {
    "keras_mnist_examples.mlp": ("train_keras_example@mlp", "prepare@mnist"),
    "keras_mnist_examples.cnn": ("train_keras_example@cnn", "prepare@mnist"),
    "fashion_mnist.cnn_runs": ("search_grid@cnn", "prepare@fashion_mnist"),
    "fashion_mnist.cnn_batch_norm_runs": ("search_grid@cnn_batch_norm", "prepare@fashion_mnist"),
    "cifar10": ("transfer_cifar10", "prepare@cifar10"),
    "clocks.classification": ("train_clock@classification", "split_clocks"),
    "clocks.regression": ("train_clock@regression", "split_clocks"),
    "clocks.multi_head": ("train_clock@multi_head", "split_clocks"),
    "leaves.data": ("prepare_leaves",),
    "claims.classify.best_mlp": ("search_grid@mlp", "prepare@fashion_mnist"),
    "claims.classify.worst_mlp": ("search_grid@mlp", "prepare@fashion_mnist"),
    "claims.classify.best_cnn": ("search_grid@cnn", "prepare@fashion_mnist"),
    "claims.classify.slow_optimizers": ("search_grid@cnn", "prepare@fashion_mnist"),
    "claims.classify.batch_normalization": ("search_grid@cnn", "search_grid@cnn_batch_norm", "prepare@fashion_mnist"),
    "claims.classify.best_on_cifar10": ("transfer_cifar10", "prepare@cifar10"),
    "claims.clocks.multi_head_before_classification": (
        *("train_clock@multi_head", "train_clock@classification", "split_clocks"),
    ),
    "claims.clocks.classification_before_regression": (
        *("train_clock@classification", "train_clock@regression", "split_clocks"),
    ),
    "claims.leaves.blurred": ("prepare_leaves", *VAES),
    "claims.leaves.dimensions": ("prepare_leaves", "train_leaf_classifier", *VAES),
    "claims.leaves.epochs": ("prepare_leaves", "train_leaf_classifier", *VAES),
    "claims.leaves.sharper": ("prepare_leaves", "train_gan", *VAES, "evaluate_generator@gan"),
    "claims.leaves.no_leaf": ("prepare_leaves", "train_leaf_classifier", "train_gan", *VAES, "evaluate_generator@gan"),
}
"""Stages whose settings decide a number. ``best_mlp`` stands for all variants of the MLP."""

FREE = ("seed", "precision", "threads", "fetch", "demo", "class_folders")
NOT_OF_THIS_NUMBER = {
    "clocks.multi_head": {"clock.epochs"},  # it has its own
    "leaves.data": {"prepare_leaves.reduction", "prepare_leaves.held_out_fraction"},  # no count
}


@pytest.fixture(scope="module")
def settings_of_stages() -> dict[str, set[str]]:
    """The keys that each stage lists in ``dvc.yaml``."""
    return {
        stage.addressing: {key for dependency in stage.params for key in dependency.params}
        for stage in Repo(str(REPOSITORY)).index.stages
    }


@pytest.mark.parametrize("path", COMPUTED_BY)
def test_every_setting_of_the_stages_that_compute_a_number_decides_it(
    path: str, settings_of_stages: dict[str, set[str]]
) -> None:
    found = rules.load()
    listed = {
        key
        for stage in COMPUTED_BY[path]
        for section in settings_of_stages[stage]
        if section.split(".")[0] not in FREE
        for key in full_size.values(PAPER, section)
    }
    listed = {key for key in listed if not key.endswith(".grid")} - {*found.may_differ}  # the points are compared
    deciding = {key for section in found.decided_by[path].settings for key in full_size.values(PAPER, section)} - {
        *found.may_differ
    }
    assert listed - deciding == NOT_OF_THIS_NUMBER.get(path, set())
    assert deciding <= listed


def test_every_number_that_settings_decide_is_compared_with_the_stages() -> None:
    found = rules.load()
    others = {path for path, decided in found.decided_by.items() if decided.settings} - {*COMPUTED_BY}
    variants = [f"fashion_mnist.mlp.{name}" for name in PAPER.search.mlp.variants]
    points = [f"claims.classify.best_point_of_{name}" for name in ("two_hidden", "dropout_after_first")]
    assert others == {*variants, *points}
    for path in others:
        variant = path.removeprefix("fashion_mnist.mlp.").removeprefix("claims.classify.best_point_of_")
        assert found.decided_by[path].settings == ("prepare", f"search.mlp.variants.{variant}")
