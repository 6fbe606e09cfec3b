"""Pictures of one's own in class folders, as IDX files of one size."""

import io
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath

import numpy as np

from imagelab.datasets import cifar10_copies, class_layout, idx, idx_copies, splitting
from imagelab.datasets.entries import entries
from imagelab.datasets.files import Found, reading_archive
from imagelab.datasets.photographs import is_grey, picture_suffixes, read_photographs, resize
from imagelab.runtime import progress
from imagelab.runtime.errors import InputError
from imagelab.settings.data import SMALLEST_PICTURE, ClassFolders
from imagelab.storage import writing
from imagelab.storage.splits import Split

_AT_LEAST = 8  # times the final size: to how many pixels large pictures are reduced in decoding
_BATCH = 64  # pictures in memory at a time


def is_in(source: Path) -> bool:
    """Tell whether a source has pictures in folders, and no file of MNIST, Fashion-MNIST or CIFAR-10.

    Of a damaged archive, what stands before the damage counts.
    """
    if not source.exists():
        return False
    found, suffixes = False, picture_suffixes()
    try:
        with reading_archive(source, "source", expected="a whole archive"):
            for entry in entries(source):
                path = PurePosixPath(entry.path)
                if entry.read is None or not class_layout.is_visible(entry.path):
                    continue
                if idx_copies.is_own_name(path.name) or cifar10_copies.is_own_name(path.name):
                    return False
                found |= len(path.parts) > 1 and path.suffix.lower() in suffixes
    except InputError:
        pass
    return found


def write_files(source: Path, destination: Path, settings: ClassFolders, *, seed: int) -> tuple[str, ...]:
    """Write the pictures of a source as the four files of ``IDX_FILES``, all of one size.

    Pictures are read as ``read_photographs`` does, and resized as a whole to a square. They are grey, (n, size, size),
    if each of them is; else RGB, (n, size, size, 3). The source is read twice, first for its names. Notes about what is
    ignored go to the standard error stream.

    Args:
        source: a folder, a tar (compressed or not) or a zip, in the layout of ``class_layout.plan``.
        destination: an existing folder.
        settings: the size; and the share of the pictures of each class that the test split takes if the source has
            none.
        seed: of that draw.

    Returns:
        The names of the classes, in the order of the labels.

    Raises:
        InputError: as ``class_layout.plan``; if the source is damaged, a file is no picture, a name is twice in an
            archive, the pictures have too many bytes in all, or a class has too few pictures for both splits.
    """
    with reading_archive(source, "source", expected="a whole archive"):
        files, folders = _survey(source)
    plan = class_layout.plan(files, folders, source=source)
    for note in plan.notes:
        print(f"{source}: {note}", file=sys.stderr)
    with reading_archive(source, "source", expected="a whole archive"):
        splits = _read(source, plan.splits, settings.image_size)
    if "test" not in splits:
        images, labels = splits["train"]
        parts = splitting.split_rows(len(labels), settings.test_fraction, seed=seed, classes=labels)
        splits = {
            "train": Split(images[parts.train], labels[parts.train]),
            "test": Split(images[parts.held_out], labels[parts.held_out]),
        }
    for (split, kind), name in idx.IDX_FILES.items():
        content = splits[split].images if kind == "images" else splits[split].targets
        writing.write_bytes(idx.idx_bytes(content), destination / name)
    return plan.classes


def _survey(source: Path) -> tuple[list[str], list[str]]:
    files: dict[str, None] = {}
    folders = []
    for entry in entries(source):
        if entry.read is None:
            folders.append(entry.path)
        elif entry.path in files:
            raise InputError("source", where=source, expected="each file once", received=f"{entry.path} twice")
        else:
            files[entry.path] = None
    return list(files), folders


def _read(source: Path, wanted: Mapping[str, Mapping[str, int]], size: int) -> dict[str, Split]:
    """Read the pictures of each split, in the order in which the plan has them, whatever that of the source is."""
    rows = {path: row for row, path in enumerate(path for split in wanted.values() for path in split)}
    if (in_all := len(rows) * size * size * 3) > idx.LARGEST_IDX:
        expected = f"at most {idx.LARGEST_IDX:,} bytes in all (class_folders.image_size makes them smaller)"
        raise InputError("pictures", where=source, expected=expected, received=f"{in_all:,}")
    images = np.empty((len(rows), size, size, 3), np.uint8)
    grey, done = True, 0
    with progress.bar(total=len(rows), label="reading pictures", unit="picture") as bar:
        for batch in _in_batches(_taken(source, rows)):
            found = read_photographs(batch, smallest=SMALLEST_PICTURE, longest=_AT_LEAST * size)
            for file, photograph in zip(batch, found, strict=True):
                if isinstance(photograph, InputError):
                    raise photograph
                images[rows[file.name]] = resize(photograph.pixels, size, size)
                grey = grey and is_grey(photograph.pixels)
            bar.update(len(batch))
            done += len(batch)
    if done < len(rows):
        raise InputError("source", where=source, expected=f"{len(rows)} pictures, as before", received=done)
    shown = images[..., 0] if grey else images
    splits, start = {}, 0
    for name, labels in wanted.items():
        end = start + len(labels)
        splits[name] = Split(shown[start:end], np.array(list(labels.values()), np.uint8))
        start = end
    return splits


def _taken(source: Path, rows: Mapping[str, int]) -> Iterator[Found]:
    """Yield the pictures with their content, which an archive has only in its own order; the name is the whole path."""
    for entry in entries(source):
        if entry.path in rows and entry.read is not None:
            yield Found(entry.path, entry.where, partial(io.BytesIO, entry.content("picture")))


def _in_batches(files: Iterator[Found]) -> Iterator[list[Found]]:
    while batch := list(islice(files, _BATCH)):
        yield batch
