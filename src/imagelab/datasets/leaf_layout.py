"""Where a folder or an archive has its pictures of leaves, and which class each belongs to."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from imagelab.runtime.errors import InputError

LEAF_ARCHIVE = "leaves.tar"  # members train/<Crop___Condition>/<file>
LEAF_CLASS_SEPARATOR = "___"
LEAF_LIST = "groups.csv"  # beside the archive, optional: which members show the same leaf

LAYOUT = "a folder, .tar or .zip with <Crop___Condition>/<name>.JPG"
IMAGE_SUFFIXES = {".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}

# PlantVillage's crops in the spelling of Kaggle's set.
CROPS = (
    "Apple",
    "Blueberry",
    "Cherry_(including_sour)",
    "Corn_(maize)",
    "Grape",
    "Orange",
    "Peach",
    "Pepper,_bell",
    "Potato",
    "Raspberry",
    "Soybean",
    "Squash",
    "Strawberry",
    "Tomato",
)
_TRAINING = "train"
_COLOUR = "color"
_OTHER_VERSIONS = {"grayscale", "segmented"}
_MOST_NAMED = 3  # folders that a message names


class Plan(NamedTuple):
    """Which pictures of a source are taken, under which names, and notes for the user."""

    members: dict[str, str | None]  # by the picture's path in the source; None if it is ignored
    notes: list[str]


def class_of(folder: str) -> str | None:
    """Return the class, ``<Crop>___<Condition>``, that a folder's name stands for; None if it is not a class.

    A name with ``___`` is a class of any crop; crops of ``CROPS`` are spelled as there. Any other name is a class if it
    begins with a crop of ``CROPS``: ``Tomato_healthy``, ``Pepper__bell_Bacterial_spot``.
    """
    crop, separator, condition = folder.partition(LEAF_CLASS_SEPARATOR)
    if separator and crop and condition:
        spelled = next((name for name, pattern in _SPELLINGS.items() if pattern.fullmatch(crop)), crop)
        return f"{spelled}{LEAF_CLASS_SEPARATOR}{condition}"
    for name, pattern in _SPELLINGS.items():
        crop_found = pattern.match(folder)
        if crop_found and (rest := re.fullmatch(r"[ _-]+([^ _-].*)", folder[crop_found.end() :])):
            return f"{name}{LEAF_CLASS_SEPARATOR}{rest[1]}"
    return None


def _spelling(crop: str) -> re.Pattern[str]:
    """Return a pattern of the spellings of a crop, such as Corn_(maize), corn and Corn maize."""
    first, *others = re.findall(r"[A-Za-z]+", crop)
    rest = "".join(rf"[ _,(-]+{word}" for word in others)
    return re.compile(rf"{first}(?:{rest}\)?)?" if others else first, re.IGNORECASE)


_SPELLINGS = {crop: _spelling(crop) for crop in CROPS}


def is_picture(path: str) -> bool:
    """Tell by its name whether a file is a picture; hidden files, which file managers create, are not."""
    pure = PurePosixPath(path)
    return pure.suffix.lower() in IMAGE_SUFFIXES and not pure.name.startswith(".")


def plan(pictures: Mapping[str, int], folders: Collection[str], *, source: Path) -> Plan:
    """Decide which pictures are taken, and their names in the archive.

    Classes are found at any depth. If some are in a folder ``train``, only these are taken, because its siblings hold
    other splits. ``color`` is taken rather than ``grayscale`` and ``segmented``, which hold the same leaves. A class in
    two folders is taken once if both hold the same files. The notes name each class that is ignored.

    Args:
        pictures: the size of each in bytes, by path.
        folders: paths.
        source: the folder or archive, for messages.

    Raises:
        InputError: if there is no class, a class has no pictures, or a class is in two folders that differ.
    """
    content: dict[PurePosixPath, dict[str, int]] = defaultdict(dict)
    for path, size in pictures.items():
        content[PurePosixPath(path).parent][PurePosixPath(path).name] = size
    classes = {folder: name for folder in content if (name := class_of(folder.name)) is not None}
    if not classes:
        raise InputError("source of the leaves", where=source, expected=LAYOUT, received=_other_content(content))
    notes: list[str] = []
    taken = _each_once(_of_one_version(_of_training(classes, notes), notes), content, notes, source)
    roots = {folder.parent for folder in taken}
    above = {folder for place in content for folder in (place, *place.parents)}  # archives need not list folders
    _refuse_empty(taken, roots, {*map(PurePosixPath, folders), *above}, source)
    if deeper := sum(len(content[folder]) for folder in content if folder not in classes and _below(folder, taken)):
        notes.append(f"pictures ignored, because they are in a folder inside that of their class: {deeper}")
    if others := [folder.name for folder in content if folder.parent in roots and folder not in classes]:
        notes.append(f"folders ignored, because their names begin with no known crop: {_some(others)}")
    members: dict[str, str | None] = {}
    for path in pictures:
        folder = PurePosixPath(path).parent
        members[path] = f"train/{taken[folder]}/{PurePosixPath(path).name}" if folder in taken else None
    return Plan(members, notes)


def _below(folder: PurePosixPath, classes: Collection[PurePosixPath]) -> bool:
    return any(above in classes for above in folder.parents)


def _of_training(classes: Mapping[PurePosixPath, str], notes: list[str]) -> dict[PurePosixPath, str]:
    training = {folder: name for folder, name in classes.items() if _is_training(folder)} or dict(classes)
    if lost := _lost(classes, training):
        notes.append(f"the folder {_TRAINING} is taken; classes ignored that are only elsewhere: {lost}")
    return training


def _lost(classes: Mapping[PurePosixPath, str], taken: Mapping[PurePosixPath, str]) -> str:
    """Return the names of the classes of which nothing is taken."""
    return ", ".join(sorted({*classes.values()} - {*taken.values()}))


def _is_training(folder: PurePosixPath) -> bool:
    above, nearest = _above(folder)
    return nearest == _TRAINING or (above == _TRAINING and nearest in {_COLOUR, *_OTHER_VERSIONS})


def _of_one_version(classes: Mapping[PurePosixPath, str], notes: list[str]) -> dict[PurePosixPath, str]:
    versions = {folder: _version(folder) for folder in classes}
    others = sorted({version for version in versions.values() if version in _OTHER_VERSIONS})
    if _COLOUR not in versions.values() or not others:
        return dict(classes)
    taken = {folder: name for folder, name in classes.items() if versions[folder] not in _OTHER_VERSIONS}
    lost = _lost(classes, taken)
    reason = f"classes that only they have are left out: {lost}" if lost else "they hold the same leaves"
    notes.append(f"the folder {_COLOUR} is taken, {' and '.join(others)} ignored: {reason}")
    return taken


def _version(folder: PurePosixPath) -> str:
    above, nearest = _above(folder)
    return above if nearest == _TRAINING else nearest


def _above(folder: PurePosixPath) -> tuple[str, str]:
    """Return the names of the two folders above a class in lower case, the nearer one last."""
    *_, above, nearest = ("", "", *folder.parent.parts)
    return above.lower(), nearest.lower()


def _each_once(
    classes: Mapping[PurePosixPath, str],
    content: Mapping[PurePosixPath, Mapping[str, int]],
    notes: list[str],
    source: Path,
) -> dict[PurePosixPath, str]:
    """Take each class from its first folder by name; its other folders must hold files of the same names and sizes."""
    first: dict[str, PurePosixPath] = {}
    for folder in sorted(classes):
        place = first.setdefault(classes[folder], folder)
        if content[place] != content[folder]:
            joined = f"join {place.name} and {folder.name}, or rename one"
            mended = joined if place.parent == folder.parent else "fetch.leaves may name a part of the source"
            expected = f"{classes[folder]} in one folder ({mended})"
            received = f"other files in {place} than in {folder}"
            raise InputError("source of the leaves", where=source, expected=expected, received=received)
    if len(first) < len(classes):
        notes.append(f"folders ignored, because they hold the same files as others: {len(classes) - len(first)}")
    return {folder: name for name, folder in first.items()}


def _refuse_empty(
    taken: Mapping[PurePosixPath, str],
    roots: Collection[PurePosixPath],
    folders: Collection[PurePosixPath],
    source: Path,
) -> None:
    filled = set(taken.values())
    for folder in sorted(folders):
        name = class_of(folder.name)
        if folder.parent in roots and name is not None and name not in filled:
            expected = f"images in {'/'.join(folder.parts[-2:])}"
            raise InputError("source of the leaves", where=source, expected=expected, received="none")


def _other_content(content: Collection[PurePosixPath]) -> str:
    names = [folder.name for folder in content if folder.name not in ("", "..")]
    return f"images in folders that are no class: {_some(names)}" if names else "no such image in it"


def _some(names: Collection[str]) -> str:
    ordered = sorted(set(names))
    more = f" and {len(ordered) - _MOST_NAMED} more" if len(ordered) > _MOST_NAMED else ""
    return ", ".join(ordered[:_MOST_NAMED]) + more
