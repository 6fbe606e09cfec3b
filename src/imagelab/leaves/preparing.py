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

from imagelab.datasets import decoding, leaf_groups
from imagelab.datasets.leaf_layout import LEAF_CLASS_SEPARATOR, LEAF_LIST
from imagelab.datasets.tar import TarMember, is_plain_file
from imagelab.runtime import cores, progress
from imagelab.runtime.errors import InputError
from imagelab.settings.leaves import PrepareLeaves

_CHUNK = 32  # images a task: some 30 ms, long against the cost of a task


class Leaves(NamedTuple):
    """Pictures, their classes, the leaves that they show, the classes' names, and what could not be read."""

    images: NDArray[np.float32]  # (n, size, size, 3), in [0, 1]
    labels: NDArray[np.int64]  # (n,), index into ``classes``
    groups: NDArray[np.int64]  # (n,), the leaf of each, numbered from 0 in the order in which they first come
    classes: list[str]  # Crop___Condition, sorted
    skipped: list[str]  # members of the archive that were chosen and could not be read


class Unreadable(InputError):  # noqa: N818 - said of a picture
    """A picture that does not decode."""


def read_leaves(archive_path: Path, settings: PrepareLeaves, *, seed: int, workers: int | None = None) -> Leaves:
    """Choose and reduce the leaves of an archive.

    Args:
        archive_path: an uncompressed tar with members ``train/<Crop___Condition>/<file>``. A list ``groups.csv``
            beside it says which of them show the same leaf, see ``leaf_groups``.
        settings: how many to keep, how to reduce them to which size, and how many may be unreadable.
        seed: of the choice, see ``choose``.
        workers: threads that decode, all available cores if None; changes no bit.

    Returns:
        The leaves, sorted by class and file name.

    Raises:
        InputError: if the archive or the list cannot be read or do not fit, a picture has a size that is refused, or
        more pictures than ``most_unreadable_images`` do not decode; the message then lists them all.

    Source: the report, section 3.
    """
    try:
        with tarfile.open(archive_path, "r:", tarinfo=TarMember) as archive:
            members = {member.name: member for member in archive if is_plain_file(member)}
            of_name = _leaves_by_name(list(members), archive_path)
            chosen = choose(of_name, settings, seed=seed)
            if not chosen:
                raise InputError(
                    "leaves", where=archive_path, expected="train/<Crop___Condition>/<file>", received="none"
                )
            names = [name for names in chosen.values() for name in names]
            threads = workers or cores.available()
            images, unreadable = _read_images(archive_path, [members[name] for name in names], settings, threads)
    except FileNotFoundError:
        raise InputError(
            "leaves", where=archive_path, expected="a tar archive", received="nothing of that name"
        ) from None
    except (tarfile.TarError, EOFError) as error:
        raise InputError("leaves", where=archive_path, expected="a whole tar archive", received=str(error)) from None
    labels = np.repeat(np.arange(len(chosen)), [len(names) for names in chosen.values()])
    if unreadable:
        kept = [row for row in range(len(names)) if row not in unreadable]
        for place, row in enumerate(kept):
            images[place] = images[row]  # moved forward one by one: a second copy would double the memory
        images, labels = images[: len(kept)], labels[kept]
    skipped = [names[row] for row in unreadable]
    shown = np.array([of_name[name] for row, name in enumerate(names) if row not in unreadable])
    return Leaves(images, labels, leaf_groups.with_pixels(shown, images), list(chosen), skipped)


def _leaves_by_name(names: Sequence[str], archive_path: Path) -> dict[str, int]:
    """Return the leaf that each file of an archive shows, by the list beside the archive and by names."""
    path = archive_path.with_name(LEAF_LIST)
    listed = leaf_groups.read_list(path.read_bytes(), where=path) if path.exists() else {}
    if missing := sorted(listed.keys() - set(names)):
        expected = f"members of {archive_path.name}"
        raise InputError("groups of leaves", where=path, expected=expected, received=missing[0])
    return dict(zip(names, leaf_groups.by_name(names, listed).tolist(), strict=True))


def choose(names: Mapping[str, int], settings: PrepareLeaves, *, seed: int) -> dict[str, list[str]]:
    """Map each kept class to its kept files, both sorted by name.

    Of each crop the first ``most_classes_per_crop`` classes by name are kept, as in the report. Of each class
    ``most_images_per_class`` images are drawn, because names may say who took a picture and when: one of each leaf,
    and more of the same leaf only where there are too few. The draw depends on the seed, the class's name and its
    files: not on their order, nor on other classes.

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
    """Put a class's leaves, and the files of each, in a random order; take all first files, then all second ones."""
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
        content: an image file of any kind, in any colour mode, whatever its name says.
        settings: with ``reduction: slice`` every n-th pixel of every n-th row is kept, as the report does; with
            ``area`` each pixel is the mean of those that it covers (the decoder of a JPEG leaves out its high
            frequencies instead, which is nearly the same and saves most of the work). A picture that is not
            n * ``image_size`` pixels square is refused, or with ``other_sizes: resize`` cut to its middle square and
            resized (Lanczos).
        where: the file's name, for the message.

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
    """Decode in threads (decoders let others run meanwhile); return all images, and by row what is wrong with some."""
    size = settings.image_size
    images = np.empty((len(members), size, size, 3), np.float32)
    unreadable: dict[int, Unreadable] = {}

    def reduce_chunk(rows: Sequence[int], contents: Sequence[bytes]) -> int:
        for row, content in zip(rows, contents, strict=True):
            try:
                reduced = reduce(content, settings, where=f"{archive_path}, {members[row].name}")
            except Unreadable as error:
                unreadable[row] = error
            else:
                np.divide(reduced, np.float32(255), out=images[row])
        return len(rows)

    in_file_order = sorted(range(len(members)), key=lambda row: members[row].offset)  # reads forward only
    with (
        warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning),
        progress.bar(total=len(members), label="reading leaves", unit="image") as bar,
        archive_path.open("rb") as file,  # beside tarfile, whose own reader takes as long as decoding a small picture
        ThreadPoolExecutor(workers) as pool,
    ):
        waiting: deque[Future[int]] = deque()
        for start in range(0, len(members), _CHUNK):
            rows = in_file_order[start : start + _CHUNK]
            waiting.append(pool.submit(reduce_chunk, rows, [_content(file, members[row]) for row in rows]))
            if len(waiting) > 2 * workers:  # enough to keep all busy, and little memory
                bar.update(waiting.popleft().result())
        for future in waiting:
            bar.update(future.result())
        _check_unreadable(list(unreadable.values()), settings, archive_path, len(members))
    return images, dict(sorted(unreadable.items()))


def _content(file: BinaryIO, member: tarfile.TarInfo) -> bytes:
    file.seek(member.offset_data)
    return file.read(member.size)


def _check_unreadable(errors: Sequence[Unreadable], settings: PrepareLeaves, archive_path: Path, count: int) -> None:
    """Refuse more unreadable images than are allowed, or all of them; a single one is named by its own message."""
    allowed = min(settings.most_unreadable_images, count - 1)
    if len(errors) <= allowed:
        return
    if len(errors) == 1:
        raise errors[0]
    listed = "; ".join(str(error).removeprefix(f"{archive_path}, ") for error in errors)
    expected = f"at most {allowed} that do not decode (prepare_leaves.most_unreadable_images)"
    raise InputError("images", where=archive_path, expected=expected, received=f"{len(errors)}: {listed}")
