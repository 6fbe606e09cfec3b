import numpy as np
import pytest

from imagelab.runtime.errors import InputError
from imagelab.settings.training import Augmentation
from imagelab.training.augmentation import augment

PICTURES = np.random.default_rng(0).integers(0, 256, (200, 8, 6, 3), dtype=np.uint8)


def vary(epoch: int = 0, seed: int = 1, **settings: object) -> np.ndarray:
    return augment(
        PICTURES, Augmentation(**{"flips": "none", "shift": 0, "cut_out": 0} | settings), seed=seed, epoch=epoch
    )


def is_flipped(varied: np.ndarray) -> np.ndarray:
    own, mirrored = ((varied == other).all(axis=(1, 2, 3)) for other in (PICTURES, PICTURES[:, :, ::-1]))
    assert (own ^ mirrored).all()
    return mirrored


def test_nothing_varies_unless_a_setting_says_so() -> None:
    assert np.array_equal(vary(), PICTURES)


def test_pictures_of_an_epoch_depend_on_seed_and_epoch_only() -> None:
    settings = {"flips": "random", "shift": 2, "cut_out": 3}
    before = PICTURES.copy()
    assert np.array_equal(vary(3, **settings), vary(3, **settings))
    assert not np.array_equal(vary(3, **settings), vary(4, **settings))
    assert not np.array_equal(vary(3, **settings), vary(3, seed=2, **settings))
    assert np.array_equal(PICTURES, before)


def test_alternating_flips_show_both_sides_in_two_epochs() -> None:
    first, second, third = (is_flipped(vary(epoch, flips="alternating")) for epoch in (0, 1, 2))
    assert 60 < first.sum() < 140
    assert np.array_equal(first, ~second)
    assert np.array_equal(first, third)


def test_random_flips_differ_from_epoch_to_epoch() -> None:
    first, second = (is_flipped(vary(epoch, flips="random")) for epoch in (0, 1))
    assert 60 < first.sum() < 140
    assert 60 < (first ^ second).sum() < 140


def test_a_shift_moves_a_picture_and_mirrors_its_edge() -> None:
    varied = vary(shift=2)
    continued = np.pad(PICTURES, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
    places = set()
    for row, picture in enumerate(varied):
        found = [
            (down, right)
            for down in range(5)
            for right in range(5)
            if np.array_equal(picture, continued[row, down : down + 8, right : right + 6])
        ]
        assert len(found) == 1
        places.add(found[0])
    assert len(places) == 25  # all of them, in 200 pictures


def test_a_cut_out_covers_a_square_with_the_mean_colour() -> None:
    varied = vary(cut_out=3)
    colour = np.rint(PICTURES.mean(axis=(0, 1, 2))).astype(np.uint8)
    areas = set()
    for before, after in zip(PICTURES, varied, strict=True):
        covered = (after == colour).all(axis=-1)
        rows, columns = (np.flatnonzero(covered.any(axis=axis)) for axis in (1, 0))
        assert covered[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        assert np.array_equal(after[~covered], before[~covered])
        areas.add(int(covered.sum()))
    assert areas == {4, 6, 9}  # whole, at an edge, in a corner


def test_floats_stay_floats() -> None:
    pictures = PICTURES.astype(np.float32) / 255
    varied = augment(pictures, Augmentation(flips="random", shift=1, cut_out=3), seed=1, epoch=0)
    assert varied.dtype == np.float32
    assert varied.shape == pictures.shape
    assert varied.min() >= 0 and varied.max() <= 1


def test_a_shift_beyond_the_picture_is_refused() -> None:
    with pytest.raises(InputError, match="shift: expected less than 6 pixels, in pictures of 6x8, received 6"):
        vary(shift=6)
