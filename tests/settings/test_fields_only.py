"""No stage depends on the code of the settings, so that code must decide no number."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

FILES = sorted((REPOSITORY / "src" / "imagelab" / "settings").glob("*.py"))
VALIDATORS = {"field_validator", "model_validator"}
LIBRARIES = {"math", "pathlib", "typing", "pydantic", "pydantic_core", "imagelab.settings", "imagelab.runtime"}


def called_name(node: ast.expr) -> str:
    return ast.unparse(node.func if isinstance(node, ast.Call) else node)


def names_in_after_validators(tree: ast.Module) -> set[str]:
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and called_name(node) == "AfterValidator")
    return {ast.unparse(argument) for call in calls for argument in call.args}


def is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def is_allowed_in_class(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef):
        return node.name == "__str__" or any(called_name(mark) in VALIDATORS for mark in node.decorator_list)
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]) == "model_config"
    return is_text(node) or isinstance(node, ast.AnnAssign)


def more_than_fields(tree: ast.Module, *, file: str) -> Iterator[str]:
    """What is in a module of settings beside fields, types and constants, validators, and ``load``."""
    validators = names_in_after_validators(tree)
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from (f"{node.name}: {ast.unparse(part)}" for part in node.body if not is_allowed_in_class(part))
        elif isinstance(node, ast.FunctionDef):
            if node.name not in validators and (file, node.name) != ("params.py", "load"):
                yield f"function {node.name}"
        elif isinstance(node, ast.ImportFrom):
            if not any(f"{node.module}.".startswith(f"{library}.") for library in LIBRARIES):
                yield ast.unparse(node)
        elif isinstance(node, ast.Import):
            yield from (ast.unparse(node) for name in node.names if name.name not in LIBRARIES)
        elif not is_text(node) and not isinstance(node, ast.Assign):
            yield ast.unparse(node)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_settings_hold_fields_validators_and_their_text_only(path: Path) -> None:
    assert list(more_than_fields(ast.parse(path.read_text()), file=path.name)) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def epochs_of(head): return 1", "function epochs_of"),
        ("class Clock(Section):\n    def epochs_of(self): return 1", "Clock: def epochs_of(self):\n    return 1"),
        ("class Clock(Section):\n    epochs = 3", "Clock: epochs = 3"),
        ("import numpy", "import numpy"),
        ("from imagelab.storage import reading", "from imagelab.storage import reading"),
        ("for name in names: print(name)", "for name in names:\n    print(name)"),
    ],
)
def test_anything_else_in_the_settings_is_found(code: str, found: str) -> None:
    assert list(more_than_fields(ast.parse(code), file="clocks.py")) == [found]


def test_the_settings_are_read_by_one_function() -> None:
    trees = {path.name: ast.parse(path.read_text()) for path in FILES}
    functions = {
        (file, node.name)
        for file, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name not in names_in_after_validators(tree)
    }
    assert functions == {("params.py", "load")}
