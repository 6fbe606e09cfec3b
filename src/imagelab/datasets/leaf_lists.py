"""Lists of which pictures show the same leaf, as a source brings them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath

from imagelab.datasets import leaf_groups
from imagelab.datasets.leaf_layout import class_of
from imagelab.runtime.errors import InputError


def resolve(listed: Mapping[str, str], members: Mapping[str, str | None], *, where: object) -> dict[str, str]:
    """Find the pictures that a list names.

    Args:
        listed: the group of each file. A file is named by as much of the end of its path as tells which one is meant:
            ``1.JPG``, or ``Tomato_healthy/1.JPG``, with the class as the source or as the archive spells it. A UUID
            before ``___`` may be left out, as in the lists of PlantVillage's authors.
        members: what each picture of the source is called in the archive, by path; None for what is passed over.
        where: the list, for messages.

    Returns:
        The group of each member that is listed. A picture that is passed over hands its group to those that are told
        by their names to show the same leaf: Kaggle's set has photographs in ``valid`` whose copies are in ``train``.

    Raises:
        InputError: if a name fits no picture of the source, or several that are taken, or a picture is listed twice;
            if a group has pictures of several classes, or a picture's name is no UTF-8, in which lists are written.
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
            expected = "a group within one class (numbers that start anew in each class: put the class before them)"
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
    """Return the group of each member whose name tells that it shows the leaf of a listed picture that is not taken."""
    if not passed_over:
        return {}
    keys = dict(zip(members, leaf_groups.keys(list(members)), strict=True))
    groups = {keys[path]: group for path, group in passed_over.items()}
    return {
        member: groups[keys[path]] for path, member in members.items() if member is not None and keys[path] in groups
    }


def _lies_in(named: PurePosixPath, path: str, member: str | None) -> bool:
    """Tell whether the folders of a name in a list are the last ones of a picture's path, here or in the archive."""
    wanted = named.parent.parts
    folders = [PurePosixPath(place).parent.parts for place in (path, member or path)]
    return not wanted or any(_are_same(wanted, own[-len(wanted) :]) for own in folders)


def _are_same(wanted: Sequence[str], own: Sequence[str]) -> bool:
    """Compare the last folders of two paths, of which the very last may spell a class in two ways."""
    if len(wanted) != len(own) or wanted[:-1] != own[:-1]:
        return False
    return wanted[-1] == own[-1] or class_of(wanted[-1]) == class_of(own[-1]) is not None
