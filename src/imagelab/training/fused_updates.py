"""Optimizers that update each variable with one operation of TensorFlow instead of a dozen, by the same formula.

A step of a small network spends most of its time in Keras's update, which passes over each variable a dozen times. XLA,
which JAX always uses, fuses these passes by itself.
"""

from functools import partial
from typing import Any

import keras
from keras import ops


def fuse_updates(optimizer: keras.Optimizer) -> None:
    """Let an Adam, AdamW or Adamax optimizer use one operation per variable; leave others as they are.

    Only this object changes, not its class, so networks are saved with Keras's own optimizers.

    Args:
        optimizer: before its first step is traced.
    """
    if type(optimizer) in (keras.optimizers.Adam, keras.optimizers.AdamW) and not optimizer.amsgrad:
        optimizer.update_step = partial(_update_by_adam, optimizer)
    elif type(optimizer) is keras.optimizers.Adamax:
        optimizer.update_step = partial(_update_by_adamax, optimizer)


def _update_by_adam(optimizer: Any, gradient: Any, variable: Any, learning_rate: Any) -> None:
    import tensorflow as tf

    index = optimizer._get_variable_index(variable)
    step = ops.cast(optimizer.iterations + 1, variable.dtype)
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        m=optimizer._momentums[index].value.handle,
        v=optimizer._velocities[index].value.handle,
        beta1_power=ops.power(ops.cast(optimizer.beta_1, variable.dtype), step),
        beta2_power=ops.power(ops.cast(optimizer.beta_2, variable.dtype), step),
        lr=ops.cast(learning_rate, variable.dtype),
        beta1=optimizer.beta_1,
        beta2=optimizer.beta_2,
        epsilon=optimizer.epsilon,
        grad=ops.cast(gradient, variable.dtype),
    )


def _update_by_adamax(optimizer: Any, gradient: Any, variable: Any, learning_rate: Any) -> None:
    import tensorflow as tf

    index = optimizer._get_variable_index(variable)
    step = ops.cast(optimizer.iterations + 1, variable.dtype)
    tf.raw_ops.ResourceApplyAdaMax(
        var=variable.handle,
        m=optimizer._m[index].value.handle,
        v=optimizer._u[index].value.handle,
        beta1_power=ops.power(ops.cast(optimizer.beta_1, variable.dtype), step),
        lr=ops.cast(learning_rate, variable.dtype),
        beta1=optimizer.beta_1,
        beta2=optimizer.beta_2,
        epsilon=optimizer.epsilon,
        grad=ops.cast(gradient, variable.dtype),
    )
