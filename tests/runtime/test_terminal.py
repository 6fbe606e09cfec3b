"""Commands and stages on terminals that cannot show every sign."""

import codecs
import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagelab.clocks.commands.read_command import NOT_SURE
from imagelab.runtime import terminal
from tests.conftest import REPOSITORY, read_yaml, write_yaml
from tests.pipeline.bad_input import READER
from tests.training.test_variables import ASCII, run


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Fréchet distance: 2–3 × 4", "Frechet distance: 2-3 x 4"),
        ("Kynkäänniemi’s η² …", r"Kynkaanniemi's \u03b72 ..."),
        ("½ ☃", r"\xbd \u2603"),
        ("\udcff.png", r"\udcff.png"),
    ],
)
def test_signs_that_the_terminal_lacks_are_replaced(text: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdout", "stderr"):
        stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        monkeypatch.setattr(sys, name, stream)
    terminal.replace_unencodable()
    for stream in (sys.stdout, sys.stderr):
        stream.write(text)
        stream.flush()
        assert stream.buffer.getvalue().decode() == shown
    assert "é".encode("latin-1", "look-alikes") == b"\xe9"  # what it has stays


def test_other_errors_of_an_encoding_stay_errors() -> None:
    terminal.replace_unencodable()
    with pytest.raises(UnicodeDecodeError):
        codecs.decode(b"\xff", "ascii", "look-alikes")


def test_the_summary_comes_in_ascii_too(tmp_path: Path) -> None:
    plain = run(REPOSITORY, "imagelab", "summary", home=tmp_path, **ASCII)
    usual = run(REPOSITORY, "imagelab", "summary", home=tmp_path, PYTHONUTF8="1")
    assert (plain.returncode, usual.returncode) == (0, 0), plain.stderr
    assert plain.stdout.isascii()
    assert plain.stdout == usual.stdout.replace("é", "e")
    assert "Frechet distance" in plain.stdout


def test_an_error_line_comes_in_ascii_too(tmp_path: Path) -> None:
    settings = (REPOSITORY / "params.yaml").read_bytes() + "schärfe: 1\n".encode()
    (tmp_path / "params.yaml").write_bytes(settings)
    done = run(tmp_path, "stages.check_params", home=tmp_path, **ASCII)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: params.yaml: unknown key scharfe: expected no such key, received 1\n"


def test_any_name_of_a_file_can_be_printed() -> None:
    assert terminal.printable(Path(os.fsdecode(b"a\xff.png"))) == r"a\xff.png"
    assert terminal.printable("Zürich.png") == "Zürich.png"


def test_a_source_of_any_name_is_found_in_any_locale(tmp_path: Path) -> None:
    settings = read_yaml(REPOSITORY / "params.yaml")
    settings["fetch"]["clocks"] = "Zürich ☃"
    write_yaml(settings, tmp_path / "params.yaml")
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + "/Zürich ☃".encode()))
    folder.mkdir()
    np.save(folder / "images.npy", np.zeros((2, 36, 36), np.uint8))
    np.save(folder / "labels.npy", np.zeros((2, 2), np.int64))
    done = run(tmp_path, "stages.fetch_clocks", home=tmp_path, **ASCII)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data" / "raw" / "clocks" / "images.npy").exists()


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_clock_of_any_name_is_read_in_any_locale(form: str, tmp_path: Path) -> None:
    names = ["Zürich.png".encode(), "☃.png".encode(), b"\xff.png"]
    for name in names:
        Image.fromarray(np.zeros((20, 20), np.uint8)).save(path := tmp_path / "picture.png")
        path.rename(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    arguments = [*map(os.fsdecode, names), "--model", str(READER)]
    done = run(tmp_path, "imagelab", "read-clock", *arguments, *["--json"] * (form == "json"), home=tmp_path, **ASCII)
    assert done.returncode == NOT_SURE, done.stderr  # the pictures are black
    lines = done.stdout.splitlines()
    if form == "json":
        assert [json.loads(line)["picture"] for line in lines] == ["Zürich.png", "☃.png", "\udcff.png"]
    else:
        assert [line.split(": ")[0] for line in lines] == ["Zurich.png", r"\u2603.png", r"\xff.png"]
