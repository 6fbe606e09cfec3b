"""The report's preprocessing of an archive of leaves: choose pictures, then decode and reduce them in parallel."""

import tarfile
import warnings
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imagelab.datasets import leaf_groups, leaf_lists
from imagelab.datasets.leaf_layout import LEAF_LIST
from imagelab.datasets.tar import TarMember, is_plain_file
from imagelab.leaves.choosing import choose
from imagelab.leaves.reducing import Unreadable, reduce
from imagelab.runtime import cores, progress
from imagelab.runtime.errors import InputError
from imagelab.settings.leaves import PrepareLeaves

_CHUNK = 32  # images per task; decoding them takes some 30 ms, far longer than starting a task


class Leaves(NamedTuple):
    """Pictures, their classes, the leaves that they show, the classes' names, and what could not be read."""

    images: NDArray[np.float32]  # (n, size, size, 3), in [0, 1]
    labels: NDArray[np.int64]  # (n,), index into ``classes``
    groups: NDArray[np.int64]  # (n,), the leaf of each picture, numbered from 0 in order of first appearance
    together: NDArray[np.int64]  # (n,), groups of leaves that a split must not part, numbered likewise
    classes: list[str]  # Crop___Condition, sorted
    skipped: list[str]  # members of the archive that were chosen and could not be read


def choose_and_reduce(archive_path: Path, settings: PrepareLeaves, *, seed: int, workers: int | None = None) -> Leaves:
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
            that is refused, more pictures than ``most_unreadable_images`` do not decode (the message lists them), or
            none of a class does.

    Source: the report, section 3.
    """
    try:
        with tarfile.open(archive_path, "r:", tarinfo=TarMember) as archive:
            members = {member.name: member for member in archive if is_plain_file(member)}
        listed = _read_list(members, archive_path)
        leaf_of = dict(zip(members, leaf_groups.by_name(list(members), listed).tolist(), strict=True))
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
    if len(lost := np.setdiff1d(labels, labels[kept])):
        expected, received = "a picture of each class that decodes", f"none of {list(chosen)[lost[0]]}"
        raise InputError("leaves", where=archive_path, expected=expected, received=received)
    images = _take(images, kept)
    names_kept = [names[row] for row in kept]
    groups = leaf_groups.with_pixels(np.array([leaf_of[name] for name in names_kept]), images)
    together = leaf_groups.with_neighbours(groups, names_kept, listed, numbers=settings.camera_numbers_together)
    return Leaves(images, labels[kept], groups, together, list(chosen), [names[row] for row in unreadable])


def _take(images: NDArray[np.float32], rows: Sequence[int]) -> NDArray[np.float32]:
    """Return some rows, in ascending order, moved forward in place: a second copy would double the memory."""
    for place, row in enumerate(rows):
        if place != row:
            images[place] = images[row]
    return images[: len(rows)]


def _read_list(members: Collection[str], archive_path: Path) -> dict[str, str]:
    """Return the group of each file that the list beside an archive names; none without a list."""
    path = archive_path.with_name(LEAF_LIST)
    listed = leaf_lists.read_list(path.read_bytes(), where=path) if path.exists() else {}
    if missing := sorted(listed.keys() - set(members)):
        expected = f"members of {archive_path.name}"
        raise InputError("groups of leaves", where=path, expected=expected, received=missing[0])
    return listed


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
