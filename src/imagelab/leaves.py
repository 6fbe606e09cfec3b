"""The report's preprocessing of the leaves: choose classes and images, decode, keep every eighth pixel."""

import io
import tarfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from imagelab import progress
from imagelab.errors import InputError
from imagelab.params import PrepareLeaves
from imagelab.raw_formats import LEAF_CLASS_SEPARATOR


class Leaves(NamedTuple):
    """Pictures, their classes, and the classes' names."""

    images: NDArray[np.float32]  # (n, size, size, 3), in [0, 1]
    labels: NDArray[np.int64]  # (n,), index into ``classes``
    classes: list[str]  # Crop___Condition, sorted


def read_leaves(archive_path: Path, settings: PrepareLeaves) -> Leaves:
    """Choose and reduce the leaves of an archive.

    Of each crop the first ``most_classes_per_crop`` classes by name are kept, and of each class the first
    ``most_images_per_class`` images by name: the same choice every time, whatever the order in the archive.

    Args:
        archive_path: an uncompressed tar with members ``train/<Crop___Condition>/<file>``.
        settings: how many to keep, and the size to reduce to.

    Returns:
        The leaves, sorted by class and file name.

    Raises:
        InputError: if the archive or an image cannot be read, or an image's size is no multiple of the target's.

    Source: the report, section 3.
    """
    try:
        with tarfile.open(archive_path, "r:") as archive:
            members = {member.name: member for member in archive if member.isfile()}
            chosen = choose(members, settings)
            if not chosen:
                raise InputError(
                    "leaves", where=archive_path, expected="train/<Crop___Condition>/<file>", received="none"
                )
            names = [name for names in chosen.values() for name in names]
            images = _read_images(archive, [members[name] for name in names], settings.image_size)
    except FileNotFoundError:
        raise InputError(
            "leaves", where=archive_path, expected="a tar archive", received="nothing of that name"
        ) from None
    except (tarfile.TarError, EOFError) as error:
        raise InputError("leaves", where=archive_path, expected="a whole tar archive", received=str(error)) from None
    labels = np.repeat(np.arange(len(chosen)), [len(names) for names in chosen.values()])
    return Leaves(images, labels, list(chosen))


def choose(names: Iterable[str], settings: PrepareLeaves) -> dict[str, list[str]]:
    """Map each kept class to its kept files, both sorted by name."""
    files: dict[str, list[str]] = defaultdict(list)
    for name in names:
        class_name = PurePosixPath(name).parent.name
        if LEAF_CLASS_SEPARATOR in class_name:
            files[class_name].append(name)
    crops: dict[str, list[str]] = defaultdict(list)
    for class_name in sorted(files):
        crops[class_name.split(LEAF_CLASS_SEPARATOR)[0]].append(class_name)
    kept = sorted(name for classes in crops.values() for name in classes[: settings.most_classes_per_crop])
    return {name: sorted(files[name])[: settings.most_images_per_class] for name in kept}


def reduce(content: bytes, size: int, *, where: object) -> NDArray[np.uint8]:
    """Decode a picture and keep every n-th pixel of every n-th row.

    Args:
        content: a file in any format that Pillow reads, in any colour mode, whatever its name says.
        size: pixels of the result, square; the picture's own must be a multiple.
        where: the file's name, for the message.

    Returns:
        RGB, shape (size, size, 3).

    Raises:
        InputError: if it does not decode, is not square, or has another size.
    """
    try:
        with Image.open(io.BytesIO(content)) as picture:
            pixels = np.asarray(picture.convert("RGB"))
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        received = f"{len(content)} bytes ({error})"
        raise InputError("image", where=where, expected="a picture that decodes", received=received) from None
    height, width, _ = pixels.shape
    if height != width or height % size:
        raise InputError("size of image", where=where, expected=f"a square, n * {size}", received=f"{width}x{height}")
    step = height // size
    return pixels[::step, ::step]


def _read_images(archive: tarfile.TarFile, members: list[tarfile.TarInfo], size: int) -> NDArray[np.float32]:
    images = np.empty((len(members), size, size, 3), np.float32)
    in_file_order = sorted(range(len(members)), key=lambda index: members[index].offset)  # reads forward only
    for index in progress.track(in_file_order, total=len(members), label="reading leaves", unit="image"):
        file = archive.extractfile(members[index])
        assert file is not None  # only regular files are members here
        images[index] = reduce(file.read(), size, where=f"{archive.name!s}, {members[index].name}")
    images /= 255
    return images
