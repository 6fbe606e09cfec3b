import keras
import numpy as np
import pytest

from imagelab.clocks.reader.augmentation import PictureVariation, PoseJitter
from imagelab.clocks.reader.polar import CircularPadding, LuminanceAndColour, PolarSampling

pytestmark = pytest.mark.usefixtures("repeatable")

RANDOM = np.random.default_rng(0)
CENTRED = np.array([[0.5, 0.5, 0.4, 0.0, 0.4]], np.float32)
COLUMNS, ROWS = (plane[None, ..., None] for plane in np.mgrid[:20, :20].astype(np.float32)[::-1])


def array(values: object) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(values))


def test_rays_begin_at_the_upper_edge_and_turn_clockwise() -> None:
    layer = PolarSampling(4, 3, 0.25, 0.75)
    across, down = (array(layer([plane, CENTRED]))[0, ..., 0] for plane in (COLUMNS, ROWS))
    distances = 20 * 0.4 * np.array([0.25, 0.5, 0.75])
    assert np.allclose(across, 9.5 + np.outer([0, 1, 0, -1], distances), atol=1e-4)
    assert np.allclose(down, 9.5 + np.outer([-1, 0, 1, 0], distances), atol=1e-4)


def test_samples_follow_the_pose_of_each_picture() -> None:
    poses = np.array([[0.4, 0.6, 0.3, 0.1, 0.2], [0.5, 0.5, 0.1, 0.0, 0.1]], np.float32)
    layer = PolarSampling(4, 1, 1.0, 1.0)
    across, down = (array(layer([np.repeat(plane, 2, axis=0), poses]))[..., 0, 0] for plane in (COLUMNS, ROWS))
    up, right = (0.4 - 0.1, 0.6 - 0.2), (0.4 + 0.3, 0.6 + 0.1)  # pivot plus the map of (0, -1) and of (1, 0)
    assert np.allclose(20 * np.array([up[0], right[0]]) - 0.5, across[0, :2], atol=1e-4)
    assert np.allclose(20 * np.array([up[1], right[1]]) - 0.5, down[0, :2], atol=1e-4)
    assert np.allclose(across[1], 9.5 + 2 * np.array([0, 1, 0, -1]), atol=1e-4)


def test_beyond_the_picture_its_edge_goes_on() -> None:
    plane = np.full((1, 8, 8, 1), 3.0, np.float32)
    assert np.allclose(array(PolarSampling(8, 4, 0.1, 5.0)([plane, CENTRED])), 3, atol=1e-5)


def test_the_circle_closes() -> None:
    x = np.arange(4, dtype=np.float32).reshape(1, 4, 1)
    assert array(CircularPadding(2)(x)).ravel().tolist() == [2, 3, 0, 1, 2, 3, 0, 1]


def test_luminance_is_standardised_and_an_inverted_picture_has_the_opposite_sign() -> None:
    pictures = RANDOM.random((2, 6, 6, 3), np.float32)
    layer = LuminanceAndColour()
    found = array(layer(pictures))
    assert np.allclose(found[..., 0].mean(axis=(1, 2)), 0, atol=1e-5)
    assert np.allclose(found[..., 0].std(axis=(1, 2)), 1, atol=1e-4)
    assert np.allclose(array(layer(1 - pictures)), -found, atol=1e-4)
    grey = np.repeat(pictures[..., :1], 3, axis=-1)
    assert np.allclose(array(layer(grey))[..., 1:], 0, atol=1e-5)


def test_variations_change_nothing_after_training() -> None:
    pictures = RANDOM.random((2, 6, 6, 3), np.float32)
    assert np.array_equal(array(PictureVariation(1, 0.5, 0.5, 0.5)(pictures)), pictures)
    assert np.array_equal(array(PoseJitter(1, 0.1, 0.1, 0.1)(CENTRED)), CENTRED)


def test_pictures_are_inverted_lose_colour_and_are_erased_in_the_given_shares() -> None:
    pictures = np.ones((4000, 8, 8, 3), np.float32)
    varied = array(PictureVariation(1, 0.12, 0.25, 0.5)(pictures, training=True))
    assert (varied.min(axis=(1, 2, 3)) < 0).mean() == pytest.approx(0.12, abs=0.02)
    assert (np.abs(varied[..., 1:]).max(axis=(1, 2, 3)) == 0).mean() == pytest.approx(0.25, abs=0.03)
    erased = (varied[..., 0] == 0).mean(axis=(1, 2))
    assert (erased > 0).mean() > 0.35  # half of them, less patches between two pixels
    assert erased.max() <= 0.27


def test_poses_vary_by_the_given_deviations() -> None:
    poses = np.repeat(CENTRED, 4000, axis=0)
    varied = array(PoseJitter(1, 0.03, 0.07, 0.035)(poses, training=True)) - poses
    assert varied.mean(axis=0) == pytest.approx(np.zeros(5), abs=0.002)
    along = 0.4 * np.hypot(0.07, 0.035)  # scale and stretch together
    assert varied.std(axis=0) == pytest.approx([0.012, 0.012, along, 0.4 * 0.035, along], rel=0.06)
    same = array(PoseJitter(1, 0.03, 0.07, 0.035)(poses, training=True))
    assert np.array_equal(same, varied + poses)  # the same seed, the same numbers
