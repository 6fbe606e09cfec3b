"""Print in any encoding: a terminal's may lack some of the characters in the project's texts."""

import codecs
import io
import sys
import unicodedata

_LOOK_ALIKES = {"–": "-", "—": "-", "×": "x", "’": "'"}


def replace_unencodable() -> None:
    r"""Replace characters that the standard streams of this process cannot encode, instead of failing.

    Letters lose their accents, punctuation becomes ASCII, and any other character is escaped as in Python: ``\u2603``.
    """
    codecs.register_error("look-alikes", _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="look-alikes")


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_look_alike, error.object[error.start : error.end])), error.end


def _look_alike(sign: str) -> str:
    parts = unicodedata.normalize("NFKD", _LOOK_ALIKES.get(sign, sign))
    bare = "".join(part for part in parts if not unicodedata.combining(part))
    return bare if bare and bare.isascii() else ascii(sign)[1:-1]
