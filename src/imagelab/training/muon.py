"""The optimizer Muon for the kernels of convolutions."""

from typing import Any

import keras
from keras import ops

_STEPS = 3  # of the iteration; more bring nothing here
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # with which the iteration converges fast, to singular values near 1


@keras.saving.register_keras_serializable("imagelab")
class Muon(keras.optimizers.Optimizer):
    """Momentum, whose update of each kernel is replaced by the nearest orthogonal matrix.

    Keras's own ``Muon`` treats matrices only, and leaves the kernels of convolutions to AdamW. Before each step a
    kernel is scaled so that its filters have a norm of 1 on average: batch normalisation makes its scale meaningless,
    so the learning rate is a rate of turning.

    Args:
        learning_rate: a number or a schedule.
        momentum: decay of the sum of gradients, Nesterov's.

    Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024, and its use in Jordan's
    airbench94_muon.
    """

    def __init__(self, learning_rate: Any = 0.2, momentum: float = 0.6, **arguments: Any) -> None:
        super().__init__(learning_rate=learning_rate, **arguments)
        self.momentum = momentum

    def build(self, variables: list[keras.Variable]) -> None:
        """Make the sums of gradients of the kernels, (height, width, channels, filters)."""
        if self.built:
            return
        super().build(variables)
        self._sums = [self.add_variable_from_reference(variable, name="sum") for variable in variables]

    def update_step(self, gradient: Any, variable: keras.Variable, learning_rate: Any) -> None:
        """Update one kernel."""
        total = self._sums[self._get_variable_index(variable)]
        gradient = ops.cast(gradient, variable.dtype)
        self.assign(total, total * self.momentum + gradient)
        direction = ops.reshape(gradient + self.momentum * total, (-1, variable.shape[-1]))
        turned = ops.reshape(orthogonalise(direction), variable.shape)
        filters = float(variable.shape[-1])
        scaled = variable * (filters**0.5 / (_norm(variable) + 1e-7))
        self.assign(variable, scaled - ops.cast(learning_rate, variable.dtype) * turned)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "momentum": self.momentum}


def orthogonalise(matrix: Any) -> Any:
    """Return a matrix with the singular vectors of the given one, and singular values near 1.

    It is computed by an iteration of Newton and Schulz of fifth order.

    Args:
        matrix: shape (m, n).
    """
    first, second, third = _COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    found = ops.transpose(matrix) if tall else matrix  # the shorter side first: products are smaller
    found = found / (_norm(found) + 1e-7)
    for _ in range(_STEPS):
        square = ops.matmul(found, ops.transpose(found))
        polynomial = second * square + third * ops.matmul(square, square)
        found = first * found + ops.matmul(polynomial, found)
    return ops.transpose(found) if tall else found


def _norm(values: Any) -> Any:
    return ops.sqrt(ops.sum(ops.square(values)))
