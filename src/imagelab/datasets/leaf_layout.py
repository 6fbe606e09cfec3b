"""Where the leaves of a folder or an archive lie, and which class each belongs to."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from imagelab.runtime.errors import InputError

LEAF_ARCHIVE = "leaves.tar"  # members train/<Crop___Condition>/<file>
LEAF_CLASS_SEPARATOR = "___"
LEAF_LIST = "groups.csv"  # beside the archive, or none: members and which of them show the same leaf

LAYOUT = "a folder, .tar or .zip with <Crop___Condition>/<name>.JPG"
IMAGE_SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}

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
_MOST_NAMED = 3  # folders in a message


class Plan(NamedTuple):
    """What of a source is taken, under which name, and what should be said about it."""

    members: dict[str, str | None]  # by the picture's path in the source; None for one that is passed over
    notes: list[str]


def class_of(folder: str) -> str | None:
    """Return the class, ``<Crop>___<Condition>``, that a folder's name stands for; None if it is no class.

    With ``___`` in it any crop is one; a crop of ``CROPS`` gets its spelling there. Without, a name is a class if it
    begins with such a crop: ``Tomato_healthy``, ``Pepper__bell_Bacterial_spot``.
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
    """Match a crop as people write it: Corn_(maize), corn, Corn maize; as much of a name as can be."""
    first, *others = re.findall(r"[A-Za-z]+", crop)
    rest = "".join(rf"[ _,(-]+{word}" for word in others)
    return re.compile(rf"{first}(?:{rest}\)?)?" if others else first, re.IGNORECASE)


_SPELLINGS = {crop: _spelling(crop) for crop in CROPS}


def is_picture(path: str) -> bool:
    """Tell by its name whether a file is a picture; hidden ones are what file managers leave."""
    pure = PurePosixPath(path)
    return pure.suffix.lower() in IMAGE_SUFFIXES and not pure.name.startswith(".")


def plan(pictures: Mapping[str, int], folders: Collection[str], *, source: Path) -> Plan:
    """Decide which pictures are taken, and what they are called in the archive.

    Classes may lie anywhere. Where some lie in a folder ``train``, only those are taken: what lies beside it is made of
    other pictures. Of ``color``, ``grayscale`` and ``segmented``, the same pictures, ``color`` is taken. A class that
    lies in two folders is taken once if both hold the same files. The notes name each class that is passed over.

    Args:
        pictures: the size of each in bytes, by path.
        folders: paths.
        source: what it is about, for messages.

    Raises:
        InputError: if there is no class, a class without pictures, or a class in two folders that differ.
    """
    content: dict[PurePosixPath, dict[str, int]] = defaultdict(dict)
    for path, size in pictures.items():
        content[PurePosixPath(path).parent][PurePosixPath(path).name] = size
    classes = {folder: name for folder in content if (name := class_of(folder.name)) is not None}
    if not classes:
        raise InputError("source of the leaves", where=source, expected=LAYOUT, received=_seen(content))
    notes: list[str] = []
    taken = _each_once(_of_one_version(_of_training(classes, notes), notes), content, notes, source)
    roots = {folder.parent for folder in taken}
    above = {folder for place in content for folder in (place, *place.parents)}  # archives need not list folders
    _refuse_empty(taken, roots, {*map(PurePosixPath, folders), *above}, source)
    if deeper := sum(len(content[folder]) for folder in content if folder not in classes and _below(folder, taken)):
        notes.append(f"pictures passed over, since they lie in a folder inside that of their class: {deeper}")
    if others := [folder.name for folder in content if folder.parent in roots and folder not in classes]:
        notes.append(f"passed over, since their names begin with no known crop: {_some(others)}")
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
        notes.append(f"the folder {_TRAINING} is taken; classes passed over that lie elsewhere only: {lost}")
    return training


def _lost(classes: Mapping[PurePosixPath, str], taken: Mapping[PurePosixPath, str]) -> str:
    """Name the classes of which nothing is taken."""
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
    notes.append(f"the folder {_COLOUR} is taken, {' and '.join(others)} passed over: {reason}")
    return taken


def _version(folder: PurePosixPath) -> str:
    above, nearest = _above(folder)
    return above if nearest == _TRAINING else nearest


def _above(folder: PurePosixPath) -> tuple[str, str]:
    """Return the names of the two folders around a class, in small letters, the nearer one last."""
    *_, above, nearest = ("", "", *folder.parent.parts)
    return above.lower(), nearest.lower()


def _each_once(
    classes: Mapping[PurePosixPath, str],
    content: Mapping[PurePosixPath, Mapping[str, int]],
    notes: list[str],
    source: Path,
) -> dict[PurePosixPath, str]:
    """Take each class from one folder, the first by name; the others must hold files of the same names and sizes."""
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
        notes.append(f"folders passed over, since they hold the same files as others: {len(classes) - len(first)}")
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


def _seen(content: Collection[PurePosixPath]) -> str:
    names = [folder.name for folder in content if folder.name not in ("", "..")]
    return f"images in folders that are no class: {_some(names)}" if names else "no such image in it"


def _some(names: Collection[str]) -> str:
    ordered = sorted(set(names))
    more = f" and {len(ordered) - _MOST_NAMED} more" if len(ordered) > _MOST_NAMED else ""
    return ", ".join(ordered[:_MOST_NAMED]) + more
