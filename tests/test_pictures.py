import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagelab import pictures
from imagelab.errors import InputError
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.usefixtures("repeatable")


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "CMYK", "1", "I;16"])
@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_every_kind_of_picture_becomes_a_grey_square(mode: str, suffix: str, tmp_path: Path) -> None:
    if (mode, suffix) == ("CMYK", "png"):
        pytest.skip("PNG has no CMYK")
    Image.new(mode, (60, 40)).save(tmp_path / f"clock.{suffix}")
    squares = pictures.read_squares([tmp_path / f"clock.{suffix}"], size=20)
    assert (squares.shape, squares.dtype) == ((1, 20, 20, 1), np.uint8)


def test_the_middle_square_is_kept() -> None:
    pixels = np.zeros((20, 60), np.uint8)
    pixels[:, 20:40] = 200
    path = Path("clock.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Image, "open", lambda _: Image.fromarray(pixels))
        assert (pictures.read_squares([path], size=20) == 200).all()


def test_transparent_parts_are_white(tmp_path: Path) -> None:
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(tmp_path / "clock.png")
    assert (pictures.read_squares([tmp_path / "clock.png"], size=20) == 255).all()


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "empty.png").write_bytes(b"")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 50), dtype=np.uint8)).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:1000])
    Image.new("L", (15, 40)).save(tmp_path / "narrow.png")
    for name, message in (
        ("text.png", "expected an image file, received something else"),
        ("empty.png", "expected an image file, received something else"),
        ("cut.png", "expected a whole image file"),
        ("narrow.png", "expected 16 pixels or more on each side, received 15x40"),
        ("missing.png", "expected an image file, received nothing of that name"),
        (".", "expected an image file, received a folder"),
    ):
        with pytest.raises(InputError, match=message):
            pictures.read_squares([tmp_path / name], size=20)


def test_a_picture_of_absurd_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("L", (100, 100)).save(tmp_path / "clock.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(InputError, match="expected at most 1,000 pixels, received more"):
        pictures.read_squares([tmp_path / "clock.png"], size=20)


def test_the_command_reads_a_clock_with_the_trained_reader(tmp_path: Path) -> None:
    from imagelab import params
    from imagelab.sources import clock_renderer

    settings = params.load(REPOSITORY / "params" / "paper.yaml").render
    rng = np.random.default_rng(5)
    picture = clock_renderer.render_clock(10, 9, clock_renderer.draw_view(settings, rng), settings, rng)
    Image.fromarray(picture).save(tmp_path / "clock.png")
    model = REPOSITORY / "results" / "clock_reader" / "model.keras"
    command = [sys.executable, "-m", "imagelab", "read-clock", "clock.png", "--model", str(model), "--json"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "src")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert (found["picture"], found["time"], found["hour"], found["minute"]) == ("clock.png", "10:09", 10, 9)
    assert found["confidence"] > 0.9


def test_without_a_reader_the_command_says_what_to_do(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "imagelab", "read-clock", "clock.png"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "src")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(
        "error: data/models/clock/reader/model.keras: model: expected a trained reader (make run"
    )
    assert len(done.stderr.splitlines()) == 1
