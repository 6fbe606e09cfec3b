"""The command ``read-clock``."""

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imagelab.clocks.commands import answers
from imagelab.clocks.commands.reading_files import Read, load, read_files
from imagelab.clocks.reader.readings import Box
from imagelab.datasets.photographs import file_at
from imagelab.runtime import outputs, terminal
from imagelab.runtime.errors import InputError
from imagelab.settings.clocks import SMALLEST_CLOCK
from imagelab.storage import model_files, writing

if TYPE_CHECKING:
    from imagelab.clocks.commands.showing import Drawing

NOT_SURE = 3  # exit status if a reading is not sure; 2 is that of a wrong command line
MOST_SHOWN = 100  # pictures in one figure, whose longer side has 3,800 pixels then


def read_clocks(
    paths: Sequence[Path], *, model: Path, threshold: float, box: str | None, show: Path | None, as_json: bool
) -> int:
    """Print the time that the clock in each picture shows; return the exit status.

    A picture that cannot be read costs a line on the standard error stream, and the others are read.

    Args:
        paths: of the pictures.
        model: a trained reader.
        threshold: least probability of a reading that is sure.
        box: where the clock is, ``x,y,width,height`` in pixels, if there is one picture only. None: it is looked for.
        show: where to draw what was found, a name that ends with .png. None: nowhere.
        as_json: whether to print an object in a line for each picture.

    Returns:
        1 if a picture could not be read, else 3 if a reading is not sure, else 0.

    Raises:
        InputError: for other bad input.
    """
    answers.check_threshold(threshold, command="read-clock")
    if box is not None and len(paths) > 1:
        raise InputError("--box", where="read-clock", expected="one picture", received=f"{len(paths)} pictures")
    if show is not None:
        _check_show(show, paths)
    where = None if box is None else parse_box(box)
    reader = load(model)
    if warning := model_files.note(model_files.read_trained_on(model)):
        print(warning, file=sys.stderr)
    status, drawings = 0, []
    for path, found in zip(paths, read_files(reader, [file_at(path) for path in paths], box=where), strict=True):
        if isinstance(found, InputError):
            print(f"error: {found}", file=sys.stderr)
            status = 1
            continue
        if found.reading.probabilities[0] < threshold:
            status = status or NOT_SURE
        print((_as_json if as_json else _as_text)(path, found, threshold))
        if show is not None:
            drawings.append(_drawing(path, found, threshold, alone=len(paths) == 1))
    if show is not None and drawings:
        from imagelab.clocks.commands.showing import show_drawings  # matplotlib takes a second to import

        writing.write_figure(show_drawings(drawings), show)
    return status


def _check_show(show: Path, paths: Sequence[Path]) -> None:
    if show.suffix.lower() != ".png":
        raise InputError("--show", where="read-clock", expected="a name that ends with .png", received=show)
    if len(paths) > MOST_SHOWN:
        received = f"{len(paths)} pictures"
        raise InputError("--show", where="read-clock", expected=f"at most {MOST_SHOWN} pictures", received=received)
    for path in paths:
        outputs.check_is_apart(show, path, option="--show", command="read-clock")


def parse_box(text: str) -> Box:
    """Parse ``x,y,width,height``.

    Raises:
        InputError: if it is something else, or too small for a clock.
    """
    try:
        box = Box(*map(float, text.split(",")))
        wrong = not all(map(math.isfinite, box)) or min(box.width, box.height) < SMALLEST_CLOCK
    except (TypeError, ValueError):
        wrong = True
    if wrong:
        expected = f"x,y,width,height in pixels, at least {SMALLEST_CLOCK} wide and high"
        raise InputError("--box", where="read-clock", expected=expected, received=text)
    return box


def _as_json(path: Path, found: Read, threshold: float) -> str:
    return json.dumps({"picture": terminal.name_for_json(path)} | answers.as_object(found.reading, threshold=threshold))


def _as_text(path: Path, found: Read, threshold: float) -> str:
    return f"{terminal.printable(path)}: {answers.as_line(found.reading, threshold=threshold)}"


def _drawing(path: Path, found: Read, threshold: float, *, alone: bool) -> "Drawing":
    from imagelab.clocks.commands.showing import ALONE, IN_GRID, draw

    title = f"{terminal.printable(path.name)}\n{answers.as_two_lines(found.reading, threshold=threshold)}"
    return draw(found.photograph, found.reading, title, longest_side=ALONE if alone else IN_GRID)
