"""Downloads against a server on this machine that serves, breaks off, serves wrong bytes, or refuses."""

import hashlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from imagelab.datasets import official
from imagelab.datasets.official import OfficialFile
from imagelab.runtime.errors import InputError

CONTENT = bytes(range(256)) * 2000
MD5 = hashlib.md5(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Remembers the ranges it was asked for; breaks off ``failures`` times after half of the content."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.contents = {"/data.bin": CONTENT}
        self.ranges: list[str | None] = []
        self.failures = 0
        self.honours_ranges = True
        self.stated_length: Callable[[int], str | None] = str  # of a number of bytes; None: not stated

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.ranges.append(asked)
        content = self.server.contents.get(self.path)
        if content is None:
            self.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.server.honours_ranges else 0
        if start and start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        length = self.server.stated_length(len(content) - start)
        if length is not None:
            self.send_header("Content-Length", length)
        self.end_headers()
        if self.server.failures:
            self.server.failures -= 1
            self.wfile.write(content[start : start + (len(content) - start) // 2])
            self.close_connection = True
            return
        self.wfile.write(content[start:])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # pooch waits between tries


def download(file: OfficialFile, folder: Path) -> Path:
    out = folder / "out"
    out.mkdir(exist_ok=True)
    official.download([file], out, cache=folder / "cache")
    return out / file.name


def test_a_file_arrives_whole_and_is_not_downloaded_twice(server: Server, tmp_path: Path) -> None:
    file = OfficialFile("data.bin", server.address, MD5)
    assert download(file, tmp_path).read_bytes() == CONTENT
    assert download(file, tmp_path).read_bytes() == CONTENT
    assert len(server.ranges) == 1


def test_a_download_that_breaks_off_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    server.failures = 2
    assert download(OfficialFile("data.bin", server.address, MD5), tmp_path).read_bytes() == CONTENT
    starts = [int(asked.strip("bytes=-")) if asked else 0 for asked in server.ranges]
    assert len(starts) == 3
    assert starts[0] == 0 < starts[1] < starts[2]


def test_a_server_without_ranges_is_asked_for_the_whole_again(server: Server, tmp_path: Path) -> None:
    server.failures, server.honours_ranges = 1, False
    assert download(OfficialFile("data.bin", server.address, MD5), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("length", [None, "unknown"])
def test_a_server_need_not_say_how_long_a_file_is(length: str | None, server: Server, tmp_path: Path) -> None:
    server.stated_length = lambda count: length
    assert download(OfficialFile("data.bin", server.address, MD5), tmp_path).read_bytes() == CONTENT


def test_other_bytes_than_those_of_the_checksum_are_refused_and_not_kept(server: Server, tmp_path: Path) -> None:
    server.contents = {"/data.bin": CONTENT[1:]}
    with pytest.raises(InputError, match=rf"/data.bin: download: expected MD5 {MD5}, received "):
        download(OfficialFile("data.bin", server.address, MD5), tmp_path)
    assert not any((tmp_path / "out").iterdir()) and not any((tmp_path / "cache").iterdir())


def test_a_file_may_have_another_name_at_its_address(server: Server, tmp_path: Path) -> None:
    server.contents = {"/share/download": CONTENT}
    file = OfficialFile("data.bin", f"{server.address}share/", MD5, remote_name="download")
    assert download(file, tmp_path).read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["data.bin"]


def test_a_server_that_always_breaks_off_is_named_and_what_came_is_kept(server: Server, tmp_path: Path) -> None:
    server.failures = 99
    with pytest.raises(InputError, match=r"http://127.0.0.1:\d+/data.bin: download: expected the file, received"):
        download(OfficialFile("data.bin", server.address, MD5), tmp_path)
    assert not any((tmp_path / "out").iterdir())
    server.failures = 0
    server.ranges.clear()
    assert download(OfficialFile("data.bin", server.address, MD5), tmp_path).read_bytes() == CONTENT
    assert server.ranges[0] is not None  # went on with what had come before


def test_a_partial_file_longer_than_the_file_is_thrown_away(server: Server, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "data.bin.partial").write_bytes(CONTENT + b"more")
    assert download(OfficialFile("data.bin", server.address, MD5), tmp_path).read_bytes() == CONTENT


def test_what_a_killed_download_left_is_removed(server: Server, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "tmp1a2b3c").touch()  # as pooch names it
    download(OfficialFile("data.bin", server.address, MD5), tmp_path)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["data.bin"]


def test_every_official_file_has_a_checksum_and_an_address() -> None:
    files = [file for files in official.FILES.values() for file in files]
    assert len(files) == 9
    assert all(len(file.md5) == 32 and file.url.startswith("https://") for file in files)
    assert len({file.url for file in files}) == 9
    for size, file in official.CLOCKS.items():  # no checksum is known; tests/clocks/test_official_pictures.py
        assert str(size) in file.name and file.url.startswith("https://") and file.url.endswith("/download")
