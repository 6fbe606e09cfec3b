"""Weight gradients by matrix products have the numbers of TensorFlow's own."""

from collections.abc import Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf

from imagelab.training.weight_gradients import use_matrix_products

pytestmark = pytest.mark.usefixtures("repeatable")


@pytest.fixture(autouse=True)
def bfloat16() -> Iterator[None]:
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


def build(size: int = 5, **options: object) -> keras.Model:
    initializer = keras.initializers.GlorotUniform(1)
    settings = {"padding": "same", "activation": "relu", "kernel_initializer": initializer, "name": "convolution"}
    image = keras.Input((size, size, 3))
    return keras.Model(image, keras.layers.Conv2D(4, (3, 5), **settings | options)(image))


def gradients(model: keras.Model, size: int = 5) -> list[np.ndarray]:
    random = np.random.default_rng(1)
    pictures = tf.constant(random.normal(size=(6, size, size, 3)).astype(np.float32))
    weights = random.normal(size=(6, size, size, 4)).astype(np.float32)

    @tf.function
    def differentiate() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            loss = tf.reduce_sum(tf.cast(model(pictures), tf.float32) * weights)
        return tape.gradient(loss, [pictures, *(variable.value for variable in model.trainable_variables)])

    return [gradient.numpy() for gradient in differentiate()]


def is_changed(model: keras.Model) -> bool:
    return "call" in vars(model.get_layer("convolution"))


@pytest.mark.parametrize("activation", ["relu", None])
def test_the_gradients_are_those_of_tensorflow(activation: str | None) -> None:
    plain, changed = build(activation=activation), build(activation=activation)
    use_matrix_products(changed)
    assert is_changed(changed)
    found = gradients(changed)
    assert np.abs(found[1]).max() > 1
    for one, other in zip(found, gradients(plain), strict=True):
        np.testing.assert_allclose(one, other, rtol=0.01, atol=0.02 * np.abs(other).max())  # bfloat16 has 8 bits


@pytest.mark.parametrize(
    "options",
    [
        {"strides": 2},
        {"padding": "valid"},
        {"activation": "tanh"},
        {"size": 14},
        {"kernel_size": 2},
        {"dtype": "float32"},
    ],
)
def test_other_layers_stay_as_they_are(options: dict[str, object]) -> None:
    if "kernel_size" in options:
        image = keras.Input((5, 5, 3))
        model = keras.Model(image, keras.layers.Conv2D(4, 2, padding="same", name="convolution")(image))
    else:
        model = build(**options)  # type: ignore[arg-type]
    use_matrix_products(model)
    assert not is_changed(model)


def test_a_changed_network_is_saved_as_keras_knows_it() -> None:
    model = build()
    before = model.to_json()
    use_matrix_products(model)
    assert model.to_json() == before
