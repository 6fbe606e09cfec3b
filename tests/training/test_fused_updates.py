"""An update in one operation has the numbers of Keras's own update."""

from collections.abc import Callable

import keras
import numpy as np
import pytest

from imagelab.training.fused_updates import fuse_updates

pytestmark = pytest.mark.usefixtures("repeatable")

RATE = keras.optimizers.schedules.CosineDecay(0.1, 20)

OPTIMIZERS: dict[str, Callable[[], keras.Optimizer]] = {
    "adam": lambda: keras.optimizers.Adam(0.01, beta_1=0.5),
    "adam_with_decay": lambda: keras.optimizers.Adam(RATE),
    "adamw": lambda: keras.optimizers.AdamW(RATE, weight_decay=0.1, global_clipnorm=1.0),
    "adamax": lambda: keras.optimizers.Adamax(0.01),
}


def updated(optimizer: keras.Optimizer, steps: int) -> list[np.ndarray]:
    random = np.random.default_rng(1)
    variables = [keras.Variable(random.normal(size=shape).astype(np.float32)) for shape in ((5, 3), (7,))]
    for _ in range(steps):
        gradients = [random.normal(size=variable.shape).astype(np.float32) for variable in variables]
        optimizer.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients], variables)
    return [keras.ops.convert_to_numpy(variable) for variable in (*variables, *optimizer.variables)]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_numbers_are_those_of_keras(name: str) -> None:
    plain, fused = OPTIMIZERS[name](), OPTIMIZERS[name]()
    fuse_updates(fused)
    assert fused.update_step != plain.update_step
    for expected, found in zip(updated(plain, 6), updated(fused, 6), strict=True):
        # The kernel computes 1 - beta in float32, Keras in float64: they differ in the fifth digit.
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=5e-6)


def test_a_fused_optimizer_is_saved_as_that_of_keras() -> None:
    optimizer = keras.optimizers.Adam(0.01)
    before = keras.saving.serialize_keras_object(optimizer)
    fuse_updates(optimizer)
    assert keras.saving.serialize_keras_object(optimizer) == before


def test_other_formulas_stay_as_they_are() -> None:
    for optimizer in (keras.optimizers.Adam(amsgrad=True), keras.optimizers.Nadam(), keras.optimizers.SGD()):
        before = optimizer.update_step
        fuse_updates(optimizer)
        assert optimizer.update_step == before
