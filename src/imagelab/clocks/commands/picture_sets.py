"""Pictures in a folder or an archive, with the times that their names state."""

import io
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from operator import itemgetter
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from imagelab.clocks.times import HOURS_PER_DIAL, MINUTES_PER_DIAL, MINUTES_PER_HOUR
from imagelab.datasets import class_layout, files, local
from imagelab.datasets.files import Found, reading_archive
from imagelab.datasets.photographs import picture_suffixes
from imagelab.datasets.tar import TarMember, is_plain_file
from imagelab.runtime import terminal
from imagelab.runtime.errors import InputError

_LAYOUT = "a folder, an uncompressed .tar or a .zip of pictures"
_TIME = re.compile(r"(\d{1,2})-(\d{2})")


class LabelledPicture(NamedTuple):
    """A picture file."""

    name: str  # its path in the source
    file: Found
    time: int | None  # minutes past twelve, in [0, 720); None if the name states no time


def find_pictures(source: Path) -> list[LabelledPicture]:
    """Find the pictures in a source, in the order of their paths, by the endings of their names.

    Hidden files are left out, and what lies in hidden folders. So are other files; a line on the standard error stream
    says how many.

    Args:
        source: a folder, an uncompressed tar or a zip.

    Raises:
        InputError: if the source is missing, something else, damaged or without pictures, a name is twice in an
            archive, or a name states two times or one that no dial shows; as ``files.below``.
    """
    local.require(source, expected=_LAYOUT, what="pictures")
    shown = [pair for pair in _files_in(source) if class_layout.is_visible(pair[0])]
    suffixes = picture_suffixes()
    found = sorted((pair for pair in shown if PurePosixPath(pair[0]).suffix.lower() in suffixes), key=itemgetter(0))
    if twice := next((name for (name, _), (other, _) in pairwise(found) if name == other), None):
        raise InputError("pictures", where=source, expected="each file once", received=f"{twice} twice")
    if not found:
        raise InputError("pictures", where=source, expected="at least one picture", received="none")
    if others := len(shown) - len(found):
        print(f"{terminal.printable(source)}: files left out, whose names are no pictures': {others}", file=sys.stderr)
    return [LabelledPicture(name, file, time_in_name(name, where=source)) for name, file in found]


def time_in_name(name: str, *, where: object) -> int | None:
    """Return the time that a picture's name states, such as 10:08 in ``dial_10-08.jpg`` and ``10-08_3.png``.

    Args:
        name: of a file, with folders or without. The parts of its stem are separated by ``_``. One of them may be a
            time: one or two digits, ``-``, two digits. Both 0 and 12 are the hour after twelve.
        where: the source of the file, for the message.

    Returns:
        Minutes past twelve, in [0, 720), or None if no part is a time.

    Raises:
        InputError: if two parts are times, or no dial shows the time.
    """
    parts = [match for part in PurePosixPath(name).stem.split("_") if (match := _TIME.fullmatch(part))]
    if not parts:
        return None
    hour, minute = map(int, parts[0].groups())
    if len(parts) > 1 or hour > HOURS_PER_DIAL or minute >= MINUTES_PER_HOUR:
        expected = "one time from 0-00 to 12-59 at most"
        raise InputError("name of a picture", where=where, expected=expected, received=name)
    return (hour * MINUTES_PER_HOUR + minute) % MINUTES_PER_DIAL


def _files_in(source: Path) -> Iterator[tuple[str, Found]]:
    if source.is_dir():
        for file in files.find(source, ["*"]):
            yield Path(file.where).relative_to(source).as_posix(), file
    elif tarfile.is_tarfile(source):
        with (
            reading_archive(source, "archive", expected="a whole, uncompressed .tar"),
            tarfile.open(source, "r:", tarinfo=TarMember) as archive,
        ):
            for member in archive:
                if is_plain_file(member):
                    yield PurePosixPath(member.name).as_posix(), _member_file(source, member)
    elif zipfile.is_zipfile(source):
        for file in files.find(source, ["*"]):
            yield PurePosixPath(file.where.removeprefix(f"{source}, ")).as_posix(), file
    else:
        raise InputError("pictures", where=source, expected=_LAYOUT, received="something else")


def _member_file(source: Path, member: tarfile.TarInfo) -> Found:
    """Return a file in an uncompressed tar; threads may open several at a time."""

    def open_member() -> io.BytesIO:
        with source.open("rb") as stream:
            stream.seek(member.offset_data)
            return io.BytesIO(stream.read(member.size))

    return Found(PurePosixPath(member.name).name, f"{source}, {member.name}", open_member)
