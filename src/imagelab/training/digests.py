"""Digests of arrays, code and settings that a result depends on."""

import ast
import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def of_arrays(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return a digest of names, types, shapes and contents; the order of the arrays does not matter."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def of_code(folder: Path, names: Iterable[str]) -> str:
    """Return a digest of Python files in a folder, in the given order, without comments, docstrings and layout."""
    digest = hashlib.sha256()
    for name in names:
        source = (folder / name).read_text(encoding="utf-8")
        digest.update(f"{name}\n{_bare_code(source)}".encode())
    return digest.hexdigest()


def of_settings(settings: Mapping[str, Any]) -> str:
    """Return a digest of plain values; their order does not matter."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


@cache  # parsing all modules takes a quarter of a second, and each training of a process asks for them
def _bare_code(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [statement for statement in node.body if not _is_text(statement)]
    return ast.dump(tree)


def _is_text(statement: ast.stmt) -> bool:
    """Tell whether a statement is a docstring: of a module, class or function, or below a constant."""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Constant):
        return False
    return isinstance(statement.value.value, str)
