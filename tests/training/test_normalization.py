import keras
import numpy as np
import pytest
from keras import ops
from numpy.typing import NDArray

from imagelab.training.normalization import BatchNormalization

pytestmark = pytest.mark.usefixtures("repeatable")

SHAPES = [(6, 5, 4, 3), (6, 7, 3), (6, 3), (1, 2, 2, 3)]


def pictures(shape: tuple[int, ...]) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(3, 2, shape).astype(np.float32)


def normalized_twice(
    kind: type[keras.layers.Layer], shape: tuple[int, ...], scale: bool = True
) -> list[NDArray[np.float32]]:
    """One training step and one prediction: outputs, weights, and the gradient of the weights."""
    layer = kind(momentum=0.9, scale=scale)
    layer.build((None, *shape[1:]))
    if scale:
        layer.gamma.assign([0.5, -1.0, 2.0])
    layer.beta.assign([1.0, 0.0, -1.0])
    inputs = keras.Input(shape[1:])
    model = keras.Model(inputs, layer(inputs))
    model.compile(keras.optimizers.SGD(0.1), "mean_squared_error")
    x = pictures(shape)
    trained = ops.convert_to_numpy(layer(x, training=True))
    model.train_on_batch(x, np.zeros_like(x))
    return [trained, model.predict_on_batch(x), *layer.get_weights()]


@pytest.mark.parametrize("scale", [True, False], ids=["scale", "no scale"])
@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_keras_layer_but_for_the_last_digits(shape: tuple[int, ...], scale: bool) -> None:
    layers = (BatchNormalization, keras.layers.BatchNormalization)
    ours, kerass = (normalized_twice(kind, shape, scale) for kind in layers)
    for mine, theirs in zip(ours, kerass, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("arguments", [{"axis": 1}, {"center": False}, {"renorm": True}], ids=str)
def test_what_the_operation_has_no_place_for_is_left_to_keras(arguments: dict[str, object]) -> None:
    x = pictures((4, 3, 3))
    results = []
    for kind in (BatchNormalization, keras.layers.BatchNormalization):
        layer = kind(**arguments)
        results.append([ops.convert_to_numpy(layer(x, training=True)), *layer.get_weights()])
    for mine, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_in_bfloat16_the_statistics_stay_exact_and_gradients_reach_the_inputs() -> None:
    layer = BatchNormalization(momentum=0.0, dtype="mixed_bfloat16")
    image = keras.Input((4, 4, 3))
    model = keras.Model(image, layer(keras.layers.Conv2D(3, 1, dtype="mixed_bfloat16")(image)))
    model.compile(keras.optimizers.SGD(1.0), "mean_squared_error")
    before = model.get_weights()[0]
    x = pictures((6, 4, 4, 3))
    model.train_on_batch(x, x)
    assert not np.array_equal(before, model.get_weights()[0])
    layer(ops.cast(x, "bfloat16"), training=True)
    np.testing.assert_allclose(layer.get_weights()[2], x.mean(axis=(0, 1, 2)), rtol=0.01)


def test_a_frozen_layer_normalises_by_its_moving_averages() -> None:
    layer = BatchNormalization()
    layer.build((None, 3))
    layer.trainable = False
    x = pictures((6, 3))
    np.testing.assert_allclose(ops.convert_to_numpy(layer(x, training=True)), x / np.sqrt(1.001), rtol=1e-4)
    assert np.array_equal(layer.get_weights()[2], np.zeros(3))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="XLA fuses by itself")
@pytest.mark.parametrize("training", [True, False])
def test_it_is_one_operation_on_tensorflow(training: bool) -> None:
    import tensorflow as tf

    layer = BatchNormalization()
    layer.build((None, 3))
    graph = tf.function(lambda x: layer(x, training=training)).get_concrete_function(tf.TensorSpec((None, 3))).graph
    assert [operation.type for operation in graph.get_operations()].count("FusedBatchNormV3") == 1
