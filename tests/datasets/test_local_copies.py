"""What people have on disk becomes the one layout of ``data/raw``, with the numbers that were there."""

import gzip
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imagelab.clocks.arrays import read_raw_clocks
from imagelab.clocks.fetching import fetch_clocks
from imagelab.datasets import fetching, local
from imagelab.datasets.cifar10 import CIFAR10_ARCHIVE, CIFAR10_BATCHES, CIFAR10_FOLDER, cifar10_bytes, read_cifar10
from imagelab.datasets.idx import IDX_FILES, idx_bytes, read_idx_folder
from imagelab.datasets.published_classes import CIFAR10, CLASS_NAMES
from imagelab.runtime.errors import InputError
from imagelab.settings import params
from imagelab.storage import class_names, writing
from imagelab.storage.splits import Split
from tests.conftest import REPOSITORY, write_yaml
from tests.pipeline import bad_input

CASES = REPOSITORY.parent / "shared" / "cases"  # small files as public data sets have them; its README describes them
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason=f"no {CASES}")

GREY = {"train": bad_input.examples(30, 28, 1), "test": bad_input.examples(12, 28, 1)}
COLOUR = {"train": bad_input.examples(50, 32, 3), "test": bad_input.examples(10, 32, 3)}
NAMES = {key: name.removesuffix(".gz") for key, name in IDX_FILES.items()}


def array_of(key: tuple[str, str], splits: Mapping[str, Split] = GREY) -> np.ndarray:
    split, kind = key
    return splits[split].images[..., 0] if kind == "images" else splits[split].targets


def packed(key: tuple[str, str]) -> bytes:
    return idx_bytes(array_of(key))


def plain(key: tuple[str, str]) -> bytes:
    return gzip.decompress(packed(key))


def dotted(name: str) -> str:
    return name.replace("-idx", ".idx")


def written(folder: Path, content: Mapping[str, bytes]) -> Path:
    for name, data in content.items():
        writing.write_bytes(data, folder / name)
    return folder


def fetch(dataset: str, source: Path | str, folder: Path, settings: dict[str, Any]) -> Path:
    settings["fetch"][dataset] = str(source)
    out = folder / "out"
    out.mkdir()
    loaded = params.load(write_yaml(settings, folder / "params.yaml"))
    if dataset == "clocks":
        fetch_clocks(loaded, out)
    else:
        fetching.fetch(dataset, loaded, out)
    return out


def check(found: Mapping[str, Split], expected: Mapping[str, Split]) -> None:
    assert set(found) == {"train", "test"}
    for split, (images, labels) in expected.items():
        assert np.array_equal(found[split].images, images)
        assert np.array_equal(found[split].targets, labels)


# MNIST and Fashion-MNIST.

FOLDERS: dict[str, Callable[[], dict[str, bytes]]] = {
    "packed": lambda: {name: packed(key) for key, name in IDX_FILES.items()},
    "unpacked": lambda: {NAMES[key]: plain(key) for key in NAMES},
    "unpacked, with a dot": lambda: {dotted(NAMES[key]): plain(key) for key in NAMES},
    "packed, with a dot": lambda: {dotted(name): packed(key) for key, name in IDX_FILES.items()},
    "each in a folder of its name": lambda: {f"{NAMES[key]}/{NAMES[key]}": plain(key) for key in NAMES},
    "both, as torchvision leaves them": lambda: {
        **{f"MNIST/raw/{NAMES[key]}": plain(key) for key in NAMES},
        **{f"MNIST/raw/{name}": packed(key) for key, name in IDX_FILES.items()},
    },
    "some of each": lambda: {
        name if number % 2 else dotted(NAMES[key]): packed(key) if number % 2 else plain(key)
        for number, (key, name) in enumerate(IDX_FILES.items())
    },
}


@pytest.mark.parametrize("layout", FOLDERS)
@pytest.mark.parametrize("archived", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("dataset", ["mnist", "fashion_mnist"])
def test_idx_files_are_read_as_they_lie(
    dataset: str, archived: bool, layout: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    content = FOLDERS[layout]() | {"notes.txt": b"", "__MACOSX/._train-images-idx3-ubyte": b"no picture"}
    if archived:
        source = written(tmp_path, {"archive": bad_input.zipped(content)}) / "archive"  # known by its content
    else:
        source = written(tmp_path / "source", content)
    out = fetch(dataset, source, tmp_path, settings)
    assert sorted(path.name for path in out.iterdir()) == sorted([class_names.FILE, *IDX_FILES.values()])
    check(read_idx_folder(out, classes=10), GREY)
    assert class_names.read(out) == CLASS_NAMES[dataset]
    for key, name in IDX_FILES.items():
        assert (out / name).read_bytes() == packed(key)  # without a date, so the same wherever it came from


def test_packed_idx_files_are_copied_byte_for_byte(settings: dict[str, Any], tmp_path: Path) -> None:
    content = {name: gzip.compress(plain(key), 1, mtime=1_000_000_000) for key, name in IDX_FILES.items()}
    out = fetch(
        "mnist",
        written(tmp_path / "source", content | {NAMES["test", "labels"]: plain(("test", "labels"))}),
        tmp_path,
        settings,
    )
    assert {name: (out / name).read_bytes() for name in content} == content


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def keras_arrays(**changed: np.ndarray) -> dict[str, np.ndarray]:
    names = {"x_train": ("train", "images"), "y_train": ("train", "labels")}
    names |= {"x_test": ("test", "images"), "y_test": ("test", "labels")}
    return {name: array_of(key) for name, key in names.items()} | changed


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"x_train": GREY["train"].images, "x_test": GREY["test"].images},
        {"y_train": GREY["train"].targets.astype(">i8")},
        {"x_test": np.asfortranarray(GREY["test"].images[..., 0])},
    ],
    ids=["as Keras has them", "a last axis of 1", "long labels", "columns first"],
)
def test_the_archive_of_keras_is_read(changed: dict[str, np.ndarray], settings: dict[str, Any], tmp_path: Path) -> None:
    source = written(tmp_path, {"mnist.npz": npz(**keras_arrays(**changed))}) / "mnist.npz"
    out = fetch("mnist", source, tmp_path, settings)
    check(read_idx_folder(out, classes=10), GREY)
    assert (out / IDX_FILES["train", "images"]).read_bytes() == packed(("train", "images"))


@pytest.mark.parametrize("archived", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("above", ["", "datasets/", r"datasets\\keras/"])
def test_the_only_archive_of_keras_is_found_in_a_folder(
    above: str, archived: bool, settings: dict[str, Any], tmp_path: Path
) -> None:
    content = {f"{above}mnist.npz": npz(**keras_arrays()), "notes.txt": b"", "__MACOSX/._mnist.npz": b"no arrays"}
    if archived:
        source = written(tmp_path, {"keras.zip": bad_input.zipped(content)}) / "keras.zip"
    else:
        source = written(tmp_path / "source", content)
    check(read_idx_folder(fetch("mnist", source, tmp_path, settings), classes=10), GREY)


def unpickled(patch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("unpickled")

    patch.setattr("pickle.load", fail)
    patch.setattr("pickle.loads", fail)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"y_train": np.array([{}] * 30, object)},
            r"mnist\.npz, y_train: array: expected numbers, received dtype object",
        ),
        (
            {"x_train": array_of(("train", "images")) / 255},
            r"x_train: images: expected uint8, .*float64, \(30, 28, 28\)",
        ),
        ({"x_train": COLOUR["train"].images}, r"x_train: images: expected uint8, .*received uint8, \(50, 32, 32, 3\)"),
        ({"y_test": np.eye(12, 10)}, r"y_test: labels: expected integers, shape \(n,\), received float64, \(12, 10\)"),
        ({"y_test": np.full(12, 10)}, r"y_test: labels: expected classes 0\.\.9, received 10\.\.10"),
        ({"y_test": np.full(12, 256)}, r"y_test: labels: expected classes 0\.\.9, received 256\.\.256"),
        ({"y_test": np.full(12, -1)}, r"y_test: labels: expected classes 0\.\.9, received -1\.\.-1"),
        ({"y_test": np.zeros(11, int)}, r"y_test: labels: expected one for each of 12 images, received \(11,\)"),
        ({"x_test": np.zeros((12, 14, 14), np.uint8)}, r"x_test: images: expected \(28, 28\) pixels"),
    ],
)
def test_other_arrays_in_the_archive_of_keras_are_refused(
    changed: dict[str, np.ndarray],
    message: str,
    settings: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = written(tmp_path, {"mnist.npz": npz(**keras_arrays(**changed))}) / "mnist.npz"
    unpickled(monkeypatch)
    with pytest.raises(InputError, match=message):
        fetch("mnist", source, tmp_path, settings)
    assert not list((tmp_path / "out").iterdir())


def test_a_header_in_the_archive_of_keras_takes_no_memory_that_its_file_does_not_fill(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000,), }\n"
    forged = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with zipfile.ZipFile(io.BytesIO(npz(**keras_arrays()))) as whole:
        content = {name: whole.read(name) for name in whole.namelist()} | {"y_test.npy": forged}
    source = written(tmp_path, {"mnist.npz": bad_input.zipped(content)}) / "mnist.npz"
    with pytest.raises(InputError, match=r"y_test: array: expected 1000000000080 bytes .*, received 80"):
        fetch("mnist", source, tmp_path, settings)


# CIFAR-10.


def batches() -> dict[str, bytes]:
    """The six files, in a rows' order of its own for each batch."""
    content = {}
    for split, names in CIFAR10_BATCHES.items():
        images, labels = COLOUR[split]
        rows = np.concatenate([labels[:, None], images.transpose(0, 3, 1, 2).reshape(len(images), -1)], axis=1)
        content |= {name: part.tobytes() for name, part in zip(names, np.array_split(rows, len(names)), strict=True)}
    return content


COLOURED: dict[str, Callable[[], dict[str, bytes]]] = {
    "archive": lambda: {CIFAR10_ARCHIVE: cifar10_bytes(COLOUR)},
    "unpacked": lambda: {f"{CIFAR10_FOLDER}/{name}": data for name, data in batches().items()},
    "the folder itself": batches,
    "both": lambda: COLOURED["archive"]() | COLOURED["unpacked"](),
    "archive some folders down": lambda: {f"a/b/{CIFAR10_ARCHIVE}": cifar10_bytes(COLOUR)},
    "archive twice": lambda: COLOURED["archive"]() | COLOURED["archive some folders down"](),
}


@pytest.mark.parametrize("layout", COLOURED)
def test_cifar10_is_read_packed_and_unpacked(layout: str, settings: dict[str, Any], tmp_path: Path) -> None:
    source = written(tmp_path / "source", COLOURED[layout]() | {"cifar-10-batches-bin/readme.html": b""})
    out = fetch("cifar10", source, tmp_path, settings)
    assert sorted(path.name for path in out.iterdir()) == [CIFAR10_ARCHIVE, class_names.FILE]
    check(read_cifar10(out / CIFAR10_ARCHIVE), COLOUR)
    assert class_names.read(out) == CIFAR10
    assert (out / CIFAR10_ARCHIVE).read_bytes() == cifar10_bytes(COLOUR)


@pytest.mark.parametrize("layout", COLOURED)
def test_cifar10_is_read_from_a_zip(layout: str, settings: dict[str, Any], tmp_path: Path) -> None:
    source = written(tmp_path, {"cifar.zip": bad_input.zipped(COLOURED[layout]())}) / "cifar.zip"
    out = fetch("cifar10", source, tmp_path, settings)
    assert (out / CIFAR10_ARCHIVE).read_bytes() == cifar10_bytes(COLOUR)


@pytest.mark.parametrize("layout", ["unpacked", "archive"])
def test_a_zip_with_backslashes_is_read(layout: str, settings: dict[str, Any], tmp_path: Path) -> None:
    content = {f"set\\{name.replace('/', chr(92))}": data for name, data in COLOURED[layout]().items()}
    source = written(tmp_path, {"cifar.zip": bad_input.zipped(content)}) / "cifar.zip"
    check(read_cifar10(fetch("cifar10", source, tmp_path, settings) / CIFAR10_ARCHIVE), COLOUR)


def test_the_cifar10_archive_itself_may_be_the_source_and_is_copied(settings: dict[str, Any], tmp_path: Path) -> None:
    content = gzip.compress(gzip.decompress(cifar10_bytes(COLOUR)), 1, mtime=1_000_000_000)
    source = written(tmp_path, {"anything.tgz": content}) / "anything.tgz"
    assert (fetch("cifar10", source, tmp_path, settings) / CIFAR10_ARCHIVE).read_bytes() == content


# Clocks.


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("last_axis", [False, True])
def test_clocks_may_have_a_last_axis_of_1(
    last_axis: bool, order: Any, settings: dict[str, Any], tmp_path: Path
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, 36, 36), np.uint8)
    times = np.stack(np.divmod(np.arange(20) * 30, 60), axis=1)
    source = tmp_path / "clocks"
    writing.write_array(np.asarray(images[..., None] if last_axis else images, order=order), source / "images.npy")
    writing.write_array(times, source / "labels.npy")
    out = fetch("clocks", source, tmp_path, settings)
    found, minutes = read_raw_clocks(out)
    assert np.load(out / "images.npy").shape == (20, 36, 36)
    assert np.array_equal(found[..., 0], images)
    assert minutes.tolist() == [30 * number for number in range(20)]
    assert (out / "labels.npy").read_bytes() == (source / "labels.npy").read_bytes()


# Paths.


def test_a_tilde_is_the_home_folder(settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    written(tmp_path / "home" / "data" / "mnist", FOLDERS["packed"]())
    check(read_idx_folder(fetch("mnist", "~/data/mnist", tmp_path, settings), classes=10), GREY)
    assert local.find("~/data") == tmp_path / "home" / "data"


@pytest.mark.parametrize("dataset", ["mnist", "cifar10", "leaves", "clocks"])
def test_a_relative_path_is_the_same_in_a_copy_for_an_experiment(
    dataset: str, settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = tmp_path / "imagelab"
    queued = repository / ".dvc" / "tmp" / "exps" / "tmpx1y2z3"
    temporary = repository / ".dvc" / "tmp" / "exps" / "standalone" / "tmpx1y2z3"
    source = tmp_path / "data" / dataset
    if dataset == "clocks":
        writing.write_array(np.zeros((2, 36, 36), np.uint8), source / "images.npy")
        writing.write_array(np.zeros((2, 2), int), source / "labels.npy")
    elif dataset == "leaves":
        written(source, {"train/Apple___healthy/1.JPG": bad_input.picture()})
    else:
        written(source, FOLDERS["packed"]() if dataset == "mnist" else COLOURED["archive"]())
    found = []
    for number, folder in enumerate((repository, queued, temporary)):
        folder.mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(folder)
        (tmp_path / str(number)).mkdir()
        out = fetch(dataset, f"../data/{dataset}", tmp_path / str(number), settings)
        found.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert found[0]
    assert found[1:] == found[:1] * 2


def test_other_paths_stay_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert local.find("data/leaves") == Path("data/leaves")
    copy = tmp_path / ".dvc" / "tmp" / "exps" / "tmpx1y2z3"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    assert local.find("data/leaves") == tmp_path / "data" / "leaves"
    assert local.find("/data") == Path("/data")


# The cases as public data sets have them.


@needs_cases
@pytest.mark.parametrize("name", ["idx_uncompressed", "idx_dotted", "idx_kaggle.zip"])
def test_idx_files_of_the_cases_are_read(name: str, settings: dict[str, Any], tmp_path: Path) -> None:
    splits = read_idx_folder(fetch("mnist", CASES / name, tmp_path, settings), classes=10)
    for key, plain_name in NAMES.items():
        content = (CASES / "idx_uncompressed" / plain_name).read_bytes()
        numbers = np.frombuffer(content, np.uint8, offset=4 + 4 * content[3])
        assert np.array_equal(array_of(key, splits).ravel(), numbers)


@needs_cases
def test_the_archive_of_keras_among_the_cases_is_read(settings: dict[str, Any], tmp_path: Path) -> None:
    splits = read_idx_folder(fetch("mnist", CASES / "keras_mnist.npz", tmp_path, settings), classes=10)
    with np.load(CASES / "keras_mnist.npz", allow_pickle=False) as arrays:
        for split in ("train", "test"):
            assert np.array_equal(splits[split].images[..., 0], arrays[f"x_{split}"])
            assert np.array_equal(splits[split].targets, arrays[f"y_{split}"])


@needs_cases
def test_the_unpacked_cifar10_of_the_cases_is_read(settings: dict[str, Any], tmp_path: Path) -> None:
    folder = CASES / "cifar10_unpacked"
    splits = read_cifar10(fetch("cifar10", folder, tmp_path, settings) / CIFAR10_ARCHIVE)
    for split, names in CIFAR10_BATCHES.items():
        content = b"".join((folder / CIFAR10_FOLDER / name).read_bytes() for name in names)
        rows = np.frombuffer(content, np.uint8).reshape(-1, 3073)
        assert np.array_equal(splits[split].targets, rows[:, 0])
        assert np.array_equal(splits[split].images[7, 5, 9], rows[7, 1:].reshape(3, 32, 32)[:, 5, 9])
        assert np.array_equal(splits[split].images.transpose(0, 3, 1, 2).reshape(len(rows), -1), rows[:, 1:])
