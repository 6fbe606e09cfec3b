import keras
import pytest

from imagelab.training.schedules import cosine_decay


def rates(schedule: keras.optimizers.schedules.LearningRateSchedule, steps: int) -> list[float]:
    return [float(schedule(step)) for step in range(steps + 1)]


def test_without_warm_up_it_starts_at_the_largest_rate_and_ends_at_zero() -> None:
    found = rates(cosine_decay(0.5, steps=10), 10)
    assert found[0] == pytest.approx(0.5)
    assert found[5] == pytest.approx(0.25)
    assert found[10] == pytest.approx(0, abs=1e-7)
    assert found == sorted(found, reverse=True)


def test_a_warm_up_rises_in_equal_steps_and_counts_among_the_steps() -> None:
    found = rates(cosine_decay(0.5, steps=10, warm_up=4), 10)
    assert found[:5] == pytest.approx([0, 0.125, 0.25, 0.375, 0.5])
    assert found[7] == pytest.approx(0.25)
    assert found[10] == pytest.approx(0, abs=1e-7)
