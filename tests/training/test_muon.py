import keras
import numpy as np
import pytest
from keras import ops

from imagelab.training.muon import Muon, orthogonalise

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(12, 5), (5, 12), (6, 6)], ids=str)
def test_an_orthogonalised_matrix_keeps_its_singular_vectors_and_has_values_near_one(shape: tuple[int, int]) -> None:
    left, _, right = np.linalg.svd(RANDOM.standard_normal(shape), full_matrices=False)
    values = np.linspace(1, 3, min(shape))
    found = ops.convert_to_numpy(orthogonalise((left * values @ right).astype(np.float32)))
    in_their_basis = left.T @ found @ right.T
    assert in_their_basis == pytest.approx(np.diag(np.diag(in_their_basis)), abs=1e-4)
    assert np.diag(in_their_basis) == pytest.approx(np.ones(min(shape)), abs=0.4)


def test_a_step_turns_a_kernel_against_the_gradient_whatever_their_scales() -> None:
    start, gradient = (RANDOM.standard_normal((3, 3, 4, 6)).astype(np.float32) for _ in range(2))
    results = []
    for scale in (1.0, 1000.0):
        kernel = keras.Variable(scale * start)
        optimizer = Muon(0.1, momentum=0.5)
        optimizer.build([kernel])
        optimizer.apply([ops.convert_to_tensor(scale * gradient)])
        results.append(ops.convert_to_numpy(kernel.value))
    assert results[0] == pytest.approx(results[1], abs=1e-4)
    scaled = start * np.sqrt(6) / np.linalg.norm(start)
    step = (scaled - results[0]) / 0.1
    expected = ops.convert_to_numpy(orthogonalise(gradient.reshape(36, 6))).reshape(gradient.shape)
    assert step == pytest.approx(expected, abs=1e-3)


def test_the_second_step_looks_ahead_along_the_sum_of_gradients() -> None:
    first, second = (RANDOM.standard_normal((1, 1, 3, 3)).astype(np.float32) for _ in range(2))
    kernel = keras.Variable(np.ones((1, 1, 3, 3), np.float32))
    optimizer = Muon(0.1, momentum=0.5)
    optimizer.build([kernel])
    optimizer.apply([ops.convert_to_tensor(first)])
    before = ops.convert_to_numpy(kernel.value)
    optimizer.apply([ops.convert_to_tensor(second)])
    direction = second + 0.5 * (0.5 * first + second)
    expected = before * np.sqrt(3) / np.linalg.norm(before) - 0.1 * ops.convert_to_numpy(
        orthogonalise(direction.reshape(3, 3))
    ).reshape(before.shape)
    assert ops.convert_to_numpy(kernel.value) == pytest.approx(expected, abs=1e-4)


def test_its_arguments_are_kept() -> None:
    optimizer = keras.optimizers.deserialize(keras.optimizers.serialize(Muon(0.1, momentum=0.7)))
    assert isinstance(optimizer, Muon)
    assert optimizer.momentum == 0.7
