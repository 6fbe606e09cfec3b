from pathlib import Path

import pytest

from imagelab.training import digests

SOURCE = '''"""A module."""

RATE = 1
"""A constant."""


def train():
    """A function."""
    return RATE
'''


def digest(source: str, folder: Path) -> str:
    (folder / "code.py").write_text(source)
    return digests.of_code(folder, ["code.py"])


@pytest.mark.parametrize("text", ["A module.", "A constant.", "A function."])
def test_another_docstring_is_the_same_code(text: str, tmp_path: Path) -> None:
    assert digest(SOURCE.replace(text, "Other words."), tmp_path) == digest(SOURCE, tmp_path)


def test_comments_and_blank_lines_are_no_code(tmp_path: Path) -> None:
    assert digest(SOURCE.replace("RATE = 1\n", "\nRATE = 1  # a comment\n"), tmp_path) == digest(SOURCE, tmp_path)


@pytest.mark.parametrize(("old", "new"), [("RATE = 1", "RATE = 2"), ("return RATE", 'return "A function."')])
def test_another_statement_is_other_code(old: str, new: str, tmp_path: Path) -> None:
    assert digest(SOURCE.replace(old, new), tmp_path) != digest(SOURCE, tmp_path)
