"""The command ``report``: open the page in a browser."""

import os
import sys
import webbrowser
from pathlib import Path

from imagelab.runtime.errors import InputError


def open_page(page: Path) -> str:
    """Open the page where there is a screen, and return its path.

    Without a screen Python would find a browser for terminals, which would wait for keys.

    Raises:
        InputError: if there is no page yet.
    """
    if not page.is_file():
        raise InputError("page", where=page, expected="that of a finished run (make run)", received="none")
    found = page.resolve()
    if sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(found.as_uri())
    return str(found)
