"""The command that opens the page."""

import sys
import webbrowser
from pathlib import Path

import pytest

from imagelab.report.open_command import open_page
from imagelab.runtime.errors import InputError


@pytest.mark.parametrize(("screen", "opened"), [(":0", 1), (None, 0)])
def test_the_page_is_opened_where_there_is_a_screen(
    screen: str | None, opened: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses: list[str] = []
    monkeypatch.setattr(webbrowser, "open", addresses.append)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    if screen is None:
        monkeypatch.delenv("DISPLAY", raising=False)
    else:
        monkeypatch.setenv("DISPLAY", screen)
    page = tmp_path / "index.html"
    page.touch()
    assert open_page(page) == str(page)
    assert addresses == [page.as_uri()] * opened


def test_without_a_run_there_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"finished run \(make run\)"):
        open_page(tmp_path / "index.html")
