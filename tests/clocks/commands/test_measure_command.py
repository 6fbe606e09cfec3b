"""``imagelab measure-reader``, with a reader that needs no network."""

import hashlib
import json
import math
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from imagelab import __main__
from imagelab.clocks.commands.measure_command import readings_table
from imagelab.clocks.reader import reading
from tests.clocks.commands.test_read_command import write_record
from tests.clocks.fake_reader import FakeReader, picture_of


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a reader in place of a trained one, and pictures."""
    monkeypatch.setattr(reading, "load_reader", lambda _: FakeReader())
    monkeypatch.chdir(tmp_path)
    write_record(Path("model.keras"))
    Path("pictures").mkdir()
    return tmp_path


def run(*arguments: object) -> int:
    with pytest.MonkeyPatch.context() as patch:
        options = ["--model", "model.keras", "--out", "out"]
        patch.setattr(sys, "argv", ["imagelab", "measure-reader", *map(str, arguments), *options])
        try:
            __main__.main()
        except SystemExit as end:
            assert isinstance(end.code, int)
            return end.code
    return 0


def write(name: str, hour: int, minute: int, percent: int) -> None:
    picture_of(hour, minute, percent).save(Path("pictures") / name)


def measured() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = json.loads(Path("out/metrics.json").read_text())
    return found


def test_labelled_pictures_and_those_without_a_clock_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(14):
        write(f"{number:02d}_1-{number:02d}.png", 1, number, 90)
    write("14_2-00.png", 8, 0, 60)
    write("15_3-00.png", 3, 1, 40)
    for number in range(4):
        write(f"wall_{number}.png", 0, 0, 20 + 20 * number)
    assert run("pictures") == 0
    found = measured()
    assert found["data"] == "pictures" and found["threshold"] == 0.5
    assert found["weights_sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert found["clocks"]["pictures"] == 16
    assert found["clocks"]["common_sense_error_minutes"] == pytest.approx(361 / 16)
    assert found["clocks"]["share_within_1_minute"] == pytest.approx(15 / 16)
    assert found["clocks"]["share_right_of_sure"] == pytest.approx(14 / 15)
    assert found["without_clock"]["pictures"] == 4
    assert found["without_clock"]["share_sure"] == 0.5
    table = pd.read_csv("out/readings.csv")
    assert len(table) == 20
    assert table.set_index("picture").loc["14_2-00.png", ["true_time", "read_time", "error_minutes"]].tolist() == [
        "2:00",
        "8:00",
        360,
    ]
    assert table["true_time"].isna().sum() == 4
    reliability = pd.read_csv("out/reliability.csv")
    assert reliability["readings"].sum() == 16 and set(reliability["data"]) == {"pictures"}
    for name in ("worst", "reliability", "surest_without_clock"):
        with Image.open(f"out/{name}.png") as figure:
            assert figure.size[0] > 300
    said = capsys.readouterr()
    assert said.err == ""
    assert "pictures with a clock: 16" in said.out and "within a minute     93.8% (" in said.out
    assert "pictures without a clock: 4" in said.out


def test_a_set_without_clocks_and_one_of_clocks_only_are_measured_too() -> None:
    write("wall.png", 0, 0, 10)
    assert run("pictures", "--threshold", 0.1) == 0
    assert "clocks" not in measured() and measured()["without_clock"]["share_sure"] == 1
    Path("pictures/wall.png").rename("pictures/1-00.png")
    assert run("pictures") == 0
    assert "without_clock" not in measured() and measured()["clocks"]["pictures"] == 1
    files = {path.name for path in Path("out").iterdir()}
    assert files == {"metrics.json", "readings.csv", "worst.png", "reliability.csv", "reliability.png"}  # of this set
    Path("pictures/1-00.png").rename("pictures/wall.png")
    assert run("pictures") == 0
    assert {path.name for path in Path("out").iterdir()} == {"metrics.json", "readings.csv", "surest_without_clock.png"}


def test_figures_are_not_written_among_the_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    write("1-00.png", 1, 0, 90)
    assert run(".") == 1
    expected = "error: measure-reader: --out: expected another place than ., which is read, received out\n"
    assert capsys.readouterr().err == expected


def test_names_may_hold_what_would_be_formulas_and_folders_any_byte() -> None:
    write("$1-0_$x^_$y_1-00.png", 1, 0, 90)
    folder = Path(os.fsdecode(b"pictures_\xff_$^"))
    Path("pictures").rename(folder)
    assert run(os.fsdecode(folder)) == 0
    assert measured()["data"] == r"pictures_\xff_$^"


def test_the_worst_are_shown_with_their_titles(monkeypatch: pytest.MonkeyPatch) -> None:
    from imagelab.clocks.commands import showing

    titles = []
    show = showing.show_drawings

    def record(drawings: list[showing.Drawing], **options: int) -> object:
        titles.append([drawing.title for drawing in drawings])
        return show(drawings, **options)

    monkeypatch.setattr(showing, "show_drawings", record)
    for number in range(13):
        write(f"{number}_1-00.png", 1, number, 90)
    write("13_1-00.png", 1, 12, 95)
    assert run("pictures") == 0
    (worst,) = titles
    assert worst[:3] == [
        "13_1-00.png\n1:00, read 1:12 (0.95)",  # of two with the same error the surer one first
        "12_1-00.png\n1:00, read 1:12 (0.90)",
        "11_1-00.png\n1:00, read 1:11 (0.90)",
    ]
    assert len(worst) == 12


def test_a_picture_that_cannot_be_read_ends_the_measurement(capsys: pytest.CaptureFixture[str]) -> None:
    write("1-00.png", 1, 0, 90)
    Path("pictures/2-00.png").write_text("no picture")
    assert run("pictures") == 1
    assert capsys.readouterr().err == (
        "error: pictures/2-00.png: picture: expected an image file, received something else\n"
    )
    assert not Path("out").exists()


def test_what_is_no_set_of_pictures_is_refused_before_a_model_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    Path("model.keras").unlink()
    assert run("missing") == 1
    assert run("pictures", "--threshold", 2) == 1
    assert [line.split(": expected")[0] for line in capsys.readouterr().err.splitlines()] == [
        "error: missing: pictures",
        "error: measure-reader: --threshold",
    ]


def test_a_table_lists_every_reading() -> None:
    table = readings_table(["a", "b"], [0, None], np.array([719.0, 65]), np.array([0.99, 0.8]), threshold=0.9)
    assert table.columns.tolist() == ["picture", "true_time", "read_time", "probability", "error_minutes", "sure"]
    first, second = table.itertuples(index=False)
    assert tuple(first) == ("a", "12:00", "11:59", 0.99, 1.0, True)
    assert tuple(second)[0:4:2] == ("b", "1:05") and math.isnan(second.error_minutes) and not second.sure
