"""Print in any encoding: a terminal's may lack some of the characters in the project's texts."""

import codecs
import io
import os
import sys
import unicodedata
from pathlib import Path

_LOOK_ALIKES = {"–": "-", "—": "-", "×": "x", "’": "'"}


def replace_unencodable() -> None:
    r"""Replace characters that the standard streams of this process cannot encode, instead of failing.

    Letters lose their accents, punctuation becomes ASCII, and any other character is escaped as in Python: ``\u2603``.
    """
    codecs.register_error("look-alikes", _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="look-alikes")


def printable(path: Path | str) -> str:
    """Return the name of a file, which may hold any byte, as text that every terminal and file can hold."""
    return os.fsencode(path).decode(errors="backslashreplace")


def name_for_json(path: Path) -> str:
    """Return the name of a file for JSON, whatever the locale; bytes that are no text become surrogates."""
    return os.fsencode(path).decode(errors="surrogateescape")


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_look_alike, error.object[error.start : error.end])), error.end


def _look_alike(sign: str) -> str:
    parts = unicodedata.normalize("NFKD", _LOOK_ALIKES.get(sign, sign))
    bare = "".join(part for part in parts if not unicodedata.combining(part))
    return bare if bare and bare.isascii() else ascii(sign)[1:-1]
