import io
import sys
import time

import pytest

from imagelab.runtime import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(patch: pytest.MonkeyPatch) -> Terminal:
    patch.setattr(sys, "stderr", stream := Terminal())  # not in a fixture: pytest replaces the stream after these
    return stream


def test_a_delayed_bar_of_short_work_never_appears(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)
    with progress.bar(total=3, label="reading", delay=60) as bar:
        bar.update(3)
        bar.make_room()
    assert screen.getvalue().strip("\r") == ""


def test_a_delayed_bar_of_long_work_appears(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)
    with progress.bar(total=30, label="reading", delay=0.5) as bar:
        bar.update(10)
        assert screen.getvalue() == ""
        time.sleep(0.7)
        bar.update(10)
        assert "reading:  67%" in screen.getvalue()


def test_the_line_of_a_bar_is_cleared_for_other_output(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)
    with progress.bar(total=30, label="reading") as bar:
        bar.make_room()
        shown = screen.getvalue()
        assert "reading" in shown and shown.endswith("\r")
        assert shown.rstrip("\r").rsplit("\r", 1)[-1].strip() == ""


def test_in_a_log_nothing_is_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stream := io.StringIO())
    with progress.bar(total=30, label="reading", delay=60) as bar:
        bar.make_room()
    assert stream.getvalue() == ""
