import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagelab.clocks.reader.picture_files import read_squares
from imagelab.runtime.errors import InputError
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.usefixtures("repeatable")


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "CMYK", "1", "I;16"])
@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_every_kind_of_picture_becomes_a_grey_square(mode: str, suffix: str, tmp_path: Path) -> None:
    if (mode, suffix) == ("CMYK", "png"):
        pytest.skip("PNG has no CMYK")
    Image.new(mode, (60, 40)).save(tmp_path / f"clock.{suffix}")
    squares = read_squares([tmp_path / f"clock.{suffix}"], size=20)
    assert (squares.shape, squares.dtype) == ((1, 20, 20, 1), np.uint8)


def grey_ramp() -> np.ndarray:
    return np.arange(256, dtype=np.uint8).repeat(4).reshape(32, 32)


@pytest.mark.parametrize("name", ["clock.png", "clock.tiff", "clock.pgm"])
def test_sixteen_bits_are_read_as_eight(name: str, tmp_path: Path) -> None:
    Image.fromarray(grey_ramp().astype(np.uint16) * 257).save(tmp_path / name)
    assert np.array_equal(read_squares([tmp_path / name], size=32)[0, ..., 0], grey_ramp())


def test_pixels_without_a_known_range_are_refused(tmp_path: Path) -> None:
    Image.fromarray(grey_ramp().astype(np.float32) / 255).save(tmp_path / "clock.tiff")
    with pytest.raises(InputError, match="expected pixels of 8 or 16 bits, received float32, 0 to 1"):
        read_squares([tmp_path / "clock.tiff"], size=32)


def test_what_the_system_says_of_a_file_is_passed_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        read_squares([tmp_path / "file" / "clock.png"], size=32)


def test_the_middle_square_is_kept() -> None:
    pixels = np.zeros((20, 60), np.uint8)
    pixels[:, 20:40] = 200
    path = Path("clock.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Image, "open", lambda _: Image.fromarray(pixels))
        assert (read_squares([path], size=20) == 200).all()


def test_transparent_parts_are_white(tmp_path: Path) -> None:
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(tmp_path / "clock.png")
    assert (read_squares([tmp_path / "clock.png"], size=20) == 255).all()


def test_a_picture_of_absurd_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("L", (100, 100)).save(tmp_path / "clock.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(InputError, match="expected at most 1,000 pixels, received more"):
        read_squares([tmp_path / "clock.png"], size=20)


def test_the_command_reads_a_clock_with_the_trained_reader(tmp_path: Path) -> None:
    from imagelab.clocks.rendering import renderer, views
    from imagelab.settings import params

    settings = params.load(REPOSITORY / "params" / "paper.yaml").render
    rng = np.random.default_rng(5)
    picture = renderer.render_clock(10, 9, views.draw_view(settings, rng), settings, rng)
    Image.fromarray(picture).save(tmp_path / "clock.png")
    model = REPOSITORY / "results" / "clock_reader" / "model.keras"
    command = [sys.executable, "-m", "imagelab", "read-clock", "clock.png", "--model", str(model), "--json"]
    # Trained in bfloat16; a processor without its instructions must read with it too.
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "src"), "ONEDNN_MAX_CPU_ISA": "AVX2"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert (found["picture"], found["time"], found["hour"], found["minute"]) == ("clock.png", "10:09", 10, 9)
    assert found["confidence"] > 0.9
