"""The report's clocks from a server on this machine: whole, broken off, other than they should be, exchanged later."""

import hashlib
import io
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from imagelab.clocks.arrays import read_raw_clocks, read_views
from imagelab.clocks.fetching import fetch_clocks
from imagelab.datasets import files, official
from imagelab.runtime.errors import InputError
from imagelab.settings import params
from imagelab.storage import writing
from tests.conftest import write_yaml
from tests.datasets.test_official import Server
from tests.pipeline import bad_input

LABELS = np.array([[t // 60, t % 60] for t in range(720) for _ in range(25)])
ARCHIVES = Path(".imagelab/downloads/clocks")
ARCHIVE, KEPT = ARCHIVES / "clocks_75.zip", ARCHIVES / "clocks_75.sha256"
WEB_PAGE = b"\n<!DOCTYPE html><html><title>This share has expired</title></html>"


def images(size: int) -> np.ndarray:
    """Pictures that differ and yet pack well."""
    pictures = np.zeros((18_000, size, size), np.uint8)
    pictures[:, 0, 0] = np.arange(18_000) % 251
    return pictures


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def header(dtype: str, shape: tuple[int, ...]) -> bytes:
    """The beginning of an array; nothing else of it is there."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})
    return file.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.fixture(scope="module")
def pictures() -> bytes:
    return npy(images(75))


@pytest.fixture(scope="module")
def whole(pictures: bytes) -> bytes:
    return zipped({"images.npy": pictures, "labels.npy": npy(LABELS)})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """Stands in for the course's shares, in an empty current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # pooch waits between tries
    with Server() as running:
        for size, share in official.CLOCKS.items():
            address = f"{running.address}{size}/"
            monkeypatch.setitem(official.CLOCKS, size, share._replace(address=address))
        Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def fetch(settings: dict[str, Any], tmp_path: Path) -> Any:
    """As the stage does: into a new folder that is there only if nothing went wrong."""

    def run(size: int = 75) -> Path:
        settings["fetch"]["clocks"], settings["render"]["image_size"] = "official", size
        with writing.new_folder(tmp_path / "raw") as folder:
            fetch_clocks(params.load(write_yaml(settings, tmp_path / "params.yaml")), folder)
        return tmp_path / "raw"

    return run


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("size", [75, 150])
def test_the_report_s_clocks_arrive_whole_and_are_downloaded_once(
    size: int, server: Server, fetch: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    content = npy(images(size))
    server.contents = {f"/{size}/download": zipped({"labels.npy": npy(LABELS), "images.npy": content})}
    out = fetch(size)
    assert names(out) == ["images.npy", "labels.npy"]
    found, minutes = read_raw_clocks(out)
    assert found.shape == (18_000, size, size, 1)
    assert np.array_equal(found[..., 0], images(size))
    assert minutes.tolist() == sorted(list(range(720)) * 25)
    assert read_views(out, count=len(found), columns=[]) is None
    sha256, kept = hashlib.sha256(content).hexdigest(), ARCHIVES / f"clocks_{size}.sha256"
    printed = f"clocks: SHA-256 of images.npy is {sha256}, kept in {kept} and compared from now on\n"
    assert capsys.readouterr().err.endswith(printed)
    assert kept.read_text() == f"{sha256}  images.npy\n"
    shutil.rmtree(out)
    assert names(fetch(size)) == ["images.npy", "labels.npy"]
    assert capsys.readouterr().err == ""
    assert len(server.ranges) == 1


def test_files_may_lie_in_a_folder_and_nothing_is_written_to_their_paths(
    server: Server, fetch: Any, tmp_path: Path
) -> None:
    members = {
        "../../A1/images.npy": npy(np.asfortranarray(images(75)[..., None])),
        "../../A1/labels.npy": npy(LABELS.astype(np.uint8)),
        "__MACOSX/A1/._images.npy": b"hidden",
        "images.npy/": b"",
    }
    server.contents = {"/75/download": zipped(members)}
    before = names(tmp_path.parent), names(tmp_path.parent.parent)
    out = fetch()
    assert np.array_equal(np.load(out / "images.npy"), images(75))
    assert np.array_equal(np.load(out / "labels.npy"), LABELS)
    assert (names(tmp_path.parent), names(tmp_path.parent.parent)) == before
    assert names(tmp_path) == [".imagelab", "params.yaml", "raw"]
    assert names(ARCHIVES) == ["clocks_75.sha256", "clocks_75.zip"]


def test_a_download_that_breaks_off_goes_on_where_it_stopped(whole: bytes, server: Server, fetch: Any) -> None:
    server.contents, server.failures = {"/75/download": whole}, 2
    fetch()
    starts = [int(asked.strip("bytes=-")) if asked else 0 for asked in server.ranges]
    assert starts[0] == 0 < starts[1] < starts[2]


def test_half_an_archive_of_unknown_length_is_noticed_and_not_kept(whole: bytes, server: Server, fetch: Any) -> None:
    server.contents, server.failures, server.stated_length = {"/75/download": whole}, 1, lambda count: None
    with pytest.raises(InputError, match=r"/75/download: archive: .* received [\d,]+ bytes of a .zip without its end"):
        fetch()
    assert names(ARCHIVES) == []
    fetch()
    assert names(ARCHIVES) == ["clocks_75.sha256", "clocks_75.zip"]


def test_other_pictures_than_those_of_the_first_download_are_refused_until_they_are_accepted(
    whole: bytes, pictures: bytes, server: Server, fetch: Any, tmp_path: Path
) -> None:
    server.contents = {"/75/download": whole}
    shutil.rmtree(fetch())
    known = KEPT.read_text()
    ARCHIVE.unlink()
    server.contents = {"/75/download": zipped({"images.npy": pictures[:-1] + b"\1", "labels.npy": npy(LABELS)})}
    refused = (
        rf"/75/download, in {ARCHIVE}: images.npy: expected SHA-256 {known[:64]}, as at the first download \(to "
        rf"accept these pictures, remove {KEPT}; to download them again, remove {ARCHIVE}\), received (?!{known[:64]})"
        r"\w{64}$"
    )
    for _ in range(2):  # also what is in the cache already
        with pytest.raises(InputError, match=refused):
            fetch()
        assert not (tmp_path / "raw").exists()
        assert KEPT.read_text() == known
    server.contents = {"/75/download": whole}
    ARCHIVE.unlink()
    shutil.rmtree(fetch())
    server.contents = {"/75/download": zipped({"images.npy": pictures[:-1] + b"\1", "labels.npy": npy(LABELS)})}
    ARCHIVE.unlink()
    with pytest.raises(InputError, match=refused):
        fetch()
    KEPT.unlink()
    assert np.load(fetch() / "images.npy")[-1, -1, -1] == 1
    assert KEPT.read_text() != known


def test_an_archive_that_was_packed_anew_is_accepted(whole: bytes, pictures: bytes, server: Server, fetch: Any) -> None:
    server.contents = {"/75/download": whole}
    fetch()
    ARCHIVE.unlink()
    server.contents = {"/75/download": zipped({"labels.npy": npy(LABELS), "data/images.npy": pictures})}
    fetch()
    assert len(server.ranges) == 2


def test_a_checksum_that_is_none_is_named(whole: bytes, server: Server, fetch: Any) -> None:
    server.contents = {"/75/download": whole}
    fetch()
    KEPT.write_text("0123  images.npy\n")
    with pytest.raises(InputError, match=rf"{KEPT}: checksum: expected 64 hexadecimal digits .* something else"):
        fetch()


def test_an_archive_that_the_disk_has_spoiled_is_downloaded_again(whole: bytes, server: Server, fetch: Any) -> None:
    server.contents = {"/75/download": whole}
    fetch()
    ARCHIVE.write_bytes(whole[:500] + bytes(20) + whole[520:])
    with pytest.raises(InputError, match=r"/75/download: archive: expected a whole .zip, received "):
        fetch()
    fetch()
    assert len(server.ranges) == 2


def changed(labels: np.ndarray, row: int, time: list[int]) -> np.ndarray:
    labels = labels.copy()
    labels[row] = time
    return labels


GOOD_LABELS = npy(LABELS)
BYTES = 18_000 * 75 * 75 + 128


def with_images(content: bytes) -> bytes:
    return zipped({"images.npy": content, "labels.npy": GOOD_LABELS})


def with_labels(content: bytes) -> bytes:
    return zipped({"images.npy": b"", "labels.npy": content})


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (WEB_PAGE, ": archive: expected a whole .zip (without a network: fetch.clocks: render), received a web page"),
        (b"", ": archive: expected a whole .zip (<...>), received 0 bytes of another kind"),
        (b"\x1f\x8banother archive", ": archive: expected a whole .zip (<...>), received 17 bytes of another kind"),
        (zipped({}), ": archive: expected one file images.npy, received an empty archive"),
        (zipped({"a.txt": b"", "b/c": b""}), ": archive: expected one file images.npy, received a.txt, b/c"),
        (zipped({"images.npy": b""}), ": archive: expected one file labels.npy, received images.npy"),
        (
            zipped({"150/images.npy": b"", "75\\images.npy": b"", "labels.npy": GOOD_LABELS}),
            ": archive: expected one file images.npy, received 150/images.npy, 75/images.npy",
        ),
        (
            bad_input.encrypted(bad_input.zipped({"labels.npy": GOOD_LABELS, "images.npy": b""})),
            ", labels.npy: archive: expected a whole .zip, received File <...> is encrypted, password required<...>",
        ),
        (with_labels(b"\x80\x04N."), ", labels.npy: array: expected a whole .npy file of numbers, received <...>"),
        (
            with_labels(npy(LABELS[1:])),
            ", labels.npy: labels: expected integers, (18000, 2), received int64, (17999, 2)",
        ),
        (
            with_labels(npy(LABELS / 1)),
            ", labels.npy: labels: expected integers, (18000, 2), received float64, (18000, 2)",
        ),
        (with_labels(npy(LABELS[::-1])), ", labels.npy: label 0: expected [0, 0], received [11, 59]"),
        (
            with_labels(npy(changed(LABELS, 17_000, [1, 2]))),
            ", labels.npy: label 17000: expected [11, 20], received [1, 2]",
        ),
        (with_labels(bytes(2**20 + 1)), ", labels.npy: labels: expected at most 1,048,576 bytes, received 1,048,577"),
        (with_images(b"\x80\x04N."), ", images.npy: array: expected a whole .npy file of numbers, received <...>"),
        (with_images(npy(np.zeros(3, "V8"))), ", images.npy: array: expected numbers, received dtype |V8"),
        (
            with_images(header("|u1", (18_000, 75, 75)) + bytes(1_000)),
            f", images.npy: array: expected {BYTES} bytes for uint8, (18000, 75, 75), received 1128",
        ),
        (
            with_images(npy(np.zeros((18_000, 7, 7), np.uint8))),
            ", images.npy: images: expected uint8, (18000, 75, 75), received uint8, (18000, 7, 7)",
        ),
        (
            with_images(npy(np.zeros((180, 75, 75), np.uint8))),
            ", images.npy: images: expected uint8, (18000, 75, 75), received uint8, (180, 75, 75)",
        ),
        (
            with_images(npy(np.zeros((5, 75, 75, 3), np.uint8))),
            ", images.npy: images: expected uint8, (18000, 75, 75), received uint8, (5, 75, 75, 3)",
        ),
        (
            with_images(npy(np.zeros((5, 75, 75), np.float32))),
            ", images.npy: images: expected uint8, (18000, 75, 75), received float32, (5, 75, 75)",
        ),
    ],
    ids=lambda value: value[-60:] if isinstance(value, str) else "",
)
def test_other_content_is_named_and_not_kept(
    answer: bytes, message: str, server: Server, fetch: Any, tmp_path: Path
) -> None:
    server.contents = {"/75/download": answer}
    with pytest.raises(InputError) as caught:
        fetch()
    expected = ".+".join(map(re.escape, f"{server.address}75/download{message}".split("<...>")))
    assert re.fullmatch(expected, str(caught.value)), str(caught.value)
    assert names(ARCHIVES) == []
    assert names(tmp_path) == [".imagelab", "params.yaml"]


def test_an_image_file_larger_than_it_should_be_is_refused_before_it_is_read(
    server: Server, fetch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    read_member = files.read_member
    monkeypatch.setattr(files, "read_member", lambda *given: read.append(given[1].filename) or read_member(*given))
    bomb = header("|u1", (2**30 - 1, 1, 1)) + bytes(10_000)
    server.contents = {"/75/download": with_images(bomb)}
    with pytest.raises(InputError, match=r"images.npy: array: expected 1073741951 bytes for uint8, .* received 10128"):
        fetch()
    server.contents = {"/75/download": with_images(npy(np.zeros(200_000_000, np.uint8)))}
    with pytest.raises(InputError, match=r"images: expected uint8, .*, received uint8, \(200000000,\)"):
        fetch()
    assert read == ["labels.npy", "labels.npy"]


def test_images_of_another_type_are_refused(server: Server, fetch: Any) -> None:
    server.contents = {"/75/download": with_images(npy(np.zeros((18_000, 75, 75), np.int8)))}
    with pytest.raises(
        InputError, match=r"images: expected uint8, \(18000, 75, 75\), received int8, \(18000, 75, 75\)"
    ):
        fetch()


def test_without_a_network_the_message_names_the_renderer(
    server: Server, fetch: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    share = official.CLOCKS[75]
    server.shutdown()
    server.server_close()
    with pytest.raises(
        InputError, match=r"/75/download: download: expected the clocks \(without a network: "
    ) as caught:
        fetch()
    assert "fetch.clocks: render), received ConnectionError" in str(caught.value)
    assert names(tmp_path) == [".imagelab", "params.yaml"]
    assert share.url in str(caught.value)


def test_a_share_that_has_ended_is_named(server: Server, fetch: Any) -> None:
    server.contents = {}
    with pytest.raises(InputError, match=r"fetch.clocks: render\), received HTTPError \(404 Client Error"):
        fetch()


def test_only_the_sizes_that_are_published_can_be_downloaded(server: Server, fetch: Any) -> None:
    message = r"^params.yaml: render.image_size: expected 150 or 75, the sizes of the official clocks, received 100$"
    with pytest.raises(InputError, match=message):
        fetch(100)
    assert server.ranges == []
