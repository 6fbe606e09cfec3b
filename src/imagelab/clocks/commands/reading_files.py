"""Read the clocks in picture files, some at a time, so that thousands fit into memory."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from imagelab.clocks.commands.clock_photographs import read_clock_photographs
from imagelab.clocks.reader.readings import Box, Readings
from imagelab.datasets.files import Found
from imagelab.datasets.photographs import Photograph
from imagelab.runtime import progress
from imagelab.runtime.errors import InputError
from imagelab.storage import model_files
from imagelab.training import variables

_BATCH = 32  # pictures in memory at a time, up to 250 MB
_SECONDS = 5  # after which a progress bar appears


class Reader(Protocol):
    """What this module needs of a ``ClockReader``, without importing Keras."""

    def read(
        self,
        photographs: Sequence[NDArray[np.uint8]],
        boxes: Sequence[Box | None] | None = None,
        *,
        on_pictures: Callable[[int], object] | None = None,
    ) -> Readings:
        """Read the clocks in photographs, (height, width, 3) each; ``on_pictures`` is told how many are done."""


class Read(NamedTuple):
    """A photograph that was read."""

    photograph: Photograph
    reading: Readings  # of one; the pose is in pixels of the file's picture as shown


def load(model: Path) -> Reader:
    """Load a trained reader.

    Raises:
        InputError: if there is none, or the environment would change what it reads.
    """
    model_files.check_exists(model, what="a trained clock reader")
    variables.check(training=False)
    from imagelab.clocks.reader.reading import load_reader  # Keras takes seconds to import

    reader: Reader = load_reader(model)
    return reader


def read_files(reader: Reader, files: Sequence[Found], *, box: Box | None = None) -> Iterator[Read | InputError]:
    """Read picture files in their order, with a progress bar from five seconds on.

    Args:
        reader: a trained one.
        files: the pictures.
        box: where the clock is in the only picture, in its pixels. It is then not reduced, as others may be. None: the
            reader looks for the clock.

    Yields:
        For each file what was read, or the error that says why nothing was.

    Raises:
        InputError: if the box reaches beyond the picture.
    """
    with progress.bar(total=len(files), label="reading clocks", unit="picture", delay=_SECONDS) as bar:
        for first in range(0, len(files), _BATCH):
            part = files[first : first + _BATCH]
            found = read_clock_photographs(part, reduced=box is None)
            photographs = [one for one in found if isinstance(one, Photograph)]
            if box is not None and photographs:
                _check_box(box, photographs[0], part[0].where)
            bar.update(len(found) - len(photographs))
            read = iter(_read(reader, photographs, box, on_pictures=bar.update))
            bar.make_room()  # for what the caller prints
            for one in found:
                yield one if isinstance(one, InputError) else next(read)


def _read(
    reader: Reader, photographs: Sequence[Photograph], box: Box | None, *, on_pictures: Callable[[int], object]
) -> list[Read]:
    if not photographs:
        return []
    boxes = None if box is None else [box] * len(photographs)
    readings = reader.read([photograph.pixels for photograph in photographs], boxes, on_pictures=on_pictures)
    found = []
    for row, photograph in enumerate(photographs):
        reading = readings.of(row)
        found.append(Read(photograph, reading._replace(poses=reading.poses * photograph.scale)))
    return found


def _check_box(box: Box, photograph: Photograph, where: str) -> None:
    height, width, _ = photograph.pixels.shape
    if box.x < 0 or box.y < 0 or box.x + box.width > width or box.y + box.height > height:
        received = ",".join(f"{value:g}" for value in box)
        expected = f"x,y,width,height inside the picture of {width}x{height} pixels"
        raise InputError("--box", where=where, expected=expected, received=received)
