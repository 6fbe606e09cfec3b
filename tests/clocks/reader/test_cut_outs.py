import numpy as np
import pytest
from PIL import Image

from imagelab.clocks.reader import cut_outs
from imagelab.clocks.reader.readings import Box

WIDE = Image.fromarray(np.full((40, 80, 3), (10, 200, 90), np.uint8))


def test_the_whole_of_a_wide_photograph_lies_in_the_middle_of_its_square() -> None:
    assert cut_outs.whole(WIDE) == (0, -20, 80)


def test_a_face_takes_four_fifths_of_the_square_around_it() -> None:
    assert cut_outs.around_box(Box(10, 20, 40, 20)) == pytest.approx((5, 5, 50))
    pose = np.array([0.5, 0.25, 0.2, 0.0, 0.1])  # of a face 20 pixels wide in a square of 50
    left, top, width = cut_outs.around(pose, (100.0, 200.0, 50.0))
    assert width == pytest.approx(2 * 0.2 * 50 / 0.8)
    assert (left + width / 2, top + width / 2) == pytest.approx((125, 212.5))


def test_what_lies_inside_is_resized_and_outside_is_the_colour_of_the_border() -> None:
    pixels = np.zeros((60, 60, 3), np.uint8)
    pixels[:] = (0, 0, 240)
    pixels[20:40, 20:40] = (250, 250, 250)
    photograph = Image.fromarray(pixels)
    inside, across, outside = cut_outs.cut_out([photograph] * 3, [(20, 20, 20), (50, 20, 20), (200, 200, 20)], size=10)
    assert (inside[2:8, 2:8] == 250).all()
    assert (across == (0, 0, 240)).all()
    assert (outside == (0, 0, 240)).all()


def test_the_whole_photograph_keeps_its_proportions() -> None:
    pixels = np.zeros((30, 60, 3), np.uint8)
    pixels[:, 30:] = 255
    (whole,) = cut_outs.cut_out([Image.fromarray(pixels)], [cut_outs.whole(Image.fromarray(pixels))], size=20)
    assert (whole[6:14, :9] == 0).all()
    assert (whole[6:14, 11:] == 255).all()
    assert 100 < whole[0, 0, 0] == whole[-1, -1, 0] < 155  # half of the border is black, half white
