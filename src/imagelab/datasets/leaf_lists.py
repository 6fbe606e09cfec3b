"""Lists of which pictures show the same leaf: read them, and find the pictures that they name."""

import io
import warnings
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath

import pandas as pd

from imagelab.datasets import leaf_groups
from imagelab.datasets.leaf_layout import class_of
from imagelab.runtime.errors import InputError

COLUMNS = ("file", "group")


def read_list(content: bytes, *, where: object) -> dict[str, str]:
    """Read a list of which files show the same leaf.

    Args:
        content: a CSV file with the columns ``file`` and ``group``. Other columns, and blanks around values, are
            ignored.
        where: the file's name, for messages.

    Returns:
        The group of each file.

    Raises:
        InputError: if it is not such a table, a file or a group is empty, or a file is listed twice.
    """
    try:
        with warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):  # about rows that are too long
            table = pd.read_csv(
                io.BytesIO(content),
                dtype=str,
                keep_default_na=False,
                index_col=False,
                skipinitialspace=True,
                encoding="utf-8-sig",
            )
    except (ValueError, pd.errors.ParserWarning) as error:  # ValueErrors: not CSV, empty, or not UTF-8
        expected = "a .csv file, names with a comma in quotes"
        raise InputError("groups of leaves", where=where, expected=expected, received=error) from None
    if missing := [name for name in COLUMNS if name not in table]:
        received = ", ".join(map(str, table.columns))
        raise InputError("groups of leaves", where=where, expected=f"the column {missing[0]}", received=received)
    for column in COLUMNS:
        table[column] = table[column].str.strip()
        if (empty := table.index[table[column] == ""]).size:
            expected = f"a {column} in each row"
            raise InputError("groups of leaves", where=where, expected=expected, received=f"none in row {empty[0] + 1}")
    if (twice := table["file"][table["file"].duplicated()]).size:
        received = f"{twice.iloc[0]} twice"
        raise InputError("groups of leaves", where=where, expected="each file once", received=received)
    return dict(zip(table["file"], table["group"], strict=True))


def resolve(listed: Mapping[str, str], members: Mapping[str, str | None], *, where: object) -> dict[str, str]:
    """Find the pictures that a list names.

    Args:
        listed: the group of each file. A file is named by the end of its path, as much of it as is unambiguous:
            ``1.JPG``, or ``Tomato_healthy/1.JPG``, with the class as the source or as the archive spells it. A UUID
            before ``___`` may be omitted, as in the lists of PlantVillage's authors.
        members: the name of each picture of the source in the archive, by path; None for pictures that are ignored.
        where: the list, for messages.

    Returns:
        The group of each member that is listed. The group of an ignored picture applies to the members that show the
        same leaf according to their names: Kaggle's set has photographs in ``valid`` whose copies are in ``train``.

    Raises:
        InputError: if a name matches no picture of the source, or several that are taken, or a picture is listed twice;
            if a group has pictures of several classes, or a picture's name is not UTF-8, the encoding of lists.
    """
    paths: dict[str, list[str]] = defaultdict(list)
    for path in members:
        name = PurePosixPath(path).name
        for known in {name, leaf_groups.without_uuid(name)}:
            paths[known].append(path)
    groups: dict[str, str] = {}
    passed_over: dict[str, str] = {}
    classes: dict[str, set[str]] = defaultdict(set)  # of each group
    for file, group in listed.items():
        named = PurePosixPath(file.replace("\\", "/"))
        fitting = [path for path in paths.get(named.name, ()) if _lies_in(named, path, members[path])]
        taken = sorted({member for path in fitting if (member := members[path]) is not None})
        if not fitting:
            received = f"{file}, which is not there"
            raise InputError("groups of leaves", where=where, expected="pictures of the source", received=received)
        if len(taken) > 1:
            received = f"{file}, which may be {' or '.join(taken)}"
            raise InputError("groups of leaves", where=where, expected="<class>/<file>", received=received)
        if taken and taken[0] in groups:
            raise InputError("groups of leaves", where=where, expected="each file once", received=f"{taken[0]} twice")
        groups |= dict.fromkeys(taken, group)
        if not taken:
            passed_over |= dict.fromkeys(fitting, group)
        classes[group] |= {found for path in taken or fitting if (found := class_of(PurePosixPath(path).parent.name))}
    _refuse_several_classes(classes, where)
    groups = _of_relatives(passed_over, members) | groups
    _refuse_no_utf8(groups, where)
    return groups


def _refuse_several_classes(classes: Mapping[str, set[str]], where: object) -> None:
    for group, names in classes.items():
        if len(names) > 1:
            expected = "groups within one class (if numbers restart in each class, put the class before them)"
            received = f"group {group} in {' and '.join(sorted(names)[:2])}"
            raise InputError("groups of leaves", where=where, expected=expected, received=received)


def _refuse_no_utf8(members: Collection[str], where: object) -> None:
    for member in sorted(members):
        try:
            member.encode()
        except UnicodeEncodeError:
            expected = "pictures whose names are UTF-8"
            raise InputError("groups of leaves", where=where, expected=expected, received=member) from None


def _of_relatives(passed_over: Mapping[str, str], members: Mapping[str, str | None]) -> dict[str, str]:
    """Return the groups of members that, by their names, show the same leaf as an ignored picture of the list."""
    if not passed_over:
        return {}
    keys = dict(zip(members, leaf_groups.keys(list(members)), strict=True))
    groups = {keys[path]: group for path, group in passed_over.items()}
    return {
        member: groups[keys[path]] for path, member in members.items() if member is not None and keys[path] in groups
    }


def _lies_in(named: PurePosixPath, path: str, member: str | None) -> bool:
    """Tell whether a picture's path, in the source or in the archive, ends with the folders of a name in a list."""
    wanted = named.parent.parts
    folders = [PurePosixPath(place).parent.parts for place in (path, member or path)]
    return not wanted or any(_are_same(wanted, own[-len(wanted) :]) for own in folders)


def _are_same(wanted: Sequence[str], own: Sequence[str]) -> bool:
    """Compare the last folders of two paths; the very last ones may be two spellings of a class."""
    if len(wanted) != len(own) or wanted[:-1] != own[:-1]:
        return False
    return wanted[-1] == own[-1] or class_of(wanted[-1]) == class_of(own[-1]) is not None
