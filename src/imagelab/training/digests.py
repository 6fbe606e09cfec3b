"""Digests of what a result depends on: arrays, code, settings."""

import ast
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def of_arrays(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Digest of names, types, shapes and contents, whatever their order."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def of_code(folder: Path, names: Iterable[str]) -> str:
    """Digest of Python files in a folder, in the order given; comments, docstrings and layout do not count."""
    digest = hashlib.sha256()
    for name in names:
        source = (folder / name).read_text(encoding="utf-8")
        digest.update(f"{name}\n{_bare_code(source)}".encode())
    return digest.hexdigest()


def of_settings(settings: Mapping[str, Any]) -> str:
    """Digest of plain values, whatever their order."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _bare_code(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)
