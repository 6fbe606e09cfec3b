import io
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imagelab.datasets import photographs
from imagelab.datasets.photographs import Photograph, file_at, is_grey, read_photographs, resize
from imagelab.runtime.errors import InputError

SMALLEST, LONGEST = 16, 1600
LEFT, RIGHT = (200, 30, 30), (20, 20, 220)


def read(path: Path, *, longest: int | None = LONGEST) -> Photograph:
    (found,) = read_photographs([file_at(path)], smallest=SMALLEST, longest=longest)
    assert isinstance(found, Photograph), found
    return found


def refused(path: Path) -> str:
    (found,) = read_photographs([file_at(path)], smallest=SMALLEST, longest=LONGEST)
    assert isinstance(found, InputError)
    return str(found)


def two_halves(width: int, height: int) -> Image.Image:
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:, : width // 2], pixels[:, width // 2 :] = LEFT, RIGHT
    return Image.fromarray(pixels)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "PA", "CMYK", "1", "I;16"])
@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_every_kind_of_picture_becomes_rgb(mode: str, suffix: str, tmp_path: Path) -> None:
    if (mode, suffix) in {("CMYK", "png"), ("PA", "png")}:
        pytest.skip("PNG does not have it")
    Image.new(mode, (60, 40)).save(tmp_path / f"photo.{suffix}")
    photograph = read(tmp_path / f"photo.{suffix}")
    assert (photograph.pixels.shape, photograph.pixels.dtype, photograph.scale) == ((40, 60, 3), np.uint8, 1)


@pytest.mark.parametrize("name", ["photo.png", "photo.bmp", "photo.webp", "photo.gif", "photo.avif"])
def test_colours_and_the_whole_width_are_kept(name: str, tmp_path: Path) -> None:
    options = {"lossless": True} if name.endswith("webp") else {}
    two_halves(60, 20).save(tmp_path / name, **options)
    pixels = read(tmp_path / name).pixels.astype(int)
    near = 40 if name.endswith("avif") else 0
    assert (abs(pixels[:, 0] - LEFT) <= near).all() and (abs(pixels[:, -1] - RIGHT) <= near).all()


def test_cmyk_is_read_as_its_colours(tmp_path: Path) -> None:
    two_halves(60, 20).convert("CMYK").save(tmp_path / "photo.tiff")
    assert read(tmp_path / "photo.tiff").pixels[0, 0].tolist() == list(LEFT)


def test_a_palette_is_read_as_its_colours(tmp_path: Path) -> None:
    two_halves(60, 20).quantize(4).save(tmp_path / "photo.png")
    assert abs(read(tmp_path / "photo.png").pixels[0, 0].astype(int) - LEFT).max() <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(60, 20), (3200, 1600)])
def test_a_picture_is_rotated_as_its_camera_recorded(orientation: int, size: tuple[int, int], tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    two_halves(*size).save(tmp_path / "photo.jpg", exif=exif, quality=95)
    pixels = read(tmp_path / "photo.jpg").pixels
    assert (pixels.shape[1] > pixels.shape[0]) == (orientation < 5)
    for end in {1: ["left"], 2: ["right"], 3: ["right"], 4: ["left"]}.get(orientation, []):
        column = pixels[:, 0 if end == "left" else -1].astype(int)
        assert (abs(column - LEFT) < 10).all()
    for end in {5: ["top"], 6: ["top"], 7: ["bottom"], 8: ["bottom"]}.get(orientation, []):
        row = pixels[0 if end == "top" else -1].astype(int)
        assert (abs(row - LEFT) < 10).all()


def test_of_an_animation_the_first_picture_is_read(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("white", "black")]
    frames[0].save(tmp_path / "photo.gif", save_all=True, append_images=frames[1:])
    assert (read(tmp_path / "photo.gif").pixels == 255).all()


def grey_ramp() -> np.ndarray:
    return np.arange(256, dtype=np.uint8).repeat(4).reshape(32, 32)


@pytest.mark.parametrize("name", ["photo.png", "photo.tiff", "photo.pgm"])
def test_sixteen_bits_are_read_as_eight(name: str, tmp_path: Path) -> None:
    Image.fromarray(grey_ramp().astype(np.uint16) * 257).save(tmp_path / name)
    assert np.array_equal(read(tmp_path / name).pixels, np.stack([grey_ramp()] * 3, axis=-1))


def test_transparent_parts_are_white(tmp_path: Path) -> None:
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(tmp_path / "photo.png")
    assert (read(tmp_path / "photo.png").pixels == 255).all()
    Image.new("RGBA", (20, 2000), (0, 0, 0, 0)).save(tmp_path / "photo.png")
    assert (read(tmp_path / "photo.png").pixels == 255).all()


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_large_picture_is_reduced_and_says_by_how_much(suffix: str, tmp_path: Path) -> None:
    two_halves(4000, 3000).save(tmp_path / f"photo.{suffix}")
    photograph = read(tmp_path / f"photo.{suffix}")
    assert photograph.pixels.shape == (LONGEST * 3 // 4, LONGEST, 3)
    assert photograph.scale == 4000 / LONGEST
    half = LONGEST // 2
    assert (abs(photograph.pixels[:, : half - 8].astype(int) - LEFT) < 10).all()
    assert (abs(photograph.pixels[:, half + 8 :].astype(int) - RIGHT) < 10).all()


def test_a_large_jpeg_is_decoded_at_a_fraction_of_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two_halves(4000, 3000).save(tmp_path / "photo.jpg")
    sizes = []
    transpose = photographs.ImageOps.exif_transpose

    def record(picture: Image.Image) -> Any:
        sizes.append(picture.size)
        return transpose(picture)

    monkeypatch.setattr(photographs.ImageOps, "exif_transpose", record)
    read(tmp_path / "photo.jpg")
    assert sizes == [(2000, 1500)]


def test_a_picture_keeps_its_size_if_asked_to(tmp_path: Path) -> None:
    two_halves(4000, 30).save(tmp_path / "photo.png")
    photograph = read(tmp_path / "photo.png", longest=None)
    assert (photograph.pixels.shape, photograph.scale) == ((30, 4000, 3), 1)


def test_a_narrow_picture_keeps_the_pixels_that_it_must_have_on_each_side(tmp_path: Path) -> None:
    two_halves(8000, 32).save(tmp_path / "photo.png")
    photograph = read(tmp_path / "photo.png")
    assert (photograph.pixels.shape, photograph.scale) == ((16, 4000, 3), 2)


def test_pixels_without_a_known_range_are_refused(tmp_path: Path) -> None:
    Image.fromarray(grey_ramp().astype(np.float32) / 255).save(tmp_path / "photo.tiff")
    assert "expected a whole image file, received pixels of neither 8 nor 16 bits: float32, 0 to 1" in refused(
        tmp_path / "photo.tiff"
    )


def test_what_the_system_says_of_a_file_is_passed_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert refused(tmp_path / "file" / "photo.png").endswith("received Not a directory")


def test_a_picture_of_absurd_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("L", (100, 100)).save(tmp_path / "photo.png")
    for limit in (9_000, 1_000):  # Pillow warns above the limit, and raises above twice the limit
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        assert f"expected at most {limit:,} pixels, received more" in refused(tmp_path / "photo.png")


def test_a_picture_that_cannot_be_read_leaves_the_others_alone(tmp_path: Path) -> None:
    two_halves(60, 20).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes()[:60])
    two_halves(30, 20).save(tmp_path / "c.png")
    first, second, third = read_photographs(
        [file_at(tmp_path / f"{name}.png") for name in "abc"], smallest=1, longest=None
    )
    assert isinstance(second, InputError) and "b.png: picture: expected a whole image file" in str(second)
    assert isinstance(first, Photograph) and isinstance(third, Photograph)
    assert (first.pixels.shape[1], third.pixels.shape[1]) == (60, 30)


# HEIC, whose decoder is optional.


def heic_header(brands: list[bytes]) -> bytes:
    content = b"ftyp" + brands[0] + bytes(4) + b"".join(brands)
    return (len(content) + 4).to_bytes(4, "big") + content + bytes(100)


@pytest.mark.parametrize("brands", [[b"heic", b"mif1"], [b"mif1", b"heic"], [b"heix"]], ids=str)
def test_heic_without_its_package_is_one_clear_line(
    brands: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / "photo.jpg").write_bytes(heic_header(brands))  # the name says nothing
    assert refused(tmp_path / "photo.jpg") == (
        f"{tmp_path}/photo.jpg: picture: expected the package pillow-heif, which reads HEIC "
        "(pip install pillow-heif), received no such package"
    )


def test_other_files_of_the_same_family_do_not_ask_for_the_package(tmp_path: Path) -> None:
    (tmp_path / "photo.heic").write_bytes(heic_header([b"isom", b"mp42"]))
    assert refused(tmp_path / "photo.heic").endswith("expected an image file, received something else")


def test_heic_is_read_by_the_package_that_is_loaded_for_it_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a double of pillow-heif, which need not be installed."""
    monkeypatch.setattr(Image, "OPEN", dict(Image.OPEN))
    monkeypatch.setattr(Image, "ID", list(Image.ID))
    asked = []

    class DoubleOfHeif(Image.Image):
        def __init__(self, file: io.BufferedReader, _: object) -> None:
            super().__init__()
            self.__dict__.update(two_halves(60, 20).__dict__)

    def register() -> None:
        asked.append("registered")
        Image.register_open("HEIF", DoubleOfHeif, lambda start: start[4:12] == b"ftypheic")  # type: ignore[arg-type]

    monkeypatch.setitem(sys.modules, "pillow_heif", types.SimpleNamespace(register_heif_opener=register))
    two_halves(30, 20).save(tmp_path / "photo.png")
    read(tmp_path / "photo.png")
    assert asked == []
    (tmp_path / "photo.jpg").write_bytes(heic_header([b"heic"]))
    assert read(tmp_path / "photo.jpg").pixels[0, 0].tolist() == list(LEFT)
    assert asked == ["registered"]


def test_heic_of_a_phone_is_read(tmp_path: Path) -> None:
    """Where pillow-heif is installed."""
    heif = pytest.importorskip("pillow_heif")
    heif.from_pillow(two_halves(60, 40)).save(tmp_path / "photo.heic")
    pixels = read(tmp_path / "photo.heic").pixels.astype(int)
    assert pixels.shape == (40, 60, 3)
    assert abs(pixels[20, 5] - LEFT).max() < 10 and abs(pixels[20, -5] - RIGHT).max() < 10


def test_a_picture_that_is_no_file_of_a_disk_is_read_too(tmp_path: Path) -> None:
    content = io.BytesIO()
    two_halves(60, 20).save(content, "PNG")
    file = photographs.Found("photo.png", "archive, photo.png", lambda: io.BytesIO(content.getvalue()))
    (found,) = read_photographs([file], smallest=SMALLEST, longest=LONGEST)
    assert isinstance(found, Photograph) and found.pixels.shape == (20, 60, 3)


# Resizing.


def test_the_whole_picture_is_resized_and_its_means_stay() -> None:
    pixels = np.asarray(two_halves(60, 20))
    small = resize(pixels, 10, 10)
    assert small.shape == (10, 10, 3)
    assert (abs(small[:, 0].astype(int) - LEFT) < 10).all() and (abs(small[:, -1].astype(int) - RIGHT) < 10).all()
    stripes = np.tile(np.uint8([[[0], [255]]]), (64, 32, 3))  # a pixel each: no resampling without means keeps grey
    assert abs(resize(stripes, 8, 8)[:, 1:-1].astype(int) - 127).max() <= 2


def test_a_picture_of_the_asked_size_stays_as_it_is() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    assert np.array_equal(resize(pixels, 7, 9), pixels)


def test_a_picture_is_grey_if_every_pixel_is() -> None:
    grey = np.stack([grey_ramp()] * 3, axis=-1)
    assert is_grey(grey)
    grey[3, 5, 1] ^= 1
    assert not is_grey(grey)
