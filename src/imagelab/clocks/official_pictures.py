"""The report's own clocks: the course's archive, checked by content."""

import hashlib
import re
import sys
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from imagelab.clocks.times import MINUTES_PER_DIAL, to_labels
from imagelab.datasets import files, official
from imagelab.runtime.errors import InputError
from imagelab.storage import npy, writing

CACHE = official.CACHE / "clocks"
PICTURES_PER_TIME = 25
COUNT = PICTURES_PER_TIME * MINUTES_PER_DIAL

_LARGEST_LABELS = 1 << 20  # bytes; as 64-bit integers they have 288,128
_WITHOUT_NETWORK = "without a network: fetch.clocks: render"


def fetch_official(image_size: int, destination: Path) -> None:
    """Download the report's clocks, check them, and write ``images.npy`` and ``labels.npy``.

    The archive stays in the cache, so that it is downloaded once. No checksum is published. Therefore the first
    download's SHA-256 of ``images.npy`` is printed and kept beside the archive, and later ones are compared with it.

    Args:
        image_size: width of the pictures in pixels, one of those that are published.
        destination: an existing folder.

    Raises:
        InputError: if no pictures of this size are published, the download fails, the archive holds anything else than
            18,000 pictures of this size and their times, or its pictures are not those of the first download. An
            archive with other content is removed.
    """
    if image_size not in official.CLOCKS:
        expected = f"{' or '.join(map(str, official.CLOCKS))}, the sizes of the official clocks"
        raise InputError("render.image_size", where="params.yaml", expected=expected, received=image_size)
    share = official.CLOCKS[image_size]
    archive = official.download_to_cache(share, CACHE, expected=f"the clocks ({_WITHOUT_NETWORK})")
    try:
        images, labels, sha256 = _read(archive, share.url, image_size)
    except InputError:
        archive.unlink()  # else the next run would not download it again
        raise
    _compare(sha256, archive, share.url)
    writing.write_array(images, destination / "images.npy")
    writing.write_array(labels, destination / "labels.npy")


def _read(archive: Path, url: str, image_size: int) -> tuple[NDArray[np.uint8], NDArray[np.integer], str]:
    """Return images, uint8 (n, size, size), labels, (n, 2), and the SHA-256 of ``images.npy``.

    Everything that is cheap to check comes first: the names, the labels, the header of the images.
    """
    if not zipfile.is_zipfile(archive):
        expected = f"a whole .zip ({_WITHOUT_NETWORK})"
        raise InputError("archive", where=url, expected=expected, received=_kind(archive))
    members = {name: _member(archive, name, url) for name in ("images.npy", "labels.npy")}
    places = {name: f"{url}, {files.path_in_zip(info)}" for name, info in members.items()}
    shape = (COUNT, image_size, image_size)
    labels = _read_labels(archive, members["labels.npy"], places["labels.npy"])
    _check_images(archive, members["images.npy"], places["images.npy"], shape)
    content = files.read_member(archive, members["images.npy"], url)
    images = npy.decode_array(content, where=places["images.npy"]).reshape(shape)
    return images, labels, hashlib.sha256(content).hexdigest()


def _kind(file: Path) -> str:
    """Say what came in place of an archive."""
    with file.open("rb") as opened:
        start = opened.read(1024).lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    kind = "a .zip without its end" if start.startswith(b"pk\3\4") else "another kind"
    return f"{file.stat().st_size:,} bytes of {kind}"


def _member(archive: Path, name: str, url: str) -> zipfile.ZipInfo:
    """Find a file in any folder of the archive; nothing is written to the path that it has there."""
    infos = [info for info in files.members(archive, url) if not info.is_dir()]
    found = [info for info in infos if PurePosixPath(files.path_in_zip(info)).name == name]
    if len(found) != 1:
        received = ", ".join(files.path_in_zip(info) for info in (found or infos)[:5]) or "an empty archive"
        raise InputError("archive", where=url, expected=f"one file {name}", received=received)
    return found[0]


def _check_images(archive: Path, info: zipfile.ZipInfo, where: str, shape: tuple[int, ...]) -> None:
    with (
        files.reading_archive(where, "archive", expected="a whole .zip"),
        zipfile.ZipFile(archive) as opened,
        opened.open(info) as file,
    ):
        _, found, _, dtype = npy.read_header(cast(BinaryIO, file), info.file_size, where=where)
    if dtype != np.uint8 or found not in (shape, (*shape, 1)):
        raise InputError("images", where=where, expected=f"uint8, {shape}", received=f"{dtype}, {found}")


def _read_labels(archive: Path, info: zipfile.ZipInfo, where: str) -> NDArray[Any]:
    if info.file_size > _LARGEST_LABELS:
        expected = f"at most {_LARGEST_LABELS:,} bytes"
        raise InputError("labels", where=where, expected=expected, received=f"{info.file_size:,}")
    labels = npy.decode_array(files.read_member(archive, info, where), where=where)
    times = to_labels(np.arange(MINUTES_PER_DIAL)).repeat(PICTURES_PER_TIME, axis=0)
    if labels.dtype.kind not in "iu" or labels.shape != times.shape:
        received = f"{labels.dtype}, {labels.shape}"
        raise InputError("labels", where=where, expected=f"integers, {times.shape}", received=received)
    wrong = (labels != times).any(axis=1)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(f"label {row}", where=where, expected=times[row].tolist(), received=labels[row].tolist())
    return labels


def _compare(sha256: str, archive: Path, url: str) -> None:
    """Compare with the checksum of the first download, or keep this one, written as ``sha256sum`` does."""
    kept = archive.with_suffix(".sha256")
    if not kept.exists():
        writing.write_bytes(f"{sha256}  images.npy\n".encode(), kept)
        print(f"clocks: SHA-256 of images.npy is {sha256}, kept in {kept} and compared from now on", file=sys.stderr)
        return
    found = re.match(rb"([0-9a-f]{64})\b", kept.read_bytes())
    if not found:
        expected = "64 hexadecimal digits (without this file, the next run keeps the checksum of its pictures)"
        raise InputError("checksum", where=kept, expected=expected, received="something else")
    if (known := found[1].decode()) != sha256:
        expected = (
            f"SHA-256 {known}, as at the first download (to accept these pictures, remove {kept}; "
            f"to download them again, remove {archive})"
        )
        raise InputError("images.npy", where=f"{url}, in {archive}", expected=expected, received=sha256)
