"""Training steps that are no Keras model's: their gradients and their compilation, on either backend.

Keras's own training step has one loss and one optimizer. A GAN's has two of each, in turns. Written in Keras's
operations with ``minimize``, such a step is compiled as a whole.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras


class CustomSteps:
    """Steps that change a set of variables.

    TensorFlow changes variables in place. JAX compiles functions without side effects only, so there a step becomes a
    function from the variables' values to their new values, by Keras's stateless scope.

    Args:
        variables: all that a step reads or changes: of networks (random generators included) and of built optimizers.
    """

    def __init__(self, variables: Sequence[keras.Variable]) -> None:
        self.variables = list(variables)
        self.on_tensorflow = keras.backend.backend() == "tensorflow"

    def compiled(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """Compile a step: on TensorFlow once for any number of rows, on JAX for each number.

        Args:
            step: from arrays, or lists of them, to numbers by name; in operations of Keras. All arguments have rows.

        Returns:
            The same function. Its results are tensors of the backend.
        """
        if self.on_tensorflow:
            import tensorflow as tf

            traced: list[Any] = []

            def run_on_tensorflow(*arguments: Any) -> Any:
                tensors = keras.tree.map_structure(tf.convert_to_tensor, arguments)
                if not traced:
                    any_rows = keras.tree.map_structure(
                        lambda one: tf.TensorSpec([None, *one.shape[1:]], one.dtype), tensors
                    )
                    traced.append(tf.function(step, autograph=False, input_signature=any_rows))
                return traced[0](*tensors)

            return run_on_tensorflow
        import jax

        def stateless(values: list[Any], arguments: tuple[Any, ...]) -> tuple[list[Any], Any]:
            return self._in_scope(values, lambda: step(*arguments))

        compiled = jax.jit(stateless)

        def run(*arguments: Any) -> Any:
            values, results = compiled(self._values(), arguments)
            self._assign(values)
            return results

        return run

    def minimize(
        self,
        loss: Callable[[], tuple[Any, Any]],
        variables: Sequence[keras.Variable],
        optimizer: keras.optimizers.Optimizer,
    ) -> tuple[Any, Any]:
        """Compute a loss, and update variables by its gradients; to be called in a compiled step.

        Args:
            loss: returns the loss, a scalar, and anything else that the step needs of its computation.
            variables: to be updated; others, such as moving averages, change as the loss's computation changes them.
            optimizer: built for these variables.

        Returns:
            What ``loss`` returns, from before the update.
        """
        if self.on_tensorflow:
            import tensorflow as tf

            with tf.GradientTape() as tape:
                value, others = loss()
            gradients = tape.gradient(value, [variable.value for variable in variables])
        else:
            import jax

            def stateless(trained: list[Any]) -> tuple[Any, Any]:
                places = {id(variable): place for place, variable in enumerate(variables)}
                values = [
                    trained[places[id(variable)]] if id(variable) in places else variable.value
                    for variable in self.variables
                ]
                after, (value, others) = self._in_scope(values, loss)
                return value, (others, after)

            differentiate = jax.value_and_grad(stateless, has_aux=True)
            (value, (others, after)), gradients = differentiate([variable.value for variable in variables])
            self._assign(after)
        optimizer.apply(gradients, list(variables))
        return value, others

    def _in_scope(self, values: list[Any], function: Callable[[], Any]) -> tuple[list[Any], Any]:
        """Call a function with other values of the variables; return the values after it, and its result."""
        with keras.StatelessScope(list(zip(self.variables, values, strict=True))) as scope:
            result = function()
        return [scope.get_current_value(variable) for variable in self.variables], result

    def _values(self) -> list[Any]:
        return [variable.value for variable in self.variables]

    def _assign(self, values: list[Any]) -> None:
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)
