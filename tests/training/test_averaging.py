import keras
import numpy as np
import pytest

from imagelab.training.averaging import use_average
from imagelab.training.batches import Batches
from imagelab.training.fit import fit
from imagelab.training.normalization import BatchNormalization

pytestmark = pytest.mark.usefixtures("repeatable")

RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.random((64, 4, 4, 1), np.float32)
CLASSES = RANDOM.integers(0, 3, 64)
MOMENTUM = 0.5


def trained(epochs: int) -> tuple[keras.Model, Batches]:
    """A network with batch normalisation, one step an epoch."""
    image = keras.Input((4, 4, 1))
    x = keras.layers.Conv2D(2, 3, kernel_initializer=keras.initializers.HeNormal(1))(image)
    x = keras.layers.Flatten()(BatchNormalization(momentum=0.9, name="norm")(x))
    model = keras.Model(image, keras.layers.Dense(3, kernel_initializer=keras.initializers.HeNormal(2))(x))
    optimizer = keras.optimizers.AdamW(0.05, use_ema=True, ema_momentum=MOMENTUM)
    model.compile(optimizer=optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    batches = Batches(PICTURES, CLASSES, batch_size=64, shuffle_seed=1)
    fit(model, batches, None, epochs=epochs, label="averaged")
    return model, batches


def weights(model: keras.Model) -> list[np.ndarray]:
    return [np.array(keras.ops.convert_to_numpy(weight)) for weight in model.trainable_variables]


def test_the_weights_become_their_moving_average() -> None:
    expected = None
    for epochs in (1, 2, 3):
        after = weights(trained(epochs)[0])
        expected = (
            after
            if expected is None
            else [MOMENTUM * old + (1 - MOMENTUM) * new for old, new in zip(expected, after, strict=True)]
        )
    model, batches = trained(3)
    use_average(model, batches)
    assert expected is not None
    for found, wanted in zip(weights(model), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)


def test_statistics_of_batch_normalisation_are_those_of_the_averaged_weights() -> None:
    model, batches = trained(5)
    model.get_layer("norm").moving_mean.assign([100.0, -100.0])  # as if weights had changed much
    use_average(model, batches)
    before_norm = keras.Model(model.input, model.layers[1].output)(PICTURES)
    mean = keras.ops.convert_to_numpy(before_norm).mean(axis=(0, 1, 2))
    found = keras.ops.convert_to_numpy(model.get_layer("norm").moving_mean)
    np.testing.assert_allclose(found, mean, atol=0.01)
