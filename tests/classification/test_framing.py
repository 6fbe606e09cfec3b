"""Grey pictures framed as training pictures are: exact on drawn ones, and as properties on any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imagelab.classification.framing import find_object, frame, framing_of
from imagelab.runtime.errors import InputError
from imagelab.storage.model_files import Framing

FASHION = Framing(bright_objects=True, share=1.0)  # of Fashion-MNIST
MNIST = Framing(bright_objects=True, share=20 / 28)


def bar(
    height: int, width: int, rows: tuple[int, int], columns: tuple[int, int], *, level: int = 0, background: int = 255
) -> np.ndarray:
    """A rectangle of one grey level on a background."""
    picture = np.full((height, width), background, np.uint8)
    picture[slice(*rows), slice(*columns)] = level
    return picture


def framed(picture: np.ndarray, framing: Framing = FASHION, *, size: int = 28) -> np.ndarray:
    return frame(picture, framing, height=size, width=size, where="a.png")


def test_a_dark_bar_on_white_becomes_a_bright_one_on_black_that_fills_the_height() -> None:
    found = framed(bar(280, 400, (56, 252), (100, 170)))  # 196 x 70 pixels
    expected = bar(28, 28, (0, 28), (9, 19), level=255, background=0)  # 28 x 10 pixels, in the middle
    assert np.array_equal(found, expected)


def test_a_wide_bar_fills_the_width_and_an_odd_row_more_is_above_it() -> None:
    found = framed(bar(200, 300, (100, 130), (60, 200)))  # 30 x 140 pixels, so 6 x 28
    assert np.array_equal(found, bar(28, 28, (11, 17), (0, 28), level=255, background=0))
    found = framed(bar(200, 300, (100, 135), (60, 200)))  # 35 x 140 pixels, so 7 x 28
    assert np.array_equal(found, bar(28, 28, (11, 18), (0, 28), level=255, background=0))


def test_the_object_is_as_large_as_those_of_training() -> None:
    found = framed(bar(280, 400, (40, 240), (100, 200)), MNIST)  # 200 x 100 pixels, so 20 x 10
    assert np.array_equal(found, bar(28, 28, (4, 24), (9, 19), level=255, background=0))


def test_of_dark_training_objects_the_background_is_white() -> None:
    dark = Framing(bright_objects=False, share=1.0)
    for picture in (bar(56, 56, (0, 56), (16, 36)), bar(56, 56, (0, 56), (16, 36), level=255, background=0)):
        assert np.array_equal(framed(picture, dark), bar(28, 28, (0, 28), (9, 19)))


@pytest.mark.parametrize(
    ("level", "background", "expected"),
    [
        (0, 255, 255),  # black on white
        (155, 255, 100),  # light grey on white stays weak
        (100, 200, round(100 * 255 / 200)),  # on a grey wall: half of what is there
        (0, 100, 255),  # black on a dark wall is dark on bright all the same
        (255, 100, 255),
        (177, 100, round(77 * 255 / 155)),
    ],
)
def test_values_are_shares_of_the_distance_from_the_background(level: int, background: int, expected: int) -> None:
    found = framed(bar(56, 56, (0, 56), (16, 36), level=level, background=background))
    assert np.array_equal(found, bar(28, 28, (0, 28), (9, 19), level=expected, background=0))


pictures = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).integers(0, 256, (5, 4), dtype=np.uint8)
)


@given(pictures, st.sampled_from([0, 60, 128, 255]), st.booleans())
def test_a_picture_and_its_negative_are_framed_alike(shape: np.ndarray, background: int, shifted: bool) -> None:
    picture = np.full((60, 50), background, np.uint8)
    picture[10:50, 9 + shifted : 41 + shifted] = np.kron(shape, np.ones((8, 8), np.uint8))
    try:
        found = framed(picture).astype(int)
    except InputError:
        with pytest.raises(InputError):
            framed(255 - picture)
        return
    assert np.abs(found - framed(255 - picture)).max() <= 1  # in rounding


@given(pictures, st.sampled_from([2, 3, 5]))
def test_the_size_and_the_margin_of_a_picture_do_not_matter(shape: np.ndarray, factor: int) -> None:
    shape[0], shape[-1], shape[:, 0], shape[:, -1] = 0, 0, 0, 0  # so that the object's own edge is seen
    small = np.pad(np.kron(shape, np.ones((8, 8), np.uint8)), 12, constant_values=255)
    large = np.pad(np.kron(small, np.ones((factor, factor), np.uint8)), ((30, 9), (3, 21)), constant_values=255)
    assert np.abs(framed(small).astype(int) - framed(large)).max() <= 20  # of the same edges, sampled otherwise


def test_noise_and_dust_on_the_wall_are_no_part_of_the_object() -> None:
    clean = bar(200, 200, (50, 150), (80, 120), level=30, background=190)
    noisy = clean + np.random.default_rng(0).normal(0, 4, clean.shape)
    noisy[10, 10], noisy[190, 100] = 0, 0
    found, expected = framed(noisy.clip(0, 255).astype(np.uint8)), framed(clean)
    assert np.abs(found.astype(int) - expected).max() < 20
    assert (found[:, :7] == 0).all() and (found[:, 21:] == 0).all()


def test_a_picture_of_the_networks_size_keeps_its_pixels() -> None:
    picture = np.zeros((28, 28), np.uint8)
    picture[6:20, 9:15] = np.arange(84).reshape(14, 6) + 100
    assert np.array_equal(framed(picture), picture)
    assert np.array_equal(framed(255 - picture), picture)


@pytest.mark.parametrize("level", [0, 127, 255])
def test_a_picture_of_one_shade_has_no_object(level: int) -> None:
    with pytest.raises(
        InputError, match=r"a\.png: picture: expected an object on a plain background, received nothing"
    ):
        framed(np.full((40, 40), level, np.uint8))


def training(picture: np.ndarray, count: int = 20) -> np.ndarray:
    """Training pictures, all alike but for a rotation, which keeps background and size."""
    return np.stack([np.rot90(picture, turn) for turn in range(count)])[..., None]


def test_the_framing_of_training_pictures_is_found() -> None:
    fashion = bar(28, 28, (0, 28), (9, 19), level=200, background=0)
    digits = bar(28, 28, (4, 24), (9, 19), level=200, background=0)
    assert framing_of(training(fashion)) == FASHION
    assert framing_of(training(digits)) == Framing(bright_objects=True, share=0.7143)
    assert framing_of(training(255 - fashion)) == Framing(bright_objects=False, share=1.0)


def test_pictures_without_a_common_background_are_whole_ones() -> None:
    random = np.random.default_rng(0)
    assert framing_of(random.integers(0, 256, (20, 28, 28, 1), np.uint8)) is None
    assert framing_of(np.zeros((20, 28, 28, 1), np.uint8)) is None
    bright = training(bar(28, 28, (0, 28), (9, 19), level=200, background=0))
    assert framing_of(np.concatenate([bright, 255 - bright])) is None  # of both kinds
    assert framing_of(training(bar(28, 28, (4, 24), (9, 19), level=250, background=120))) is None  # on grey
    assert framing_of(np.repeat(bright, 3, axis=3)) is None  # in colour


def test_one_picture_of_ten_may_differ() -> None:
    bright = training(bar(28, 28, (0, 28), (9, 19), level=200, background=0))
    bright[:2] = 0
    assert framing_of(bright) == FASHION
    bright[:3] = 0
    assert framing_of(bright) is None


def test_the_object_of_a_photograph_is_found_where_it_is() -> None:
    picture = Image.fromarray(bar(300, 200, (60, 240), (50, 150), level=40, background=230))
    found = find_object(np.asarray(picture))
    assert found is not None
    assert (found.bright, found.background, found.plain) == (False, 230, True)
    assert found.box == (slice(60, 240), slice(50, 150))
