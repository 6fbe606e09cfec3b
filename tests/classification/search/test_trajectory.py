import time
from collections.abc import Iterator
from typing import Any

import pytest

from imagelab.classification.search import trajectory
from imagelab.classification.search.grid import Point, seed_of, trajectories, trajectory_of
from imagelab.classification.search.trajectory import Study
from imagelab.runtime.errors import InputError
from imagelab.training import backend, classifier
from imagelab.training.fit import Diverged
from tests.classification.search.conftest import cnn_points, mlp_points


@pytest.fixture(autouse=True)
def float32_afterwards() -> Iterator[None]:
    yield
    backend.configure(seed=1, precision="float32", threads=1)


def ignore(_: int) -> None:
    pass


@pytest.mark.parametrize(
    "found",
    [pytest.param(mlp_points(), id="mlp"), pytest.param(cnn_points(), id="cnn", marks=pytest.mark.slow)],
)
def test_a_point_inside_a_longer_trajectory_equals_the_same_point_alone_bit_for_bit(
    found: list[Point], study: Study
) -> None:
    (joined,) = trajectories(found)
    together = trajectory.train(study, joined, ignore)
    for point in found:
        alone = trajectory.train(study, trajectory_of(point), ignore)
        assert alone.measured == {point.epochs: together.measured[point.epochs]}
    assert len({tuple(metrics.values()) for metrics in together.measured.values()}) == len(found)  # it does learn


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(mlp_points(epochs=[2]), id="mlp"),
        pytest.param(cnn_points(epochs=[2]), id="cnn", marks=pytest.mark.slow),
    ],
)
def test_a_second_run_is_a_first_one_with_its_own_seed_and_nothing_else(found: list[Point], study: Study) -> None:
    (first,) = trajectories(found)
    second = trajectory.train(study, first._replace(run=2), ignore).measured
    assert second == trajectory.train(study._replace(seed=seed_of(study.seed, 2)), first, ignore).measured
    assert second != trajectory.train(study, first, ignore).measured


def test_every_picture_of_every_epoch_is_seen(study: Study) -> None:
    seen: list[int] = []
    trajectory.train(study, trajectory_of(mlp_points()[1]), seen.append)
    assert sum(seen) == 2 * 50


def test_a_training_says_what_it_took(study: Study) -> None:
    began = time.perf_counter()
    outcome = trajectory.train(study, trajectory_of(mlp_points()[1]), ignore)
    (part,) = outcome.parts
    assert (part.epochs, part.images) == (2, 2 * 50)
    assert 0 < part.seconds < time.perf_counter() - began
    assert (part.processor, part.accelerator) == (outcome.computed_on["processor"], outcome.computed_on["accelerator"])


def test_a_learning_rate_that_is_far_too_large_is_a_failure_with_its_reason(study: Study) -> None:
    (point,) = mlp_points(learning_rate=[1e38], optimizer=["sgd"], epochs=[20])
    outcome = trajectory.train(study, trajectory_of(point), ignore)
    assert outcome.measured == {}
    assert outcome.failure is not None
    assert outcome.parts == ()
    assert outcome.failure.startswith("sgd, 1e+38, batch 16, 20 epochs; 16, dropout 0.2, epoch ")
    assert "expected a finite number" in outcome.failure


def end_after_one_epoch(error: Exception) -> Any:
    def train(*_: object, after_epoch: Any, **__: object) -> None:
        after_epoch(1, 0.5)
        raise error

    return train


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Diverged("loss", where="epoch 2", expected="a finite number", received="nan"), "epoch 2: loss: expected"),
        (MemoryError(), "adam, 0.01, batch 16, 2 epochs; 16, dropout 0.2: out of memory"),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory"), "out of memory"),
    ],
    ids=["diverged", "memory", "accelerator's memory"],
)
def test_what_was_measured_before_a_failure_is_kept(
    error: Exception, reason: str, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifier, "train", end_after_one_epoch(error))
    monkeypatch.setattr(trajectory, "_measure", lambda *_, **__: {"validation_accuracy": 0.5})
    (joined,) = trajectories(mlp_points())
    outcome = trajectory.train(study, joined, ignore)
    assert outcome.measured == {1: {"validation_accuracy": 0.5}}
    assert outcome.failure is not None
    assert reason in outcome.failure


def test_a_mistake_in_the_code_is_not_taken_for_a_failed_point(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "train", end_after_one_epoch(TypeError("a bug")))
    monkeypatch.setattr(trajectory, "_measure", lambda *_, **__: {})
    with pytest.raises(TypeError, match="a bug"):
        trajectory.train(study, trajectory_of(mlp_points()[0]), ignore)


@pytest.mark.parametrize("limit", ["AVX2", "avx512_core"])
def test_bfloat16_is_refused_where_the_processor_lacks_it_unless_forced(
    limit: str, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    config = pytest.importorskip("tensorflow").config
    found = config.list_physical_devices  # no GPU among them, wherever this runs:
    monkeypatch.setattr(config, "list_physical_devices", lambda kind=None: [] if kind == "GPU" else found(kind))
    point = trajectory_of(mlp_points(epochs=[1])[0])
    with pytest.raises(InputError, match=r"params\.yaml: precision: expected float32, .* received mixed_bfloat16"):
        trajectory.train(study._replace(precision="mixed_bfloat16"), point, ignore)
    monkeypatch.setenv(backend.FORCE_BFLOAT16, "1")
    assert trajectory.train(study._replace(precision="mixed_bfloat16"), point, ignore).failure is None


def test_both_precisions_learn_and_differ(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(backend.FORCE_BFLOAT16, "1")  # wherever the tests run
    point = trajectory_of(mlp_points(epochs=[40])[0])
    results = [
        trajectory.train(study._replace(precision=precision), point, ignore).measured[40]
        for precision in ("float32", "mixed_bfloat16")
    ]
    assert all(metrics["test_accuracy"] > 0.9 for metrics in results)
    assert results[0]["validation_loss"] != results[1]["validation_loss"]
