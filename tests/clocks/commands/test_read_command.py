"""``imagelab read-clock``, mostly with a reader that needs no network."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagelab import __main__
from imagelab.clocks.commands import read_command, reading_files
from imagelab.clocks.reader import reading
from imagelab.storage.model_files import TrainedOn
from tests.clocks.fake_reader import FakeReader, picture_of
from tests.conftest import REPOSITORY

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeReader:
    """A reader in place of a trained one, in an empty folder that is the current one."""
    fake = FakeReader()
    monkeypatch.setattr(reading, "load_reader", lambda _: fake)
    monkeypatch.chdir(tmp_path)
    write_record(tmp_path / "model.keras")
    return fake


def write_record(path: Path, *, stand_in: bool = False) -> None:
    """Write a model's file without the model."""
    record = TrainedOn(
        task="clock reader",
        data="small clocks",
        stand_in=stand_in,
        pictures=9,
        seed=1,
        precision="float32",
        settings={},
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("trained_on.json", record.model_dump_json())
        archive.writestr("model.weights.h5", b"weights")


def run(*arguments: object) -> int:
    """Run the command; return its exit status."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["imagelab", "read-clock", *map(str, arguments), "--model", "model.keras"])
        try:
            __main__.main()
        except SystemExit as end:
            assert isinstance(end.code, int)
            return end.code
    return 0


def test_sure_readings_are_times_and_the_status_is_0(reader: FakeReader, capsys: Capture) -> None:
    picture_of(10, 8, 98).save("a.png")
    picture_of(0, 5, 50).save("b.png")
    assert run("a.png", "b.png") == 0
    assert capsys.readouterr() == ("a.png: 10:08 (probability 0.98)\nb.png: 12:05 (probability 0.50)\n", "")


def test_a_reading_that_is_not_sure_says_so_and_the_status_is_3(reader: FakeReader, capsys: Capture) -> None:
    picture_of(10, 8, 98).save("a.png")
    picture_of(3, 9, 31).save("b.png")
    assert run("a.png", "b.png") == run("b.png", "a.png") == 3
    assert capsys.readouterr().out.splitlines()[:2] == [
        "a.png: 10:08 (probability 0.98)",
        "b.png: not sure: perhaps 3:09 (probability 0.31)",
    ]


def test_the_threshold_can_be_set(reader: FakeReader, capsys: Capture) -> None:
    picture_of(10, 8, 60).save("a.png")
    assert (run("a.png", "--threshold", 0.61), run("a.png", "--threshold", 0.6)) == (3, 0)
    assert "not sure" in capsys.readouterr().out.splitlines()[0]


def test_a_reader_that_was_trained_on_stand_ins_says_so(reader: FakeReader, capsys: Capture) -> None:
    picture_of(10, 8, 98).save("a.png")
    write_record(Path("model.keras"), stand_in=True)
    assert run("a.png") == 0
    said = capsys.readouterr()
    assert said.err == "note: this model was trained on a stand-in: small clocks\n"
    assert said.out == "a.png: 10:08 (probability 0.98)\n"


def test_json_always_holds_the_best_guess_and_what_was_found(reader: FakeReader, capsys: Capture) -> None:
    picture_of(10, 8, 98).save("a.png")
    picture_of(3, 9, 31).save("b.png")
    assert run("a.png", "b.png", "--json") == 3
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == {
        "picture": "a.png",
        "time": "10:08",
        "hour": 10,
        "minute": 8,
        "confidence": 0.98,
        "sure": True,
        "second_time": "1:01",
        "second_confidence": 0.01,
        "face": {"x": 30, "y": 20, "semi_axes": [24, 16], "degrees": 0},
        "box": [6, 4, 48, 32],
    }
    assert (second["time"], second["confidence"], second["sure"]) == ("3:09", 0.31, False)


def test_a_picture_that_cannot_be_read_is_one_line_and_the_others_are_read(reader: FakeReader, capsys: Capture) -> None:
    picture_of(10, 8, 98).save("a.png")
    Path("b.png").write_text("no picture")
    picture_of(3, 9, 31).save("c.png")
    assert run("a.png", "b.png", "missing.png", "c.png") == 1
    said = capsys.readouterr()
    assert [line.split(":")[0] for line in said.out.splitlines()] == ["a.png", "c.png"]
    assert said.err.splitlines() == [
        "error: b.png: picture: expected an image file, received something else",
        "error: missing.png: picture: expected an image file, received nothing of that name",
    ]


def test_many_pictures_are_read_some_at_a_time_in_their_order(
    reader: FakeReader, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_files, "_BATCH", 4)
    names = [f"{number}.png" for number in range(11)]
    for number, name in enumerate(names):
        picture_of(number, number, 90).save(name)
    Path("5.png").unlink()
    assert run(*names) == 1
    assert [len(shapes) for shapes in reader.shapes] == [4, 3, 3]
    said = [line.split(" ")[1] for line in capsys.readouterr().out.splitlines()]
    assert said == [f"{number or 12}:{number:02d}" for number in range(11) if number != 5]


def test_if_no_picture_can_be_read_the_reader_is_not_asked(reader: FakeReader, capsys: Capture) -> None:
    assert run("a.png", "b.png", "--show", "out.png") == 1
    assert reader.shapes == []
    assert not Path("out.png").exists()
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_of_a_large_picture_the_ellipse_is_in_pixels_of_the_file(reader: FakeReader, capsys: Capture) -> None:
    picture_of(1, 2, 99, size=(4000, 2000)).save("a.png")
    assert run("a.png", "--json") == 0
    assert reader.shapes == [[(800, 1600, 3)]]
    assert json.loads(capsys.readouterr().out)["box"] == pytest.approx([400, 200, 3200, 1600])


def test_a_box_says_where_the_clock_is_in_a_picture_that_keeps_its_size(reader: FakeReader, capsys: Capture) -> None:
    picture_of(1, 2, 99, size=(4000, 2000)).save("a.png")
    assert run("a.png", "--json", "--box", "3000,100.5,500,400") == 0
    assert reader.shapes == [[(2000, 4000, 3)]]
    assert json.loads(capsys.readouterr().out)["box"] == pytest.approx([3050, 140.5, 400, 320])


@pytest.mark.parametrize(
    ("box", "message"),
    [
        (
            "1,2,30",
            "read-clock: --box: expected x,y,width,height in pixels, at least 16 wide and high, received 1,2,30",
        ),
        (
            "1,2,30,15",
            "read-clock: --box: expected x,y,width,height in pixels, at least 16 wide and high, received 1,2,",
        ),
        (
            "a,2,30,30",
            "read-clock: --box: expected x,y,width,height in pixels, at least 16 wide and high, received a,2",
        ),
        (
            "nan,2,30,30",
            "read-clock: --box: expected x,y,width,height in pixels, at least 16 wide and high, received n",
        ),
        ("1,2,inf,30", "read-clock: --box: expected x,y,width,height in pixels, at least 16 wide and high, received 1"),
        (
            "31,2,30,30",
            "a.png: --box: expected x,y,width,height inside the picture of 60x40 pixels, received 31,2,30,30",
        ),
        ("0,11,30,30", "a.png: --box: expected x,y,width,height inside the picture of 60x40 pixels, received 0,11,30"),
        ("0,-1,30,30", "a.png: --box: expected x,y,width,height inside the picture of 60x40 pixels, received 0,-1,30"),
        ("30,10,30,30", ""),
    ],
)
def test_a_box_is_four_numbers_inside_the_picture(box: str, message: str, reader: FakeReader, capsys: Capture) -> None:
    picture_of(1, 2, 99).save("a.png")
    assert run("a.png", "--box", box) == (1 if message else 0)
    said = capsys.readouterr().err
    assert said.startswith(f"error: {message}") if message else said == ""
    assert len(said.splitlines()) == bool(message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.png", "b.png", "--box", "0,0,30,30"], "--box: expected one picture, received 2 pictures"),
        (["a.png", "--threshold", "1.5"], "--threshold: expected a number from 0 to 1, received 1.5"),
        (["a.png", "--show", "out.jpg"], "--show: expected a name that ends with .png, received out.jpg"),
        (
            ["a.png", "b.png", "--show", "./b.png"],
            "--show: expected another place than b.png, which is read, received b.png",
        ),
        (["a.png"] * 101 + ["--show", "out.png"], "--show: expected at most 100 pictures, received 101 pictures"),
    ],
)
def test_options_without_sense_are_refused_before_a_model_is_loaded(
    arguments: list[str], message: str, reader: FakeReader, capsys: Capture
) -> None:
    Path("model.keras").unlink()
    assert run(*arguments) == 1
    assert capsys.readouterr() == ("", f"error: read-clock: {message}\n")


@pytest.mark.parametrize("count", [1, 3])
def test_what_was_found_is_drawn(count: int, reader: FakeReader, capsys: Capture) -> None:
    names = [f"{number}.png" for number in range(count)]
    for name in names:
        picture_of(3, 0, 99, size=(300, 300)).save(name)
    assert run(*names, "--show", "drawn/out.png") == 0
    pixels = np.asarray(Image.open("drawn/out.png").convert("RGB")).astype(int)
    yellow = (abs(pixels - [255, 255, 0]) < 30).all(axis=2).sum()
    red = (abs(pixels - [214, 39, 40]) < 30).all(axis=2).sum()
    assert yellow > 500 * count and red > 50 * count


def test_a_bar_appears_only_if_reading_takes_long(
    reader: FakeReader, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TQDM_MININTERVAL", "0")
    for number in range(3):
        picture_of(number, 0, 99).save(f"{number}.png")
    assert run("0.png", "1.png", "2.png") == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(reading_files, "_SECONDS", 0)
    assert run("0.png", "1.png", "missing.png") == 1
    assert "reading clocks: 100%" in capsys.readouterr().err


def test_the_box_of_an_answer_can_be_asked_with(reader: FakeReader, capsys: Capture) -> None:
    picture_of(1, 2, 99).save("a.png")
    run("a.png", "--json")
    box = json.loads(capsys.readouterr().out)["box"]
    assert read_command.parse_box(",".join(map(str, box))) == tuple(box)


def test_the_command_reads_a_clock_with_the_committed_reader(tmp_path: Path) -> None:
    from imagelab.clocks.rendering import renderer, views
    from imagelab.settings import params

    settings = params.load(REPOSITORY / "params" / "paper.yaml").render
    rng = np.random.default_rng(5)
    picture = renderer.render_clock(10, 9, views.draw_view(settings, rng), settings, rng)
    Image.fromarray(picture).save(tmp_path / "clock.png")
    (tmp_path / "results").symlink_to(REPOSITORY / "results")
    command = [sys.executable, "-m", "imagelab", "read-clock", "clock.png", "--json"]
    # Trained in bfloat16; a processor without its instructions must read with it too.
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "src"), "ONEDNN_MAX_CPU_ISA": "AVX2"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert (found["picture"], found["time"], found["hour"], found["minute"]) == ("clock.png", "10:09", 10, 9)
    assert found["confidence"] > 0.9 and found["sure"]
