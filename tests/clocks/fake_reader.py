"""A reader without a network: a picture's first pixel says what it reads."""

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from imagelab.clocks.reader.readings import Box, Readings

RADIUS = 0.4  # of the face, over the width and the height of the picture or the box


class FakeReader:
    def __init__(self) -> None:
        self.shapes: list[list[tuple[int, ...]]] = []  # of the photographs, by call

    def read(
        self,
        photographs: Sequence[np.ndarray],
        boxes: Sequence[Box | None] | None = None,
        *,
        on_pictures: Callable[[int], object] | None = None,
    ) -> Readings:
        self.shapes.append([photograph.shape for photograph in photographs])
        rows = []
        for photograph, box in zip(photographs, boxes or [None] * len(photographs), strict=True):
            assert photograph.dtype == np.uint8
            red, green, blue = photograph[0, 0].tolist()
            x, y, width, height = box or (0, 0, photograph.shape[1], photograph.shape[0])
            pose = [[RADIUS * width, 0, x + width / 2], [0, RADIUS * height, y + height / 2]]
            rows.append((60 * red + green, blue / 100, 61, 0.01, pose, 0, 10))
            if on_pictures is not None:
                on_pictures(1)
        return Readings(*(np.array(values, np.float64) for values in zip(*rows, strict=True)))


def picture_of(hour: int, minute: int, percent: int, *, size: tuple[int, int] = (60, 40)) -> Image.Image:
    """A picture, width and height, in which the fake reader reads this time with this probability."""
    return Image.new("RGB", size, (hour, minute, percent))
