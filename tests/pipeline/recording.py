"""Which settings and files a piece of code reads, and whether it reaches for the network."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from imagelab.settings import params
from imagelab.settings.section import Section

WHOLESALE = ("model_dump", "model_copy")  # methods that hand on every field


@contextmanager
def recorded_reads() -> Iterator[set[str]]:
    """Collect the keys of all settings that are read meanwhile, e.g. ``clock.epochs``; sections are no keys of theirs.

    Reading all of a section for a checkpoint's name does not count: a checkpoint is no output.
    """
    reads: set[str] = set()
    places: dict[int, str] = {}
    alive: list[Section] = []  # so that no other object gets an address that is in ``places``
    load = params.load

    def load_and_find(*path: Path) -> params.Params:
        settings = load(*path)
        if path and path[0].name != params.DEFAULT_PATH.name:  # another profile, which must be a dependency as a file
            return settings
        alive.append(settings)
        for key, section in sections(settings, ""):
            places[id(section)] = key
        return settings

    def all_read(section: Section) -> None:
        if id(section) in places:
            reads.update(places[id(section)] + key for key in leaves(section))

    def read(section: Section, name: str) -> Any:
        value = object.__getattribute__(section, name)
        if id(section) in places:
            prefix = places[id(section)]
            if name in type(section).model_fields and not holds_sections(value):
                reads.add(prefix + name)
            elif name in WHOLESALE and prefix:
                all_read(section)
        return value

    def iterate(section: Section) -> Any:
        all_read(section)
        return BaseModel.__iter__(section)

    def pickle(section: Section) -> Any:
        all_read(section)
        return BaseModel.__getstate__(section)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(params, "load", load_and_find)
        patch.setattr(Section, "__getattribute__", read)
        patch.setattr(Section, "__iter__", iterate)
        patch.setattr(Section, "__getstate__", pickle)
        yield reads


def sections(value: Any, key: str) -> Iterator[tuple[str, Section]]:
    """Every section in a value, with the beginning of its keys; places in a list have no key of their own in DVC."""
    if isinstance(value, Section):
        yield key, value
        for name in type(value).model_fields:
            yield from sections(value.__dict__[name], f"{key}{name}.")
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from sections(item, f"{key}{name}.")
    elif isinstance(value, tuple):
        for item in value:
            yield from sections(item, key)


def holds_sections(value: Any) -> bool:
    return any(sections(value, ""))


def leaves(section: Section) -> set[str]:
    """The keys in a section, below it as well."""
    return {
        key + name
        for key, found in sections(section, "")
        for name in type(found).model_fields
        if not holds_sections(found.__dict__[name])
    }


_opened: list[set[Path]] = []  # where to note files; empty while nobody records


@contextmanager
def recorded_files() -> Iterator[set[Path]]:
    """Collect the files below the current folder that this process opens for reading meanwhile, relative to it."""
    _add_hook()
    files: set[Path] = set()
    _opened.append(files)
    try:
        yield files
    finally:
        _opened.pop()


@cache
def _add_hook() -> None:
    """Add the hook once: Python cannot remove one."""
    sys.addaudithook(_note)


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or not _opened or not isinstance(arguments[0], str | bytes):
        return
    path, mode, flags = arguments
    if (mode or "r").strip("bt") != "r" or flags & (os.O_WRONLY | os.O_RDWR):
        return
    place = Path(os.fsdecode(path)).absolute()
    if place.is_relative_to(here := Path.cwd()):
        for files in _opened:
            files.add(place.relative_to(here))


@contextmanager
def network_refused() -> Iterator[None]:
    """Make every look-up of a name and every connection in this process a failure of the test."""

    def refuse(*arguments: Any) -> None:
        raise AssertionError(f"a connection to {arguments}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", refuse)
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, refuse)
        yield
