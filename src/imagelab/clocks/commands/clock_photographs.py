"""Photographs in which a clock can be read."""

from collections.abc import Sequence

from imagelab.datasets.files import Found
from imagelab.datasets.photographs import Photograph, read_photographs
from imagelab.runtime.errors import InputError
from imagelab.settings.clocks import SMALLEST_CLOCK

LONGEST_SIDE = 1600  # pixels; a clock that is a third as wide as its photograph keeps more than the reader can use


def read_clock_photographs(files: Sequence[Found], *, reduced: bool = True) -> list[Photograph | InputError]:
    """Read pictures as ``read_photographs`` does; ``reduced``: to ``LONGEST_SIDE`` pixels, where they have more."""
    return read_photographs(files, smallest=SMALLEST_CLOCK, longest=LONGEST_SIDE if reduced else None)
