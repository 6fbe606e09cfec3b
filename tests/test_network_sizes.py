import math

import keras
import numpy as np
import pytest

from imagelab import network_sizes
from imagelab.classification.cnn import build_cnn
from imagelab.classification.mlp import build_mlp
from imagelab.settings import params
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.usefixtures("repeatable")

PUBLISHED = {  # total, trainable
    "clock_classification": (731500, 730932),
    "clock_regression": (604961, 604545),
    "clock_multi_head": (1675193, 1674113),
    "fashion_mnist_cnn": (1413834, 1413834),
}


@pytest.fixture(scope="module")
def networks() -> dict[str, keras.Model]:
    paper, best = (params.load(REPOSITORY / "params" / f"{profile}.yaml") for profile in ("paper", "best"))
    return dict(network_sizes.networks(paper, best))


@pytest.mark.parametrize("name", PUBLISHED)
def test_networks_have_the_published_number_of_parameters(name: str, networks: dict[str, keras.Model]) -> None:
    network = networks[name]
    trainable = sum(math.prod(weight.shape) for weight in network.trainable_weights)
    assert (network.count_params(), trainable) == PUBLISHED[name]


def test_the_whitening_filters_of_a_best_classifier_are_parameters_that_are_not_trained(
    networks: dict[str, keras.Model],
) -> None:
    network = networks["best_classifier_cifar10"]
    filters = network.get_layer("whitening").kernel
    assert filters.shape == (2, 2, 3, 24)
    assert all(filters is not weight for weight in network.trainable_weights)


def test_generators_draw_pictures_between_0_and_1(networks: dict[str, keras.Model]) -> None:
    for name in ("gan_generator", "vae_64_decoder"):
        network = networks[name]
        latent = np.random.default_rng(0).normal(size=(2, network.input_shape[1])) * 10
        pictures = network.predict(latent, verbose=0)
        assert pictures.shape == (2, 32, 32, 3)
        assert pictures.min() >= 0
        assert pictures.max() <= 1


def test_the_encoder_halves_three_times(networks: dict[str, keras.Model]) -> None:
    encoder = networks["vae_32_encoder"]
    assert [encoder.get_layer(f"down_{block}").output.shape[1] for block in (1, 2, 3)] == [16, 8, 4]
    assert encoder.output_shape == (None, 64)


def weights(seed: int) -> list[np.ndarray]:
    network = build_cnn(
        (8, 8, 1), filters=(2, 3, 4), dense=(5, 6), dropout=0.5, batch_normalization=True, classes=3, seed=seed
    )
    return network.get_weights()


def test_weights_depend_on_the_seed_and_not_on_what_was_built_before() -> None:
    first = weights(1)
    weights(5)
    again, other = weights(1), weights(2)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_no_two_layers_start_alike() -> None:
    network = build_mlp((2, 2, 1), hidden=(4, 4, 4), dropout=(0, 0, 0), l1_on_first=0, classes=4, seed=1)
    kernels = [layer.get_weights()[0] for layer in network.layers if layer.name.startswith("dense")]
    assert not np.array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[1], kernels[2])


def test_the_penalty_is_on_the_first_hidden_layer_only() -> None:
    network = build_mlp((2, 2, 1), hidden=(4, 4), dropout=(0, 0), l1_on_first=0.5, classes=2, seed=1)
    expected = 0.5 * np.abs(network.get_layer("dense_1").get_weights()[0]).sum()
    assert [float(loss) for loss in network.losses] == [pytest.approx(expected, rel=1e-5)]


def test_one_dropout_rate_is_needed_for_each_hidden_layer() -> None:
    with pytest.raises(ValueError, match="one dropout rate for each of 2 hidden layers"):
        build_mlp((2, 2, 1), hidden=(4, 4), dropout=(0.5,), l1_on_first=0, classes=2, seed=1)
