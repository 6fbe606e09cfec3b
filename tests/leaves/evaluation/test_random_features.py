"""The network of random weights in whose features generated leaves are compared with real ones."""

import keras
import numpy as np
import pytest

from imagelab.leaves.evaluation.random_features import build_random_features
from imagelab.training import inference

pytestmark = pytest.mark.usefixtures("repeatable")

RANDOM = np.random.default_rng(0)


def test_random_features_are_the_same_in_every_network_and_precision_and_fall_with_blur() -> None:
    pictures = RANDOM.random((40, 32, 32, 3), dtype=np.float32)
    network = build_random_features(32)
    features = inference.predict(network, pictures)
    assert features.shape == (40, 32)
    assert features.dtype == np.float32
    keras.config.set_dtype_policy("mixed_bfloat16")
    again = build_random_features(32)
    keras.config.set_dtype_policy("float32")
    np.testing.assert_array_equal(inference.predict(again, pictures), features)
    blurred = (pictures + np.roll(pictures, 1, axis=1) + np.roll(pictures, 1, axis=2)) / 3
    moved, other = (
        np.linalg.norm(features - inference.predict(network, some), axis=1).mean() for some in (blurred, pictures[::-1])
    )
    assert moved > other  # further than another picture of the same kind is
