from pathlib import Path

import pytest
from PIL import Image

from imagelab.clocks.commands.clock_photographs import LONGEST_SIDE, read_clock_photographs
from imagelab.datasets.photographs import Photograph, file_at
from imagelab.runtime.errors import InputError


@pytest.mark.parametrize(("reduced", "side"), [(True, LONGEST_SIDE), (False, 4000)])
def test_large_photographs_are_reduced_unless_their_own_pixels_are_asked_for(
    reduced: bool, side: int, tmp_path: Path
) -> None:
    Image.new("L", (4000, 2000)).save(tmp_path / "clock.png")
    (found,) = read_clock_photographs([file_at(tmp_path / "clock.png")], reduced=reduced)
    assert isinstance(found, Photograph)
    assert found.pixels.shape == (side // 2, side, 3)


def test_a_photograph_in_which_no_clock_could_be_read_is_refused(tmp_path: Path) -> None:
    Image.new("L", (40, 15)).save(tmp_path / "clock.png")
    (found,) = read_clock_photographs([file_at(tmp_path / "clock.png")])
    assert isinstance(found, InputError)
    assert str(found).endswith("picture: expected 16 pixels or more on each side, received 40x15")
