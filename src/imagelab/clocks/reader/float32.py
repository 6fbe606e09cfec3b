"""What layers of the reader have in common that compute in float32, whatever the precision of the network."""

from typing import Any

import keras


class Float32Layer(keras.layers.Layer):
    """A layer in float32, which pixels, poses and probabilities need; a ``dtype`` among the arguments is replaced."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"dtype": "float32"})
