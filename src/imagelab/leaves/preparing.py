"""The report's preprocessing of the leaves: choose classes and images, decode, reduce; in parallel."""

import tarfile
import warnings
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from imagelab.datasets import decoding, leaf_groups, leaf_lists
from imagelab.datasets.leaf_layout import LEAF_CLASS_SEPARATOR, LEAF_LIST
from imagelab.datasets.tar import TarMember, is_plain_file
from imagelab.runtime import cores, progress
from imagelab.runtime.errors import InputError
from imagelab.settings.leaves import PrepareLeaves

_CHUNK = 32  # images per task; decoding them takes some 30 ms, far longer than starting a task


class Leaves(NamedTuple):
    """Pictures, their classes, the leaves that they show, the classes' names, and what could not be read."""

    images: NDArray[np.float32]  # (n, size, size, 3), in [0, 1]
    labels: NDArray[np.int64]  # (n,), index into ``classes``
    groups: NDArray[np.int64]  # (n,), the leaf of each picture, numbered from 0 in order of first appearance
    classes: list[str]  # Crop___Condition, sorted
    skipped: list[str]  # members of the archive that were chosen and could not be read


class Unreadable(InputError):  # noqa: N818 - an adjective for a picture
    """A picture that does not decode."""


def read_leaves(archive_path: Path, settings: PrepareLeaves, *, seed: int, workers: int | None = None) -> Leaves:
    """Choose and reduce the leaves of an archive.

    Args:
        archive_path: an uncompressed tar with members ``train/<Crop___Condition>/<file>``. A list ``groups.csv``
            beside it may say which of them show the same leaf, see ``leaf_groups``.
        settings: how many to keep, how to reduce them to which size, and how many may be unreadable.
        seed: of the choice, see ``choose``.
        workers: threads that decode; None for all available cores. Their number changes no bit of the result.

    Returns:
        The leaves, sorted by class and file name.

    Raises:
        InputError: if the archive or the list is missing, damaged or does not match the other, a picture has a size
            that is refused, or more pictures than ``most_unreadable_images`` do not decode; the message lists them.

    Source: the report, section 3.
    """
    try:
        with tarfile.open(archive_path, "r:", tarinfo=TarMember) as archive:
            members = {member.name: member for member in archive if is_plain_file(member)}
        leaf_of = _leaves_by_name(list(members), archive_path)
        chosen = choose(leaf_of, settings, seed=seed)
        if not chosen:
            expected = "train/<Crop___Condition>/<file>"
            raise InputError("leaves", where=archive_path, expected=expected, received="none")
        names = [name for names in chosen.values() for name in names]
        threads = workers or cores.available()
        images, unreadable = _read_images(archive_path, [members[name] for name in names], settings, threads)
    except FileNotFoundError:
        expected, received = "a tar archive", "nothing of that name"
        raise InputError("leaves", where=archive_path, expected=expected, received=received) from None
    except (tarfile.TarError, EOFError) as error:
        raise InputError("leaves", where=archive_path, expected="a whole tar archive", received=str(error)) from None
    labels = np.repeat(np.arange(len(chosen)), [len(names) for names in chosen.values()])
    kept = [row for row in range(len(names)) if row not in unreadable]
    images = _take(images, kept)
    groups = leaf_groups.with_pixels(np.array([leaf_of[names[row]] for row in kept]), images)
    return Leaves(images, labels[kept], groups, list(chosen), [names[row] for row in unreadable])


def _take(images: NDArray[np.float32], rows: Sequence[int]) -> NDArray[np.float32]:
    """Return some rows, in ascending order, moved forward in place: a second copy would double the memory."""
    for place, row in enumerate(rows):
        if place != row:
            images[place] = images[row]
    return images[: len(rows)]


def _leaves_by_name(names: Sequence[str], archive_path: Path) -> dict[str, int]:
    """Return the leaf that each file of an archive shows, by the list beside the archive and by the files' names."""
    path = archive_path.with_name(LEAF_LIST)
    listed = leaf_lists.read_list(path.read_bytes(), where=path) if path.exists() else {}
    if missing := sorted(listed.keys() - set(names)):
        expected = f"members of {archive_path.name}"
        raise InputError("groups of leaves", where=path, expected=expected, received=missing[0])
    return dict(zip(names, leaf_groups.by_name(names, listed).tolist(), strict=True))


def choose(names: Mapping[str, int], settings: PrepareLeaves, *, seed: int) -> dict[str, list[str]]:
    """Map each kept class to its kept files, both sorted by name.

    The first ``most_classes_per_crop`` classes of each crop, by name, are kept, as in the report. Up to
    ``most_images_per_class`` images of each class are drawn at random, because the order of names may reflect who took
    a picture and when. A leaf gives a second image only if every leaf has given one. The draw depends on the seed, the
    class's name and the names of its files, but not on their order or on other classes.

    Args:
        names: the leaf that each file shows.
        settings: how many are kept.
        seed: of the draw.
    """
    files: dict[str, list[str]] = defaultdict(list)
    for name in names:
        class_name = PurePosixPath(name).parent.name
        if LEAF_CLASS_SEPARATOR in class_name:
            files[class_name].append(name)
    crops: dict[str, list[str]] = defaultdict(list)
    for class_name in sorted(files):
        crops[class_name.split(LEAF_CLASS_SEPARATOR)[0]].append(class_name)
    kept = sorted(name for classes in crops.values() for name in classes[: settings.most_classes_per_crop])
    most = settings.most_images_per_class
    return {name: _draw(name, {file: names[file] for file in sorted(files[name])}, most, seed) for name in kept}


def _draw(class_name: str, leaf_of: Mapping[str, int], most: int, seed: int) -> list[str]:
    """Shuffle a class's leaves and the files of each; take the first file of every leaf, then the second, and so on."""
    letters = class_name.encode(errors="surrogateescape")  # a name in an archive may hold any byte
    random = np.random.default_rng([seed, *letters])
    files: dict[int, list[str]] = defaultdict(list)
    for name, leaf in leaf_of.items():
        files[leaf].append(name)
    leaves = list(files.values())
    order = [leaves[place] for place in random.permutation(len(leaves))]
    shuffled = [[own[place] for place in random.permutation(len(own))] for own in order]
    by_turns = [name for turn in zip_longest(*shuffled) for name in turn if name is not None]
    return sorted(by_turns[:most])


def reduce(content: bytes, settings: PrepareLeaves, *, where: object) -> NDArray[np.uint8]:
    """Decode a picture and reduce it.

    Args:
        content: an image file of any format and colour mode; its name does not matter.
        settings: with ``reduction: slice`` every n-th pixel of every n-th row is kept, as in the report. With ``area``
            each pixel is the mean of those that it covers; the decoder of a JPEG drops high frequencies instead, which
            is nearly the same and saves most of the work. A picture that is not a square of n * ``image_size`` pixels
            is refused, or with ``other_sizes: resize`` cropped to its central square and resized (Lanczos).
        where: the file's name, for messages.

    Returns:
        RGB, shape (image_size, image_size, 3).

    Raises:
        Unreadable: if it does not decode.
        InputError: if its size is refused.
    """
    try:
        size = settings.image_size
        width, height = decoding.size_of(content)
        if width != height or width % size:
            if settings.other_sizes == "refuse":
                expected = f"a square, n * {size} (or prepare_leaves.other_sizes: resize)"
                raise InputError("size of image", where=where, expected=expected, received=f"{width}x{height}")
            picture = Image.fromarray(decoding.decode(content))
            return np.asarray(ImageOps.fit(picture, (size, size), Image.Resampling.LANCZOS))
        if settings.reduction == "slice":
            step = width // size
            return decoding.decode(content)[::step, ::step]
        pixels = decoding.decode(content, at_least=size)
        if len(pixels) != size:
            pixels = np.asarray(Image.fromarray(pixels).resize((size, size), Image.Resampling.BOX))
        return pixels
    except decoding.ERRORS as error:
        reason = "of no known format" if isinstance(error, UnidentifiedImageError) else error
        received = f"{len(content)} bytes ({reason})"
        raise Unreadable("image", where=where, expected="a picture that decodes", received=received) from None


def _read_images(
    archive_path: Path, members: Sequence[tarfile.TarInfo], settings: PrepareLeaves, workers: int
) -> tuple[NDArray[np.float32], dict[int, Unreadable]]:
    """Decode in threads, which is parallel because decoders release Python's lock.

    Returns:
        All images, (n, size, size, 3), and the error of each unreadable one, by ascending row.
    """
    images = np.empty((len(members), settings.image_size, settings.image_size, 3), np.float32)
    unreadable: dict[int, Unreadable] = {}
    in_file_order = sorted(range(len(members)), key=lambda row: members[row].offset)  # reads forward only
    chunks = [in_file_order[start : start + _CHUNK] for start in range(0, len(members), _CHUNK)]
    with (
        warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning),
        progress.bar(total=len(members), label="reading leaves", unit="image") as bar,
        archive_path.open("rb") as file,  # directly: tarfile's own reader takes as long as decoding a small picture
        ThreadPoolExecutor(workers) as pool,
    ):
        waiting: deque[Future[dict[int, Unreadable | None]]] = deque()

        def collect() -> None:
            found = waiting.popleft().result()
            bar.update(len(found))
            unreadable.update({row: error for row, error in found.items() if error is not None})

        for rows in chunks:
            chunk = {row: (f"{archive_path}, {members[row].name}", _content(file, members[row])) for row in rows}
            waiting.append(pool.submit(_reduce_chunk, chunk, settings, images))
            if len(waiting) > 2 * workers:  # keeps all threads busy with little memory
                collect()
        while waiting:
            collect()
        _check_unreadable(list(unreadable.values()), settings, archive_path, len(members))
    return images, dict(sorted(unreadable.items()))


def _reduce_chunk(
    chunk: Mapping[int, tuple[str, bytes]], settings: PrepareLeaves, images: NDArray[np.float32]
) -> dict[int, Unreadable | None]:
    """Put the reduced pictures, given by row as name and content, into ``images``; return the error of each, if any."""
    errors: dict[int, Unreadable | None] = dict.fromkeys(chunk)
    for row, (name, content) in chunk.items():
        try:
            np.divide(reduce(content, settings, where=name), np.float32(255), out=images[row])
        except Unreadable as error:
            errors[row] = error
    return errors


def _content(file: BinaryIO, member: tarfile.TarInfo) -> bytes:
    file.seek(member.offset_data)
    return file.read(member.size)


def _check_unreadable(errors: Sequence[Unreadable], settings: PrepareLeaves, archive_path: Path, count: int) -> None:
    """Refuse more unreadable images than allowed, or unreadable ones only; a single error is raised as it is."""
    allowed = min(settings.most_unreadable_images, count - 1)
    if len(errors) <= allowed:
        return
    if len(errors) == 1:
        raise errors[0]
    listed = "; ".join(str(error).removeprefix(f"{archive_path}, ") for error in errors)
    expected = f"at most {allowed} that do not decode (prepare_leaves.most_unreadable_images)"
    raise InputError("images", where=archive_path, expected=expected, received=f"{len(errors)}: {listed}")
