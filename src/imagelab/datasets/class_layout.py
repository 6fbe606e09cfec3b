"""Where a folder or an archive has its pictures to classify: a folder for each class."""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from imagelab.runtime.errors import InputError
from imagelab.storage.class_names import FEWEST, MOST

LAYOUT = "pictures in class folders (train/<class>/ and, if you like, test/<class>/; or <class>/)"
_TRAINING, _TEST = "train", "test"
_OF_FILE_MANAGERS = {"__macosx", "desktop.ini", "thumbs.db"}  # in lower case
_MOST_NAMED = 3  # folders that a message names


class Plan(NamedTuple):
    """The classes of a source, its pictures in each split, and notes for the user."""

    classes: tuple[str, ...]  # sorted; the first one is class 0
    splits: dict[str, dict[str, int]]  # train, and test if the source has it: the class of each picture, by path
    notes: list[str]


def is_visible(path: str) -> bool:
    """Tell whether a file or folder is for people: not hidden, not made by a file manager, not outside the source."""
    parts = _relative(path).parts
    return not any(part.startswith(".") or part.lower() in _OF_FILE_MANAGERS for part in parts)


def plan(files: Collection[str], folders: Collection[str], *, source: Path) -> Plan:
    """Decide which files are pictures of which class.

    Every visible file that lies directly in the folder of a class is taken for a picture. Class folders lie in
    ``train`` and ``test``; without a folder ``train``, directly in the source. All of this may be one or more folders
    down, if nothing else is there. A class is named after its folder, in Unicode's composed form (NFC).

    Args:
        files: paths.
        folders: paths; those of the files need not be among them.
        source: the folder or archive, for messages.

    Raises:
        InputError: if there are fewer than two classes or more than 256, one has no pictures, two names differ in
            their encoding only, a name has unprintable characters, ``test`` has a class that ``train`` lacks, or there
            is a ``test`` without ``train``.
    """
    tree = _Tree(files, folders)
    root = tree.root()
    training, test = (_child(tree, root, name, source) for name in (_TRAINING, _TEST))
    notes: list[str] = []
    if training is None and test is not None:
        expected = f"a folder {_TRAINING} beside {test}"
        raise InputError("source", where=source, expected=expected, received="none")
    place = training or root
    found = _classes(tree, place, source)
    classes = tuple(sorted(found))
    _check_count(classes, place, source)
    splits = {_TRAINING: _pictures(tree, found, classes, source)}
    if test is not None:
        found_in_test = _classes(tree, test, source)
        if unknown := sorted(found_in_test.keys() - found.keys()):
            expected = f"the classes of {place}: {_some(classes)}"
            raise InputError("classes", where=f"{source}, {test}", expected=expected, received=unknown[0])
        splits[_TEST] = _pictures(tree, found_in_test, classes, source)
        if lacking := sorted(found.keys() - found_in_test.keys()):
            notes.append(f"classes of which {test} has no pictures: {_some(lacking)}")
    taken = sum(map(len, splits.values()))
    if others := sorted(child.name for child in tree.inside(root) if training and child not in (training, test)):
        notes.append(f"folders ignored, because {training} is there: {_some(others)}")
    within = [path for path in tree.files if place in path.parents or test in path.parents]
    if taken < len(within):
        notes.append(f"files ignored, because they do not lie directly in a class folder: {len(within) - taken}")
    return Plan(classes, splits, notes)


class _Tree:
    """The visible files and folders of a source."""

    def __init__(self, files: Collection[str], folders: Collection[str]) -> None:
        self.files = {_relative(path): path for path in files if is_visible(path)}
        self._children: dict[PurePosixPath, set[PurePosixPath]] = defaultdict(set)
        self._content: dict[PurePosixPath, list[PurePosixPath]] = defaultdict(list)
        for file in self.files:
            self._content[file.parent].append(file)
        listed = {_relative(path) for path in folders if is_visible(path)} | {file.parent for file in self.files}
        for folder in listed | {above for place in listed for above in place.parents}:  # archives need not list all
            if folder.name:
                self._children[folder.parent].add(folder)

    def inside(self, folder: PurePosixPath) -> list[PurePosixPath]:
        """Return the folders directly in a folder, by name."""
        return sorted(self._children[folder])

    def files_in(self, folder: PurePosixPath) -> list[PurePosixPath]:
        """Return the files directly in a folder, by name."""
        return sorted(self._content[folder])

    def root(self) -> PurePosixPath:
        """Return the outermost folder that has more in it than one folder with folders."""
        root = PurePosixPath()
        splits = (_TRAINING, _TEST)
        while len(inner := self.inside(root)) == 1 and inner[0].name.lower() not in splits and self.inside(inner[0]):
            root = inner[0]
        return root


def _relative(path: str) -> PurePosixPath:
    return PurePosixPath(path.lstrip("/"))


def _child(tree: _Tree, root: PurePosixPath, name: str, source: Path) -> PurePosixPath | None:
    found = [folder for folder in tree.inside(root) if folder.name.lower() == name]
    if len(found) > 1:
        received = " and ".join(map(str, found))
        raise InputError("source", where=source, expected=f"one folder {name}", received=received)
    return found[0] if found else None


def _classes(tree: _Tree, place: PurePosixPath, source: Path) -> dict[str, PurePosixPath]:
    """Return the folders of classes by the classes' names."""
    classes: dict[str, PurePosixPath] = {}
    for folder in tree.inside(place):
        name = unicodedata.normalize("NFC", folder.name)
        if not name.isprintable():
            expected = "names of printable characters in UTF-8"
            raise InputError("classes", where=source, expected=expected, received=str(folder))
        if name in classes:
            expected = "names that differ in more than the encoding of their characters"
            raise InputError("classes", where=source, expected=expected, received=f"two folders {folder}")
        classes[name] = folder
    return classes


def _check_count(classes: Sequence[str], place: PurePosixPath, source: Path) -> None:
    if not FEWEST <= len(classes) <= MOST:
        where = f"{source}, {place}" if place.name else source
        received = f"{len(classes)}: {_some(classes)}" if classes else "none"
        raise InputError("classes", where=where, expected=f"{FEWEST} to {MOST} class folders", received=received)


def _pictures(tree: _Tree, found: Mapping[str, PurePosixPath], classes: Sequence[str], source: Path) -> dict[str, int]:
    labels: dict[str, int] = {}
    for label, name in enumerate(classes):
        if name not in found:
            continue
        pictures = tree.files_in(found[name])
        if not pictures:
            raise InputError("class", where=source, expected=f"pictures in {found[name]}", received="none")
        labels |= {tree.files[picture]: label for picture in pictures}
    return labels


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
