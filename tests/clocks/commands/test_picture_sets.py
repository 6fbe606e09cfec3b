import errno
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from imagelab.clocks.commands.picture_sets import find_pictures, time_in_name
from imagelab.runtime.errors import InputError


@pytest.mark.parametrize(
    ("name", "minutes"),
    [
        ("clock_dials/000_1-00.jpg", 60),
        ("0-00_3.png", 0),
        ("12-05.png", 5),
        ("08-09_b.JPG", 489),
        ("a/10-08/clock.jpg", None),  # a folder's name says nothing
        ("clock.jpg", None),
        ("x10-08.jpg", None),  # no part of its own
        ("10-8.jpg", None),
        ("2024-05_holiday.jpg", None),
    ],
)
def test_a_time_is_a_part_of_the_name(name: str, minutes: int | None) -> None:
    assert time_in_name(name, where="set") == minutes


@pytest.mark.parametrize("name", ["10-08_10-09.jpg", "13-00.jpg", "1-60.jpg"])
def test_a_name_that_no_dial_can_show_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"set: name of a picture: expected one time .*, received {name}"):
        time_in_name(name, where="set")


FILES = {
    "b/1_2-30.png": 150,
    "a_0-00.PNG": 0,
    "c.png": None,
    ".hidden_1-00.png": ...,
    ".thumbnails/1-00.png": ...,
    "README.md": ...,
    "model.h5": ...,
}


def content(name: str) -> bytes:
    file = io.BytesIO()
    Image.new("L", (20 + len(name), 20)).save(file, "PNG")
    return file.getvalue()


def source(kind: str, folder: Path) -> Path:
    """A folder or an archive with ``FILES``."""
    path = folder / f"set.{kind}"
    if kind == "folder":
        for name in FILES:
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content(name))
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name in FILES:
                archive.writestr(name, content(name))
    else:
        with tarfile.open(path, "w") as tar:
            for name in FILES:
                member = tarfile.TarInfo(name)
                member.size = len(content(name))
                tar.addfile(member, io.BytesIO(content(name)))
            link = tarfile.TarInfo("link_1-00.png")
            link.type, link.linkname = tarfile.SYMTYPE, "c.png"
            tar.addfile(link)
    return path


@pytest.mark.parametrize("kind", ["folder", "tar", "zip"])
def test_pictures_are_found_in_the_order_of_their_paths_with_what_they_hold(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = find_pictures(source(kind, tmp_path))
    assert capsys.readouterr().err == f"{tmp_path}/set.{kind}: files left out, whose names are no pictures': 2\n"
    assert [(picture.name, picture.time) for picture in found] == [
        ("a_0-00.PNG", 0),
        ("b/1_2-30.png", 150),
        ("c.png", None),
    ]
    for picture in found:
        for _ in range(2):
            with picture.file.open() as stream:
                assert stream.read() == content(picture.name)
        assert picture.file.where.endswith(picture.name) and str(tmp_path) in picture.file.where


def test_a_picture_that_is_twice_in_an_archive_is_refused(tmp_path: Path) -> None:
    path = source("tar", tmp_path)
    with tarfile.open(path, "a") as tar:
        tar.addfile(tarfile.TarInfo("./c.png"), io.BytesIO())
    with pytest.raises(InputError, match=r"set\.tar: pictures: expected each file once, received c\.png twice"):
        find_pictures(path)


def test_what_lies_behind_a_link_to_a_folder_counts_and_a_circle_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "2-00.png").write_bytes(content("x"))
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "more").symlink_to(tmp_path / "elsewhere")
    assert [(picture.name, picture.time) for picture in find_pictures(tmp_path / "set")] == [("more/2-00.png", 120)]
    for place, leads_to in (("set/again", "set"), ("elsewhere/back", "set"), ("elsewhere/up", "elsewhere")):
        link = tmp_path / place
        link.symlink_to(tmp_path / leads_to)
        with pytest.raises(InputError, match=rf"{link.name}: link: expected one to a folder elsewhere"):
            find_pictures(tmp_path / "set")
        link.unlink()
    (tmp_path / "set" / "deep").mkdir()
    (tmp_path / "set" / "twice").symlink_to(tmp_path / "set" / "deep")
    with pytest.raises(InputError, match=r"twice: link: expected one to a folder elsewhere"):
        find_pictures(tmp_path / "set")


def test_a_circle_of_two_links_is_refused(tmp_path: Path) -> None:
    for name in ("set", "a", "b"):
        (tmp_path / name).mkdir()
    for place, leads_to in (("set/more", "a"), ("a/x", "b"), ("b/y", "a")):
        (tmp_path / place).symlink_to(tmp_path / leads_to)
    with pytest.raises(InputError, match=r"set/more/x/y: link: expected one to a folder elsewhere"):
        find_pictures(tmp_path / "set")


def test_a_folder_that_cannot_be_read_is_not_taken_for_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "1-00.png").write_bytes(content("x"))
    for name in ("locked", ".locked"):
        (tmp_path / name).mkdir()
    scan = os.scandir

    def refuse(path: str) -> object:
        if os.fspath(path).endswith("locked"):
            raise PermissionError(errno.EACCES, "Permission denied", path)  # root may read everything
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match=r"/locked: file or folder: .* received Permission denied"):
        find_pictures(tmp_path)
    (tmp_path / "locked").rmdir()
    assert len(find_pictures(tmp_path)) == 1  # hidden ones do not count


def test_what_holds_no_pictures_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing: pictures: expected a folder, an uncompressed \.tar or a \.zip"):
        find_pictures(tmp_path / "missing")
    with pytest.raises(InputError, match="pictures: expected at least one picture, received none"):
        find_pictures(tmp_path)
    (tmp_path / "text").write_text("no archive")
    with pytest.raises(InputError, match=r"text: pictures: expected a folder, .* received something else"):
        find_pictures(tmp_path / "text")


def test_a_damaged_or_compressed_tar_is_refused(tmp_path: Path) -> None:
    whole = source("tar", tmp_path).read_bytes()
    (tmp_path / "short.tar").write_bytes(whole[:1200])
    with pytest.raises(InputError, match=r"short\.tar: archive: expected a whole, uncompressed \.tar"):
        find_pictures(tmp_path / "short.tar")
    with tarfile.open(tmp_path / "set.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "set.tar", "1-00.png")
    with pytest.raises(InputError, match=r"set\.tar\.gz: archive: expected a whole, uncompressed \.tar"):
        find_pictures(tmp_path / "set.tar.gz")
