"""YAML 1.2, as DVC reads it, by PyYAML: ``1e-3`` is a number and ``no`` is a text."""

import re
from pathlib import Path
from typing import Any, ClassVar

import yaml
from yaml.constructor import ConstructorError
from yaml.parser import ParserError

from imagelab.runtime.errors import InputError

_TAG = "tag:yaml.org,2002:"
# Patterns of unquoted texts that are truth values or numbers, and their first characters. All else, such as empty
# values and dates, is as in YAML 1.1, which PyYAML reads.
# Source: the resolver for YAML 1.2 of ruamel.yaml, with which DVC reads.
_SCALARS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(0b[01_]+|0o[0-7_]+|[0-9_]+|0x[0-9a-fA-F_]+)", "-+0123456789"),
    (
        "float",
        r"[-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
        r"|[-+]?\.[0-9_]+([eE][-+][0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+0123456789.",
    ),
)
_BASES = {"0b": 2, "0o": 8, "0x": 16}


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    replaced = {_TAG + name for name, _, _ in _SCALARS}
    resolvers = {
        first: [(tag, pattern) for tag, pattern in found if tag not in replaced]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    for name, pattern, firsts in _SCALARS:
        for first in firsts:
            resolvers.setdefault(first, []).append((_TAG + name, re.compile(rf"^(?:{pattern})$")))
    return resolvers


RESOLVERS = _resolvers()
"""Tags and the patterns of their texts, by first character, in the form of PyYAML's classes."""


def load(path: Path) -> Any:
    """Read one document of plain values: maps, lists, texts, numbers, truth values, null.

    Raises:
        yaml.YAMLError: if it is not YAML, or a map has a key twice, which PyYAML itself accepts.
        UnicodeDecodeError: if the file is not UTF-8.
        RecursionError: if it is nested too deeply.
        OSError: if it cannot be read.
    """
    return yaml.load(path.read_text(encoding="utf-8"), _Loader)


def read(path: Path, *, what: str) -> Any:
    """Read one document, as ``load``, with one line about what is wrong.

    Args:
        path: of the file.
        what: it holds, for messages.

    Raises:
        InputError: if the file is missing, not UTF-8, or no YAML.
    """
    try:
        return load(path)
    except FileNotFoundError:
        raise InputError(what, where=path, expected="a file", received="nothing of that name") from None
    except yaml.YAMLError as error:
        raise InputError(what, where=path, expected="YAML", received=_problem(error)) from None
    except (ValueError, TypeError, RecursionError) as error:  # not UTF-8, a list as a key, a value that contains itself
        raise InputError(what, where=path, expected="plain YAML", received=error) from None


def _problem(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"something else: {error.problem} in line {error.problem_mark.line + 1}"
    return f"something else: {error}"


class _Loader(yaml.SafeLoader):
    """PyYAML's loader in Python; the one in C is not on every machine, and its messages differ."""

    yaml_implicit_resolvers: ClassVar[Any] = RESOLVERS
    # Without the three characters that end a line only in YAML 1.1: U+0085, U+2028, U+2029.
    NON_PRINTABLE = re.compile("[^\t\n\r -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

    def process_directives(self) -> Any:
        """Refuse ``%YAML 1.1``, with which DVC would read numbers and truth values differently."""
        directives = super().process_directives()
        if self.yaml_version not in (None, (1, 2)):
            raise ParserError(None, None, "found a version other than 1.2", self.peek_token().start_mark)
        return directives

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Refuse a key that a map has twice. Keys that ``<<`` adds later may be equal to the map's own."""
        node = super().compose_mapping_node(anchor)
        found = set()
        for key_node in (key_node for key_node, _ in node.value if isinstance(key_node, yaml.ScalarNode)):
            is_sign = key_node.tag in (f"{_TAG}merge", f"{_TAG}value")  # << and =
            key = key_node.value if is_sign else self.construct_object(key_node, deep=True)
            if key in found:
                raise ConstructorError(None, None, f'found duplicate key "{key}"', key_node.start_mark)
            found.add(key)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Name the line of a number or a date that is not valid."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, AttributeError) as error:  # AttributeError comes from a date
            problem = f"found no valid {node.tag.removeprefix(_TAG)} ({error})"
            raise ConstructorError(None, None, problem, node.start_mark) from None

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """Read a whole number: ``010`` is ten, ``0o10`` eight."""
        text = self.construct_scalar(node).replace("_", "")
        return int(text, _BASES.get(text.lstrip("+-")[:2], 10))


_Loader.add_constructor(f"{_TAG}int", _Loader.construct_yaml_int)
