"""The leaves as one archive: DVC is slow with 87,000 files, and one pass over one file is fast everywhere."""

import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath

from imagelab import progress
from imagelab.errors import InputError
from imagelab.raw_formats import LEAF_CLASS_SEPARATOR

IMAGE_SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
_LAYOUT = "a folder, .tar or .zip with train/<Crop___Condition>/<name>.JPG"


def pack(source: Path, archive_path: Path) -> int:
    """Write the training images of a folder or an archive as an uncompressed tar; return how many there were.

    Members are called ``train/<Crop___Condition>/<file>``, whatever folders lay above, and carry neither dates nor
    owners. Kaggle's set has the folders ``train`` and ``valid``, the second made of other images: only ``train`` is
    taken.

    Args:
        source: a folder, a tar (compressed or not) or a zip.
        archive_path: where to write.

    Raises:
        InputError: if the source is missing, is damaged or holds no image in this layout.
    """
    if not source.exists():
        raise InputError("source of the leaves", where=source, expected=_LAYOUT, received="no such path")
    try:
        count = write(_images(source), archive_path)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise InputError(
            "source of the leaves", where=source, expected="a whole archive", received=str(error)
        ) from None
    if not count:
        raise InputError("source of the leaves", where=source, expected=_LAYOUT, received="no such image in it")
    return count


def write(images: Iterable[tuple[str, bytes]], archive_path: Path) -> int:
    """Write (name, content) pairs as an uncompressed tar without dates or owners; return how many there were."""
    count = 0
    with tarfile.open(archive_path, "w") as archive:
        for name, content in progress.track(images, total=None, label="packing leaves", unit="image"):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
            count += 1
    return count


def _images(source: Path) -> Iterator[tuple[str, bytes]]:
    for path, read in _members(source):
        *_, split, class_name, file_name = ("", "", *PurePosixPath(path).parts)
        is_image = PurePosixPath(file_name).suffix.lower() in IMAGE_SUFFIXES
        if split == "train" and LEAF_CLASS_SEPARATOR in class_name and is_image:
            yield f"train/{class_name}/{file_name}", read()


def _members(source: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield each regular file's path and a function that reads it, in the source's own order."""
    if source.is_dir():
        for path in sorted(path for path in source.rglob("*") if path.is_file()):
            yield path.relative_to(source.parent).as_posix(), path.read_bytes
    elif zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    yield info.filename, partial(archive.read, info)
    else:
        with tarfile.open(source, "r|*") as stream:
            for member in stream:
                file = stream.extractfile(member) if member.isfile() else None  # no links, no devices
                if file is not None:
                    yield member.name, file.read
