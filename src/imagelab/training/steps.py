"""Compiled training and test steps over a split that stays in memory.

Pictures stay bytes. A step gets row numbers, and gathers and scales its rows inside the graph. Keras's own loop would
feed each batch through a Python generator or ``tf.data``, whose threads compete with the kernels for cores and whose
end makes ``fit`` wait for up to two seconds.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import keras
import numpy as np
from keras import ops, tree
from numpy.typing import NDArray

from imagelab.training.batches import Batches
from imagelab.training.fused_updates import fuse_updates
from imagelab.training.weight_gradients import use_matrix_products

Run = Callable[[NDArray[np.int32]], None]
"""Runs a step for each batch of the given rows, (m,), in their order, and updates the model's variables."""


class Steps:
    """The training steps or the test steps of a compiled model.

    Args:
        model: compiled before the first step; its ``train_step`` or ``test_step`` is what runs.
        training: whether the steps train.
    """

    def __init__(self, model: keras.Model, *, training: bool) -> None:
        self.model = model
        self._training = training

    def over(self, batches: Batches) -> Run:
        """Put a split into the memory of the device; return what runs a step for each batch of its rows."""
        arrays = (batches.images,) if batches.targets is None else (batches.images, batches.targets)
        sample = _batch(tree.map_structure(lambda array: array[:1], arrays), np.zeros(1, np.int32))
        self.model._symbolic_build(data_batch=sample)  # makes the variables of losses and metrics, as ``fit`` does
        return self._compiled(arrays, batches.batch_size)

    @cached_property
    def _compiled(self) -> Callable[[Any, int], Run]:
        on_backend = _on_jax if keras.backend.backend() == "jax" else _on_tensorflow
        return on_backend(self.model, training=self._training)


def _batch(arrays: Any, rows: Any) -> Any:
    """Return the given rows as a Keras step takes them: pixels in [0, 1] and, if there are any, targets."""
    images, *targets = tree.map_structure(lambda array: ops.take(array, rows, axis=0), arrays)
    return tree.map_structure(_as_pixels, images), *targets


def _as_pixels(images: Any) -> Any:
    """Scale bytes to [0, 1]; leave floats."""
    if keras.backend.standardize_dtype(images.dtype) == "uint8":
        return ops.cast(images, "float32") / 255
    return images


def _on_tensorflow(model: keras.Model, *, training: bool) -> Callable[[Any, int], Run]:
    import tensorflow as tf

    if training:
        fuse_updates(model.optimizer)
        if not tf.config.list_physical_devices("GPU"):
            use_matrix_products(model)
    step = tf.function(
        model.train_step if training else model.test_step,
        autograph=False,
        jit_compile=model.jit_compile or None,  # as Keras decides: no XLA for deterministic operations
    )

    def run(arrays: Any, rows: Any, batch_size: Any) -> None:
        count = tf.size(rows)

        def body(first: Any) -> Any:
            step(_batch(arrays, rows[first : tf.minimum(first + batch_size, count)]))
            return first + batch_size

        # A loop in the graph: one call from Python for many steps. They depend on each other by their variables.
        tf.while_loop(lambda first: first < count, body, [tf.constant(0)], parallel_iterations=1)

    traced: list[Any] = []

    def over(arrays: Any, batch_size: int) -> Run:
        resident = tree.map_structure(tf.constant, arrays)
        if not traced:  # once, for splits of any size and for any number of rows
            of_arrays = tree.map_structure(lambda one: tf.TensorSpec([None, *one.shape[1:]], one.dtype), resident)
            signature = [of_arrays, tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)]
            traced.append(tf.function(run, autograph=False, input_signature=signature))
        size = tf.constant(batch_size)
        return lambda rows: traced[0](resident, tf.constant(rows), size)

    return over


def _on_jax(model: keras.Model, *, training: bool) -> Callable[[Any, int], Run]:
    import jax

    def groups() -> list[list[keras.Variable]]:
        """Variables that a step reads and returns, in the order of Keras's stateless steps."""
        weights = [model.trainable_variables, model.non_trainable_variables]
        return [*weights, *([model.optimizer.variables] if training else []), model.metrics_variables]

    def step(state: Any, arrays: Any, rows: Any) -> Any:
        return (model.train_step if training else model.test_step)(state, _batch(arrays, rows))[1]

    compiled = jax.jit(step, donate_argnums=0)

    def over(arrays: Any, batch_size: int) -> Run:
        resident = jax.device_put(arrays)

        def run(rows: NDArray[np.int32]) -> None:
            variables = groups()
            state = tuple([variable.value for variable in group] for group in variables)
            for first in range(0, len(rows), batch_size):
                state = compiled(state, resident, rows[first : first + batch_size])
            for group, values in zip(variables, state, strict=True):
                for variable, value in zip(group, values, strict=True):
                    variable.assign(value)

        return run

    return over
