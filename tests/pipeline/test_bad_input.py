"""What is wrong with the input, and the one line that says so.

Each row spoils one thing in a workspace in which every stage runs, and runs a stage as the command line does. Expected
are exit status 1, one readable line with what, where, expected and received, and no output.
"""

import errno
import functools
import gzip
import importlib.util
import io
import os
import re
import shutil
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import numpy as np
import pytest
import requests

from imagelab.clocks.rendering import truth
from imagelab.datasets import cifar10 as cifar10_format
from imagelab.datasets import entries, files, official
from imagelab.datasets import idx as idx_format
from imagelab.datasets.cifar10 import CIFAR10_ARCHIVE, CIFAR10_BATCHES, CIFAR10_FOLDER
from imagelab.runtime.errors import InputError, of_system
from tests.clocks.test_official_pictures import LABELS as OFFICIAL_LABELS
from tests.clocks.test_official_pictures import npy
from tests.conftest import REPOSITORY
from tests.datasets.test_official import Server
from tests.pipeline import bad_input
from tests.pipeline.bad_input import (
    CLASSES,
    OUTPUTS,
    READER,
    Outcome,
    Spoil,
    array,
    both,
    changed,
    cifar10,
    content,
    copied,
    cut,
    emptied,
    file_in_place_of,
    gone,
    gunzipped,
    header,
    idx,
    leaves,
    moved,
    no_setting,
    picture,
    setting,
    tar,
    text,
    zipped,
)

STARTS_TENSORFLOW = (
    "stages.train",
    "stages.search_grid",
    "stages.transfer",
    "imagelab read-clock",
    "imagelab measure-reader",
    "imagelab sample",
    "imagelab classify",
    "imagelab publish",
)

TRAIN_IMAGES = "data/raw/mnist/train-images-idx3-ubyte.gz"
TRAIN_LABELS = "data/raw/mnist/train-labels-idx1-ubyte.gz"
TEST_IMAGES = "data/raw/mnist/t10k-images-idx3-ubyte.gz"
TEST_LABELS = "data/raw/mnist/t10k-labels-idx1-ubyte.gz"
CIFAR10 = "data/raw/cifar10/cifar-10-binary.tar.gz"
CLASS_NAMES = "data/raw/mnist/classes.json"
LEAVES = "data/raw/leaves/leaves.tar"
LEAF_LIST = "data/raw/leaves/groups.csv"
CLOCK_IMAGES = "data/raw/clocks/images.npy"
CLOCK_LABELS = "data/raw/clocks/labels.npy"

OWN_LAYOUT = "pictures in class folders (train/<class>/ and, if you like, test/<class>/; or <class>/)"
IDX_LAYOUT = (
    "a folder or .zip with train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, "
    f"t10k-labels-idx1-ubyte (each .gz or unpacked), an .npz with x_train, y_train, x_test, y_test, or {OWN_LAYOUT}"
)
CIFAR10_LAYOUT = f"cifar-10-binary.tar.gz, a folder or .zip with it or with its six .bin files, or {OWN_LAYOUT}"

LOGITS = "data/models/keras_example/mlp/test_logits.npy"
AVERAGED_LOGITS = "data/models/best_classifier/cifar10/test_logits_averaged.npy"
HISTORY = "data/models/keras_example/mlp/history.csv"
PREPARED_LABELS = "data/mnist/test_labels.npy"
READ_MINUTES = "data/models/clock/regression/read_minutes.npy"
UNITS = "data/models/clock/regression/units.json"
ROWS = "data/clocks/test_rows.npy"
VIEWS_FILE = "data/raw/clocks/views.csv"
RESULTS = "data/search/cnn_batch_norm.csv"
BEST = "data/search/best_cnn_settings.json"
METRICS = "metrics/keras_example/mlp.json"


class Case(NamedTuple):
    """A row of the table."""

    what: str  # is wrong
    command: str  # that meets it
    spoil: Spoil
    message: str  # after "error: "; <...> stands for what differs between machines and versions of libraries


def rows(command: str, where: str, *table: tuple[str, Spoil, str]) -> list[Case]:
    """Rows of one command: what is wrong, how it comes about, and the message after the place where it is found."""
    cases = []
    for what, spoil, said in table:
        separator = ": " if where and not said.startswith((",", "/")) else ""  # after a comma or slash: where in it
        cases.append(Case(what, command, spoil, where + separator + said))
    return cases


def at(row: int, value: float):
    """Put a value into one row."""

    def change(values: np.ndarray) -> np.ndarray:
        values = values.copy()
        values[row] = value
        return values

    return change


def unwritable(path: str) -> Spoil:
    """Take the permission to write into a folder, from an administrator too."""

    def spoil(patch: pytest.MonkeyPatch) -> None:
        def refuse(name: str, *_: object) -> None:
            raise PermissionError(13, "Permission denied", os.fspath(name))

        Path(path).chmod(0o555)
        if os.access(path, os.W_OK):  # root's always is
            patch.setattr(os, "mkdir", refuse)

    return spoil


def variable(name: str, value: str) -> Spoil:
    """Set a variable of the environment."""
    return lambda patch: patch.setenv(name, value)


def no_package(name: str) -> Spoil:
    """Let a package be one that is not installed."""
    find = importlib.util.find_spec

    def spoil(patch: pytest.MonkeyPatch) -> None:
        patch.setitem(sys.modules, name, None)
        patch.setattr(importlib.util, "find_spec", lambda found, *rest: None if found == name else find(found, *rest))

    return spoil


def kaggle_refuses(status: int) -> Spoil:
    """As ``kagglehub.exceptions.handle_call`` says it."""

    class Refusing:
        @staticmethod
        def dataset_download(name: str) -> str:
            response = requests.Response()
            response.status_code = status
            raise requests.HTTPError(f"{status} Client Error.\n\nfor {name}", response=response)

    def spoil(patch: pytest.MonkeyPatch) -> None:
        find = importlib.util.find_spec
        patch.setattr(importlib.util, "find_spec", lambda name, *rest: name == "kagglehub" or find(name, *rest))
        patch.setitem(sys.modules, "kagglehub", Refusing)

    return spoil


def nobody_answers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("time.sleep", lambda seconds: None)  # pooch waits between tries
    patch.setenv("PYTHONPATH", str(REPOSITORY / "tests" / "no_waiting"), prepend=os.pathsep)  # in its own process, too
    patch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")


@functools.cache
def _server() -> Server:
    """A server that runs until the tests end; it serves one file only."""
    server = Server()
    Thread(target=server.serve_forever, daemon=True).start()
    return server


def serves_other_bytes(patch: pytest.MonkeyPatch) -> None:
    file = official.OfficialFile("data.bin", _server().address, "0" * 32)
    patch.setitem(official.FILES, "mnist", (file,))
    patch.setattr("time.sleep", lambda seconds: None)  # pooch waits between tries


def serves_nothing(patch: pytest.MonkeyPatch) -> None:
    file = official.OfficialFile("other.bin", _server().address, "0" * 32)
    patch.setitem(official.FILES, "mnist", (file,))
    patch.setattr("time.sleep", lambda seconds: None)


def serves_clocks(archive: bytes) -> Spoil:
    """Let a server on this machine stand in for the course's share."""

    def spoil(patch: pytest.MonkeyPatch) -> None:
        _server().contents["/share/download"] = archive
        share = official.CLOCKS[75]._replace(address=f"{_server().address}share/")
        patch.setitem(official.CLOCKS, 75, share)

    return both(OFFICIAL_CLOCKS, spoil)


def source_file(dataset: str, name: str, data: bytes) -> Spoil:
    return both(setting(f"fetch.{dataset}", f"sources/{name}"), content(f"sources/{name}", data))


def source_of_leaves(name: str, data: bytes) -> Spoil:
    return source_file("leaves", name, data)


def unpacked(name: str, change: Callable[[bytes], bytes]) -> Spoil:
    """Put a changed, unpacked file beside the packed one."""

    def spoil(_: pytest.MonkeyPatch) -> None:
        folder = Path("sources/mnist")
        (folder / name).write_bytes(change(gzip.decompress((folder / f"{name}.gz").read_bytes())))

    return spoil


def only_unpacked(name: str, change: Callable[[bytes], bytes]) -> Spoil:
    """Put a changed, unpacked file in place of the packed one."""
    return both(unpacked(name, change), gone(f"sources/mnist/{name}.gz"))


def unpacked_cifar10(**changed: bytes | None) -> Spoil:
    """Let CIFAR-10 be a folder of six batches, some of them others, or missing."""
    names = [name for names in CIFAR10_BATCHES.values() for name in names]
    whole = dict.fromkeys(names, bytes(3073)) | changed
    folder = f"sources/cifar10/{CIFAR10_FOLDER}"
    batches = [content(f"{folder}/{name}", data) for name, data in whole.items() if data is not None]
    return both(setting("fetch.cifar10", "sources/cifar10"), *batches)


def joined_tars(first: dict[str, bytes], second: dict[str, bytes]) -> bytes:
    """An archive with the members of two, as ``tar --append`` makes it."""
    file = io.BytesIO(tar(first))
    with tarfile.open(fileobj=file, mode="a") as archive:
        for name, data in second.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


def copied_cifar10(_: pytest.MonkeyPatch) -> None:
    shutil.copy("sources/cifar10.tar.gz", f"sources/cifar10/{CIFAR10_ARCHIVE}")


def limit_of_images(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(entries, "LARGEST_FILE", 1000)


def listed(content: bytes) -> Spoil:
    """A source of leaves that brings a list of which of them are the same."""
    return source_of_leaves("leaves.zip", zipped({**leaves(picture()), "groups.csv": content}))


def own(content: dict[str, bytes]) -> Spoil:
    """Let MNIST be a folder of these files."""

    def spoil(_: pytest.MonkeyPatch) -> None:
        for name, data in content.items():
            file = Path("own") / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)

    return both(setting("fetch.mnist", "own"), spoil)


CATS_AND_DOGS = {f"train/{name}/{number}.png": picture(number) for name in ("cat", "dog") for number in range(10)}
NO_ARRAYS = {f"{part}_{split}.npy": b"\x80\x04N." for split in ("train", "test") for part in "xy"}
CLASS_FOLDER = f"sources/leaves/train/{CLASSES[0]}"
UNKNOWN_CLASSES = {f"train/{name}/1.JPG": picture() for name in ("oak", "fern", "moss", "pine")}
TWO_VERSIONS = {
    f"raw/{name}.jpg": picture() for name in ("grayscale/Apple___healthy/1", "segmented/Apple___healthy/1_")
}
TWO_LEAVES = "two groups of each class or more (leaves, or blocks of prepare_leaves.camera_numbers_together)"
TWO_LISTS = {**leaves(picture()), "groups.csv": b"", "train/groups.csv": b""}
TWO_SPELLINGS = {"Tomato_healthy/1.JPG": picture(1), "Tomato___healthy/2.JPG": picture(2)}
ONE_LEAF = "".join(["file,group\n", *(f"train/{CLASSES[2]}/{number}.JPG,a\n" for number in range(5))]).encode()
TWO_UNREADABLE = {**leaves(b""), "train/Apple___healthy/3.JPG": b"x"}
VIEWS = f"{','.join(truth.COLUMNS)}\n{','.join('1' for _ in truth.COLUMNS)}\n".encode()
OFFICIAL = setting("fetch.mnist", "official")
OFFICIAL_CLOCKS = both(setting("fetch.clocks", "official"), setting("render.image_size", 75))


# fmt: off
# Two lines a row, what is wrong and what is said; one below the other they can be compared.

SETTINGS = [
    *rows("stages.check_params", "params.yaml",
        ("unknown key", setting("clock.epoch", 3), "unknown key clock.epoch: expected no such key, received 3"),
        ("missing key", no_setting("gan.epochs"), "missing key gan.epochs: expected a value, received none"),
        ("text for a number", setting("clock.epochs", "ten"), "clock.epochs: expected a valid integer, received 'ten'"),
        ("number in quotes", setting("gan.beta_1", "0.5"), "gan.beta_1: expected a valid number, received '0.5'"),
        ("fraction for a whole number", setting("clock.epochs", 2.5),
         "clock.epochs: expected a valid integer, received 2.5"),
        ("truth value for a number", setting("clock.epochs", True),
         "clock.epochs: expected a valid integer, received True"),
        ("number for a truth value", setting("gan.batch_normalization", 1),
         "gan.batch_normalization: expected a valid boolean, received 1"),
        ("localiser's pictures that are no reduced ones", setting("localiser.image_size", 24),
         "localiser.image_size: expected a divisor of reader_clocks.image_size (36), received 24"),
        ("section for a number", setting("vae.epochs", {"first": list(range(99))}),
         "vae.epochs: expected a valid integer, received {'first': [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, "
         "14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, ..."),
        ("negative epochs", setting("clock.epochs", -3), "clock.epochs: expected greater than 0, received -3"),
        ("no epochs", setting("keras_example.mlp.epochs", 0),
         "keras_example.mlp.epochs: expected greater than 0, received 0"),
        ("no threads", setting("threads", 0), "threads: expected greater than 0, received 0"),
        ("empty grid", setting("search.cnn.grid", []), "search.cnn.grid: expected 1 or more of them, received []"),
        ("empty list in a grid", setting("search.cnn.grid.0.epochs", []),
         "search.cnn.grid.0.epochs: expected 1 or more of them, received []"),
        ("unknown optimizer", setting("search.cnn.grid.0.optimizer", ["adam", "lion"]),
         "search.cnn.grid.0.optimizer.1: expected 'adam', 'adamax', 'rmsprop', 'sgd', 'adagrad', 'adadelta' or "
         "'nadam', received 'lion'"),
        ("unknown variant", setting("search.mlp.grid.0.variant", ["three_hidden"]),
         "search.mlp.grid.variant: expected one of two_hidden, one_hidden, dropout_after_each, "
         "dropout_after_first, one_hidden_dropout, l1_on_first, received 'three_hidden'"),
        ("negative learning rate", setting("search.cnn.grid.0.learning_rate", [-0.1]),
         "search.cnn.grid.0.learning_rate.0: expected greater than 0, received -0.1"),
        ("settings of an unknown head", setting("clock.circular", {"epochs": 1}),
         "unknown key clock.circular: expected no such key, received {'epochs': 1}"),
        ("fraction above 1", setting("prepare.validation_fraction", 1.5),
         "prepare.validation_fraction: expected less than 1, received 1.5"),
        ("fraction 0", setting("split_clocks.train_fraction", 0),
         "split_clocks.train_fraction: expected greater than 0, received 0"),
        ("dropout 1", setting("search.cnn.network.dropout", 1),
         "search.cnn.network.dropout: expected less than 1, received 1"),
        ("latent dimension 0 of a VAE", setting("vae.latent_dimensions.small", 0),
         "vae.latent_dimensions.small: expected greater than 0, received 0"),
        ("unknown code", setting("vae.code", "list"), "vae.code: expected 'vector' or 'grid', received 'list'"),
        ("negative weight", setting("vae.kl_weight", -1),
         "vae.kl_weight: expected greater than or equal to 0, received -1"),
        ("average that never moves", setting("gan.averaging", 1), "gan.averaging: expected less than 1, received 1"),
        ("latent dimension 0", setting("gan.latent_dimension", 0),
         "gan.latent_dimension: expected greater than 0, received 0"),
        ("two of three widths", setting("search.cnn.network.filters", [8, 16]),
         "missing key search.cnn.network.filters.2: expected a value, received none"),
        ("four of three widths", setting("search.cnn.network.filters", [1, 2, 3, 4]),
         "search.cnn.network.filters: expected 3 of them, received [1, 2, 3, 4]"),
        ("a dropout rate too many", text("hidden: [300], dropout: [0]", "hidden: [300], dropout: [0, 0]"),
         "search.mlp.variants.one_hidden: expected one dropout rate for each of 1 hidden layers, received "
         "{'hidden': [300], 'dropout': [0, 0], 'l1_on_first': 0}"),
        ("learning rate NaN", setting("gan.learning_rate", float("nan")),
         "gan.learning_rate: expected a finite number, received nan"),
        ("learning rate infinite", setting("gan.learning_rate", float("inf")),
         "gan.learning_rate: expected a finite number, received inf"),
        ("leaf size no multiple of 8", setting("prepare_leaves.image_size", 30),
         "prepare_leaves.image_size: expected a multiple of 8, received 30"),
        ("interval reversed", setting("render.roll_degrees", [10, -10]),
         "render.roll_degrees: expected an interval [low, high] with low <= high, received [10, -10]"),
        ("interval out of range", setting("render.tilt_degrees", [0, 80]),
         "render.tilt_degrees: expected an interval within [0, 60], received [0, 80]"),
        ("face far larger than the picture", setting("reader_clocks.near.diameter_fraction", [0.5, 5]),
         "reader_clocks.near.diameter_fraction: expected an interval up to 2, received [0.5, 5]"),
        ("interval with NaN", setting("render.roll_degrees", [0, float("nan")]),
         "render.roll_degrees: expected an interval [low, high] with low <= high, received [0, nan]"),
        ("unknown precision", setting("precision", "float16"),
         "precision: expected 'float32' or 'mixed_bfloat16', received 'float16'"),
        ("source without sense", setting("fetch.mnist", "render"),
         "fetch.mnist: expected 'official', 'demo' or a path, received 'render'"),
        ("clocks without a stand-in", setting("fetch.clocks", "demo"),
         "fetch.clocks: expected 'official', 'render' or a path, received 'demo'"),
        ("no YAML", content("params.yaml", b"seed: ["),
         "settings: expected YAML, received something else: expected the node content, but found '<stream end>' "
         "in line 1"),
        ("tab in YAML", content("params.yaml", b"clock:\n\tepochs: 3\n"),
         "settings: expected YAML, received something else: found character '\\t' that cannot start any token "
         "in line 2"),
        ("key twice", text("seed: 1", "seed: 1\nseed: 2"),
         'settings: expected YAML, received something else: found duplicate key "seed" in line 5'),
        ("key twice in a section", text("  batch_size: 128", "  batch_size: 128\n  batch_size: 128"),
         'settings: expected YAML, received something else: found duplicate key "batch_size" in line <...>'),
        ("two documents", text("fetch:", "---\nfetch:"),
         "settings: expected YAML, received something else: but found another document in line 8"),
        ("object of Python", text("seed: 1", "seed: !!python/object:os.system {}"),
         "settings: expected YAML, received something else: could not determine a constructor for the tag "
         "'tag:yaml.org,2002:python/object:os.system' in line 4"),
        ("value that holds itself", text("seed: 1", "seed: &x [*x]"),
         "settings: expected plain YAML, received Circular reference detected"),
        ("list as a key", text("seed: 1", "? [seed]\n: 1"),
         "settings: expected YAML, received something else: found unhashable key in line 4"),
        ("number of 5,000 digits", text("seed: 1", "seed: " + "9" * 5000),
         "settings: expected YAML, received something else: found no valid int (Exceeds the limit<...>) in line 4"),
        ("date for a path", text("mnist: demo", "mnist: 2023-11-10"),
         "settings: expected plain YAML, received a date (2023-11-10); a text like it needs quotes"),
        ("date that is none", text("mnist: demo", "mnist: 2023-11-31"),
         "settings: expected YAML, received something else: found no valid timestamp (day is out of range for month) "
         "in line 9"),
        ("YAML of another version", text("seed: 1", "%YAML 1.1\n---\nseed: 1"),
         "settings: expected YAML, received something else: found a version other than 1.2 in line 5"),
        ("half a character", text("float32", '"\\ud800"'),
         "settings: expected plain YAML, received <...>hex escape<...>"),
        ("not UTF-8", content("params.yaml", "größe: 1".encode("latin-1")),
         "settings: expected plain YAML, received 'utf-8' codec can't decode byte 0xf6 in position 2: <...>"),
        ("list of settings", content("params.yaml", b"- seed\n- 1\n"),
         "the whole file: expected an object, received ['seed', 1]"),
        ("empty settings", content("params.yaml", b""), "the whole file: expected an object, received None"),
        ("missing settings", gone("params.yaml"), "settings: expected a file, received nothing of that name"),
        ("folder for settings", both(gone("params.yaml"), lambda _: Path("params.yaml").mkdir()),
         "file or folder: expected a file, received Is a directory"),
    ),
    *rows("stages.fetch_clocks", "params.yaml",
        ("size without official clocks", setting("fetch.clocks", "official"),
         "render.image_size: expected 150 or 75, the sizes of the official clocks, received 36"),
    ),
    *rows("stages.prepare mnist", "params.yaml",
        ("too few training images", setting("prepare.most_training_images", 8),
         "prepare.most_training_images: expected so many that each class is among them, received 8, without class 0"),
        ("settings wrong, in any stage", setting("vae.filters", 0), "vae.filters: expected greater than 0, received 0"),
    ),
]

SOURCES = [
    *rows("stages.fetch mnist", "nowhere",
        ("missing folder", setting("fetch.mnist", "nowhere"),
         f"source: expected {IDX_LAYOUT}, received no such path"),
    ),
    *rows("stages.fetch mnist", "~nobody_of_that_name/mnist",
        ("home folder of nobody", setting("fetch.mnist", "~nobody_of_that_name/mnist"),
         "source: expected a path, received Could not determine home directory."),
    ),
    *rows("stages.fetch mnist", "sources/mnist",
        ("empty folder", emptied("sources/mnist"), f"source: expected {IDX_LAYOUT}, received no such file"),
        ("two archives of Keras in a folder",
         both(emptied("sources/mnist"), *(content(f"sources/mnist/{name}.npz", b"1") for name in ("mnist", "imdb"))),
         "source: expected one .npz (a setting may name the file), received 2: sources/mnist/imdb.npz, "
         "sources/mnist/mnist.npz"),
        ("missing file", gone("sources/mnist/t10k-labels-idx1-ubyte.gz"),
         "source: expected the file t10k-labels-idx1-ubyte, .gz or unpacked, received no such file"),
        ("unpacked file with another content",
         unpacked("t10k-labels-idx1-ubyte", lambda whole: whole[:-1] + b"\7"),
         "source: expected one content of t10k-labels-idx1-ubyte, received two: sources/mnist/t10k-labels-idx1-ubyte "
         "and sources/mnist/t10k-labels-idx1-ubyte.gz"),
        ("dotted file with another content",
         both(unpacked("t10k-labels-idx1-ubyte", lambda whole: whole), gone("sources/mnist/t10k-labels-idx1-ubyte.gz"),
              content("sources/mnist/t10k-labels.idx1-ubyte", b"\0\0\x08\x01\0\0\0\1\0")),
         "source: expected one content of t10k-labels-idx1-ubyte, received two: sources/mnist/t10k-labels-idx1-ubyte "
         "and sources/mnist/t10k-labels.idx1-ubyte"),
    ),
    *rows("stages.fetch mnist", "sources/mnist/t10k-labels-idx1-ubyte.gz",
        ("zero bytes", content("sources/mnist/t10k-labels-idx1-ubyte.gz", b""),
         "source: expected content, received 0 bytes"),
        (".gz that is not packed", changed("sources/mnist/t10k-labels-idx1-ubyte.gz", gzip.decompress),
         "source: expected a packed file, as its name says, received one that is not packed"),
        ("source cut short", cut("sources/mnist/t10k-labels-idx1-ubyte.gz", 20),
         "IDX file: expected a whole gzip file, received Compressed file ended before the end-of-stream marker was "
         "reached"),
        ("source with a label beyond the classes",
         idx("sources/mnist/t10k-labels-idx1-ubyte.gz", np.full(20, 10, np.uint8)),
         "labels: expected classes 0..9, received 10"),
    ),
    *rows("stages.fetch mnist", "sources/mnist/t10k-labels-idx1-ubyte",
        ("unpacked file that is packed", only_unpacked("t10k-labels-idx1-ubyte", gzip.compress),
         "source: expected a plain file, as its name says, received one that is packed by gzip"),
        ("unpacked file cut short", only_unpacked("t10k-labels-idx1-ubyte", lambda whole: whole[:-1]),
         "length: expected 28 bytes for (20,), received 27"),
        ("unpacked file too large",
         both(only_unpacked("t10k-labels-idx1-ubyte", lambda whole: whole + bytes(500_000)),
              lambda patch: patch.setattr(idx_format, "LARGEST_IDX", 400_000)),
         "size: expected at most 400,000 bytes of content, received more"),
    ),
    *rows("stages.fetch mnist", "sources/mnist/a/mnist.npz",
        ("archive of Keras in a folder that is none",
         both(emptied("sources/mnist"), content("sources/mnist/a/mnist.npz", b"no archive")),
         "archive: expected a whole .zip, received File is not a zip file"),
        ("archive of Keras in a folder that holds no array",
         both(emptied("sources/mnist"), content("sources/mnist/a/mnist.npz", zipped({"a.txt": b""}))),
         "source: expected the arrays x_train, y_train, x_test, y_test, received none"),
    ),
    *rows("stages.fetch mnist", "sources/mnist.zip",
        ("IDX file that is no archive", source_file("mnist", "mnist.zip", b"\0\0\x08\x01\0\0\0\1\0"),
         f"source: expected {IDX_LAYOUT}, received a file of another kind"),
        ("zip without IDX files", source_file("mnist", "mnist.zip", zipped({"mnist.csv": b"1,2"})),
         f"source: expected {IDX_LAYOUT}, received no such file"),
        ("zip of IDX files with a password",
         source_file("mnist", "mnist.zip", bad_input.encrypted(zipped({"train-images-idx3-ubyte": b"content"}))),
         "archive: expected a whole .zip, received File <...> is encrypted, password required for extraction"),
        ("zip of IDX files that is damaged",
         source_file("mnist", "mnist.zip", zipped({"train-images-idx3-ubyte": b"content"}).replace(b"nte", b"m m", 1)),
         "archive: expected a whole .zip, received Bad CRC-32 for file 'train-images-idx3-ubyte'"),
        ("zip that is a bomb",
         both(source_file("mnist", "mnist.zip", zipped({"train-images-idx3-ubyte": bytes(2_000_000)})),
              lambda patch: patch.setattr(files, "LARGEST_MEMBER", 1_000_000)),
         ", train-images-idx3-ubyte: size: expected at most 1,000,000 bytes of content, received more"),
        ("file twice in a zip",
         source_file("mnist", "mnist.zip", zipped({"a/train-images-idx3-ubyte": b"\0\0\x08\1\0\0\0\1\0",
                                                   "train-images.idx3-ubyte": b"\0\0\x08\1\0\0\0\1\1"})),
         "source: expected one content of train-images-idx3-ubyte, received two: sources/mnist.zip, "
         "a/train-images-idx3-ubyte and sources/mnist.zip, train-images.idx3-ubyte"),
        ("archive of other arrays", source_file("mnist", "mnist.zip", zipped({"train_images.npy": b"", "a.npy": b""})),
         "source: expected the arrays x_train, y_train, x_test, y_test, received a, train_images"),
        ("archive of arrays that are none", source_file("mnist", "mnist.zip", zipped(NO_ARRAYS)),
         ", x_train: array: expected a whole .npy file of numbers, received EOF: reading magic string, expected 8 "
         "bytes got 4"),
    ),
    *rows("stages.fetch cifar10", "sources",
        ("folder without the archive", setting("fetch.cifar10", "sources"),
         f"source: expected {CIFAR10_LAYOUT}, received neither"),
    ),
    *rows("stages.fetch cifar10", "nowhere",
        ("missing CIFAR-10", setting("fetch.cifar10", "nowhere"),
         f"source: expected {CIFAR10_LAYOUT}, received no such path"),
    ),
    *rows("stages.fetch cifar10", "sources/cifar10.tar.gz",
        ("CIFAR-10's archive is empty", content("sources/cifar10.tar.gz", b""),
         "source: expected content, received 0 bytes"),
        ("CIFAR-10's archive is a text", content("sources/cifar10.tar.gz", b"no archive"),
         "archive: expected a whole .tar.gz, received Not a gzipped file (b'no')"),
        ("CIFAR-10's archive holds pickles",
         content("sources/cifar10.tar.gz", tar({"cifar-10-batches-py/data_batch_1": b"\x80\x04N."}, mode="w:gz")),
         "CIFAR-10: expected the binary version (cifar-10-binary.tar.gz), received the Python version, in pickles"),
    ),
    *rows("stages.fetch cifar10", "sources/cifar10",
        ("CIFAR-10's folder holds pickles",
         both(setting("fetch.cifar10", "sources/cifar10"),
              content("sources/cifar10/cifar-10-batches-py/data_batch_1", b"\x80\x04N.")),
         "CIFAR-10: expected the binary version (cifar-10-binary.tar.gz), received the Python version, in pickles"),
        ("CIFAR-10's folder holds Keras's archive",
         both(setting("fetch.cifar10", "sources/cifar10"),
              content("sources/cifar10/datasets/cifar-10-batches-py.tar.gz", b"")),
         "CIFAR-10: expected the binary version (cifar-10-binary.tar.gz), received the Python version, in pickles"),
        ("unpacked batch missing", unpacked_cifar10(**{"data_batch_4.bin": None}),
         "source: expected the file data_batch_4.bin, received no such file"),
        ("unpacked batch cut short", unpacked_cifar10(**{"test_batch.bin": bytes(3072)}),
         "length of test_batch.bin: expected a multiple of 3073 bytes, received 3072"),
        ("archive beside another content", both(unpacked_cifar10(), copied_cifar10),
         "source: expected one content of CIFAR-10, received two: sources/cifar10/cifar-10-binary.tar.gz and the .bin "
         "files in sources/cifar10"),
        ("batch twice with two contents",
         both(unpacked_cifar10(), content("sources/cifar10/old/test_batch.bin", b"\1" + bytes(3072))),
         "source: expected one content of test_batch.bin, received two, one in sources/cifar10/old/test_batch.bin"),
    ),
    *rows("stages.fetch cifar10", "sources/cifar.zip, a/cifar-10-binary.tar.gz",
        ("CIFAR-10's archive in a zip is a text",
         source_file("cifar10", "cifar.zip", zipped({"a/cifar-10-binary.tar.gz": b"no archive"})),
         "archive: expected a whole .tar.gz, received Not a gzipped file (b'no')"),
        ("CIFAR-10's archive in a zip is empty",
         source_file("cifar10", "cifar.zip", zipped({"a/cifar-10-binary.tar.gz": b""})),
         "source: expected content, received 0 bytes"),
    ),
    *rows("stages.fetch_clocks", "sources/clocks/images.npy",
        ("clocks in colour", array("sources/clocks/images.npy", lambda values: np.stack([values] * 3, axis=-1)),
         "images: expected (n, size, size), or a last axis of 1, received (30, 36, 36, 3)"),
        ("clocks without a row", array("sources/clocks/images.npy", lambda values: values[0]),
         "array: expected 3 or 4 dimensions, received (36, 36)"),
        ("images of clocks cut short", cut("sources/clocks/images.npy", -1),
         "array: expected 39008 bytes for uint8, (30, 36, 36), received 39007"),
    ),
    *rows("stages.fetch_clocks", "sources/clocks",
        ("clocks without labels", gone("sources/clocks/labels.npy"),
         "source: expected the file labels.npy, received no such file"),
    ),
    *rows("stages.fetch leaves", "nowhere",
        ("missing leaves", setting("fetch.leaves", "nowhere"),
         "source of the leaves: expected a folder, .tar or .zip with <Crop___Condition>/<name>.JPG, received "
         "no such path"),
    ),
    *rows("stages.fetch leaves", "sources/fern",
        ("folder that is no class", both(setting("fetch.leaves", "sources/fern"), moved(CLASS_FOLDER, "sources/fern")),
         "source of the leaves: expected a folder, .tar or .zip with <Crop___Condition>/<name>.JPG, received images in "
         "folders that are no class: fern"),
    ),
    *rows("stages.fetch leaves", "sources/leaves",
        ("empty folder of leaves", emptied("sources/leaves"),
         "source of the leaves: expected a folder, .tar or .zip with <Crop___Condition>/<name>.JPG, received "
         "no such image in it"),
        ("class without images", emptied(f"sources/leaves/train/{CLASSES[2]}"),
         "source of the leaves: expected images in train/Grape___Esca, received none"),
    ),
]

OWN_PICTURES = [
    *rows("stages.fetch mnist", "own",
        ("one class only", own({"train/cat/1.png": picture()}),
         ", train: classes: expected 2 to 256 class folders, received 1: cat"),
        ("one class only, without a folder train", own({"cat/1.png": picture()}),
         "classes: expected 2 to 256 class folders, received 1: cat"),
        ("more classes than a byte has values", own({f"{number}/1.png": b"" for number in range(257)}),
         "classes: expected 2 to 256 class folders, received 257: 0, 1, 10 and 254 more"),
        ("class folder without pictures", both(own(CATS_AND_DOGS), lambda _: Path("own/train/fox").mkdir()),
         "class: expected pictures in train/fox, received none"),
        ("class in test without pictures", both(own(CATS_AND_DOGS), lambda _: Path("own/test/cat").mkdir(parents=True)),
         "class: expected pictures in test/cat, received none"),
        ("class in test that train lacks", own(CATS_AND_DOGS | {"test/Cat/1.png": picture()}),
         ", test: classes: expected the classes of train: cat, dog, received Cat"),
        ("test without train", own({"test/cat/1.png": picture(), "test/dog/1.png": picture()}),
         "source: expected a folder train beside test, received none"),
        ("train twice", own(CATS_AND_DOGS | {"Train/cat/1.png": picture()}),
         "source: expected one folder train, received Train and train"),
        ("names of classes that look alike",
         own({"\u00e9/1.png": picture(), "e\u0301/1.png": picture(), "f/1.png": picture()}),
         "classes: expected names that differ in more than the encoding of their characters, received two folders "
         "<...>"),
        ("name of a class with a line break", own({"a\nb/1.png": picture(), "f/1.png": picture()}),
         "classes: expected names of printable characters in UTF-8, received a b"),
        ("file in a class folder that is no picture", own(CATS_AND_DOGS | {"train/cat/notes.txt": b"no picture"}),
         "/train/cat/notes.txt: picture: expected an image file, received something else"),
        ("empty file in a class folder", own(CATS_AND_DOGS | {"train/dog/7.jpg": b""}),
         "/train/dog/7.jpg: picture: expected an image file, received something else"),
        ("own picture cut short", own(CATS_AND_DOGS | {"train/dog/7.png": picture(image_format="PNG")[:500]}),
         "/train/dog/7.png: picture: expected a whole image file, received <...>"),
        ("own picture that is a bomb", own(CATS_AND_DOGS | {"train/dog/7.png": bad_input.bomb()}),
         "/train/dog/7.png: picture: expected at most <...> pixels, received more"),
        ("picture of a few pixels", own(CATS_AND_DOGS | {"train/dog/7.png": picture(size=(40, 7))}),
         "/train/dog/7.png: picture: expected 8 pixels or more on each side, received 40x7"),
        ("picture beyond the limit", both(own(CATS_AND_DOGS), limit_of_images),
         "/train/cat/0.png: picture: expected at most 1,000 bytes, received <...>"),
        ("pictures that are too many for their size",
         both(own(CATS_AND_DOGS), setting("class_folders.image_size", 512),
              lambda patch: patch.setattr(idx_format, "LARGEST_IDX", 1_000_000)),
         "pictures: expected at most 1,000,000 bytes in all (class_folders.image_size makes them smaller), received "
         "15,728,640"),
    ),
    *rows("stages.fetch mnist", "params.yaml",
        ("too few pictures for a test split",
         own({f"{name}/{number}.png": picture(number) for name in "ab" for number in range(2)}),
         "split: expected enough examples of each class for both parts, received 4 examples, fraction 0.2 (<...>)"),
    ),
    *rows("stages.fetch cifar10", "sources/own.tar.gz",
        ("tar of class folders cut short",
         source_file("cifar10", "own.tar.gz", tar(CATS_AND_DOGS, mode="w:gz")[:-20]),
         "source: expected a whole archive, received Compressed file ended before the end-of-stream marker was "
         "reached"),
        ("picture twice in a tar of class folders",
         source_file("cifar10", "own.tar.gz", gzip.compress(joined_tars(CATS_AND_DOGS, {"./train/cat/0.png": b"1"}))),
         "source: expected each file once, received train/cat/0.png twice"),
        ("file in an archive of class folders that is no picture",
         source_file("cifar10", "own.tar.gz", tar(CATS_AND_DOGS | {"train/cat/9.gif": b"GIF"}, mode="w:gz")),
         ", train/cat/9.gif: picture: expected an image file, received something else"),
    ),
]

ARCHIVES = [
    *rows("stages.fetch leaves", "sources/leaves.tar",
        ("no archive", source_of_leaves("leaves.tar", b"no archive"),
         "source of the leaves: expected a whole archive, received a damaged header (truncated header)"),
        ("empty file as archive", source_of_leaves("leaves.tar", b""),
         "source of the leaves: expected a whole archive, received a damaged header (empty header)"),
        ("tar cut short", source_of_leaves("leaves.tar", tar(leaves(picture()))[:9000]),
         "source of the leaves: expected a whole archive, received unexpected end of data"),
        ("tar cut between files", source_of_leaves("leaves.tar", tar(leaves(picture(size=(8, 8))))[:2048]),
         "source of the leaves: expected a whole archive, received a damaged header (empty header)"),
        ("tar with a damaged header",
         source_of_leaves("leaves.tar", tar(leaves(picture())).replace(b"Grape___Esca", b"Grape___esca", 1)),
         "source of the leaves: expected a whole archive, received a damaged header (bad checksum)"),
        ("tar with a size beyond all disks",
         source_of_leaves("leaves.tar", bad_input.forged_size("train/A___x/1.JPG", 1 << 60)),
         "source of the leaves: expected a whole archive, received a damaged header (a size of 1152921504606846976 "
         "bytes)"),
        ("path out of the archive", source_of_leaves("leaves.tar", tar({"train/A___x/../../../stray.JPG": picture()})),
         "source of the leaves: expected a folder, .tar or .zip with <Crop___Condition>/<name>.JPG, received "
         "no such image in it"),
        ("absolute link in the archive", source_of_leaves("leaves.tar", tar({"train/A___x/1.JPG": b"-> /etc/passwd"})),
         "source of the leaves: expected a folder, .tar or .zip with <Crop___Condition>/<name>.JPG, received "
         "no such image in it"),
        ("link out of the archive",
         source_of_leaves("leaves.tar", tar({"train/A___x/1.JPG": b"-> ../../../../params.yaml"})),
         "source of the leaves: expected a folder, .tar or .zip with <Crop___Condition>/<name>.JPG, received "
         "no such image in it"),
    ),
    *rows("stages.fetch leaves", "sources/leaves.tar, groups.csv",
        ("listed picture whose name is no UTF-8",
         source_of_leaves("leaves.tar", tar({"A___\udcff/1.JPG": picture(), "groups.csv": b"file,group\n1.JPG,a\n"})),
         "groups of leaves: expected pictures whose names are UTF-8, received train/A___\\udcff/1.JPG"),
    ),
    *rows("stages.fetch leaves", "sources/leaves.tar",
        ("picture twice in a tar with two contents",
         source_of_leaves("leaves.tar", joined_tars({"A___x/1.JPG": picture(1)}, {"./A___x/1.JPG": picture(2)})),
         "source of the leaves: expected one content of A___x/1.JPG, received two"),
        ("list of leaves twice in a tar with two contents",
         source_of_leaves("leaves.tar", joined_tars(leaves(picture()) | {"groups.csv": b"1"}, {"groups.csv": b"2"})),
         "source of the leaves: expected one content of groups.csv, received two"),
    ),
    *rows("stages.fetch leaves", "sources/leaves.tar.gz",
        ("tar.gz cut short", source_of_leaves("leaves.tar.gz", tar(leaves(picture()), mode="w:gz")[:-20]),
         "source of the leaves: expected a whole archive, received Compressed file ended before the end-of-stream "
         "marker was reached"),
    ),
    *rows("stages.fetch leaves", "sources/leaves.zip",
        ("zip cut short", source_of_leaves("leaves.zip", zipped(leaves(picture()))[:9000]),
         "source of the leaves: expected a whole archive, received a damaged header (bad checksum)"),
        ("zip with damaged content",
         source_of_leaves("leaves.zip", zipped(leaves(b"content")).replace(b"content", b"damaged", 1)),
         "source of the leaves: expected a whole archive, received Bad CRC-32 for file 'train/Apple___healthy/2.JPG'"),
        ("list of leaves beyond the limit", both(listed(b"file,group\n" + b"-" * 1000), limit_of_images),
         ", groups.csv: list: expected at most 1,000 bytes, received 1,011"),
        ("list of leaves that is no text", listed(picture()),
         ", groups.csv: groups of leaves: expected a .csv file, names with a comma in quotes, received <...>"),
        ("list of leaves with a comma that is not in quotes", listed(b"file,group\nPepper,_bell___healthy/1.JPG,1\n"),
         ", groups.csv: groups of leaves: expected a .csv file, names with a comma in quotes, received <...>"),
        ("list of leaves without groups", listed(b"file,leaf\n1.JPG,1\n"),
         ", groups.csv: groups of leaves: expected the column group, received file, leaf"),
        ("empty group in a list of leaves", listed(b"file,group\nApple___healthy/1.JPG,1\nApple___healthy/2.JPG,\n"),
         ", groups.csv: groups of leaves: expected a group in each row, received none in row 2"),
        ("list of leaves with another file", listed(b"file,group\nApple___healthy/9.JPG,1\n"),
         ", groups.csv: groups of leaves: expected pictures of the source, received Apple___healthy/9.JPG, which is "
         "not there"),
        ("list of leaves with a name that two files have", listed(b"file,group\n4.JPG,1\n"),
         ", groups.csv: groups of leaves: expected <class>/<file>, received 4.JPG, which may be "
         "train/Apple___Black_rot/4.JPG or <...> or train/Grape___healthy/4.JPG"),
        ("file twice in a list of leaves", listed(b"file,group\nApple___healthy/1.JPG,1\nApple___healthy/1.JPG,2\n"),
         ", groups.csv: groups of leaves: expected each file once, received Apple___healthy/1.JPG twice"),
        ("group of leaves in two classes",
         listed(b"file,group\nApple___healthy/1.JPG,1\nGrape___Esca/1.JPG, 1\n"),
         ", groups.csv: groups of leaves: expected groups within one class (if numbers restart in each class, "
         "put the class before them), received group 1 in Apple___healthy and Grape___Esca"),
        ("list of leaves with a folder that a picture at the root lacks",
         source_of_leaves("leaves.zip", zipped({"1.JPG": picture(1), "Tomato_healthy/1.JPG": picture(2),
                                                "groups.csv": b"file,group\nApple_scab/1.JPG,a\n"})),
         ", groups.csv: groups of leaves: expected pictures of the source, received Apple_scab/1.JPG, which is not "
         "there"),
        ("file under two names in a list of leaves",
         listed(b"file,group\nApple___healthy/1.JPG,1\ntrain/Apple___healthy/1.JPG,1\n"),
         ", groups.csv: groups of leaves: expected each file once, received train/Apple___healthy/1.JPG twice"),
        ("image beyond the limit", both(source_of_leaves("leaves.zip", zipped(leaves(picture()))), limit_of_images),
         ", train/Apple___Black_rot/0.JPG: image: expected at most 1,000 bytes, received 1,251"),
        ("zip with a password",
         source_of_leaves("leaves.zip", bad_input.encrypted(zipped({"train/A___x/1.JPG": picture()}))),
         "source of the leaves: expected a whole archive, received File <...> is encrypted, password required for "
         "extraction"),
        ("absolute path in a zip", source_of_leaves("leaves.zip", zipped({"/tmp/stray/1.JPG": picture()})),
         "source of the leaves: expected a folder, .tar or .zip with <Crop___Condition>/<name>.JPG, received "
         "images in folders that are no class: stray"),
        ("folders that are no class", source_of_leaves("leaves.zip", zipped(UNKNOWN_CLASSES)),
         "source of the leaves: expected a folder, .tar or .zip with <Crop___Condition>/<name>.JPG, received "
         "images in folders that are no class: fern, moss, oak and 1 more"),
        ("class in two versions, none of them in colour", source_of_leaves("leaves.zip", zipped(TWO_VERSIONS)),
         "source of the leaves: expected Apple___healthy in one folder (fetch.leaves may name a part of the source), "
         "received other files in raw/grayscale/Apple___healthy than in raw/segmented/Apple___healthy"),
        ("class in two spellings", source_of_leaves("leaves.zip", zipped(TWO_SPELLINGS)),
         "source of the leaves: expected Tomato___healthy in one folder (join Tomato___healthy and Tomato_healthy, or "
         "rename one), received other files in Tomato___healthy than in Tomato_healthy"),
        ("class whose pictures lie one folder deeper",
         source_of_leaves("leaves.zip", zipped({"A___x/1.JPG": picture(1), "A___y/sub/2.JPG": picture(2)})),
         "source of the leaves: expected images in A___y, received none"),
        ("two lists of leaves", source_of_leaves("leaves.zip", zipped(TWO_LISTS)),
         "source of the leaves: expected one groups.csv, received groups.csv and train/groups.csv"),
    ),
]

RAW_FILES = [
    *rows("stages.prepare mnist", TRAIN_IMAGES,
        ("IDX file missing", gone(TRAIN_IMAGES), "IDX file: expected a file, received nothing of that name"),
        ("IDX file cut short", cut(TRAIN_IMAGES, 400),
         "IDX file: expected a whole gzip file, received Compressed file ended before the end-of-stream marker was "
         "reached"),
        ("IDX file of zero bytes", content(TRAIN_IMAGES, b""),
         "magic number: expected 0x0000080N, N from 1 to 4, received 0x"),
        ("IDX file not compressed", content(TRAIN_IMAGES, b"\0\0\x08\x01\0\0\0\x01\0"),
         "IDX file: expected a whole gzip file, received Not a gzipped file (b'\\x00\\x00')"),
        ("IDX file with damaged bytes", changed(TRAIN_IMAGES, lambda whole: whole[:200] + bytes(8) + whole[208:]),
         "IDX file: expected a whole gzip file, received CRC check failed<...>"),
        ("wrong magic", changed(TRAIN_IMAGES, gunzipped(lambda whole: b"\0\0\x0d" + whole[3:])),
         "magic number: expected 0x0000080N, N from 1 to 4, received 0x00000d03"),
        ("a hundred dimensions",
         changed(TRAIN_IMAGES, gunzipped(lambda _: b"\0\0\x08\x64" + b"\0\0\0\x01" * 100 + b"\0")),
         "magic number: expected 0x0000080N, N from 1 to 4, received 0x00000864"),
        ("a byte too few", changed(TRAIN_IMAGES, gunzipped(lambda whole: whole[:-1])),
         "length: expected 156816 bytes for (200, 28, 28), received 156815"),
        ("a byte too many", changed(TRAIN_IMAGES, gunzipped(lambda whole: whole + b"\0")),
         "length: expected 156816 bytes for (200, 28, 28), received 156817"),
        ("IDX file too large when decompressed", lambda patch: patch.setattr(idx_format, "LARGEST_IDX", 1000),
         "size: expected at most 1,000 bytes of content, received more"),
        ("a size beyond all memory",
         changed(TRAIN_IMAGES, gunzipped(lambda whole: b"\0\0\x08\x03" + b"\xff" * 12 + whole[16:])),
         "shape: expected at most 1,073,741,824 numbers, received (4294967295, 4294967295, 4294967295)"),
        ("labels for images", copied(TRAIN_LABELS, TRAIN_IMAGES),
         "images: expected shape (n, height, width) or (n, height, width, 3), received (200,)"),
        ("images of two channels", idx(TRAIN_IMAGES, np.zeros((200, 28, 28, 2), np.uint8)),
         "images: expected shape (n, height, width) or (n, height, width, 3), received (200, 28, 28, 2)"),
        ("no images", idx(TRAIN_IMAGES, np.zeros((0, 28, 28), np.uint8)),
         "images: expected shape (n, height, width) or (n, height, width, 3), received (0, 28, 28)"),
    ),
    *rows("stages.prepare mnist", TRAIN_LABELS,
        ("images for labels", copied(TEST_IMAGES, TRAIN_LABELS),
         "labels: expected one for each of 200 images, received (20, 28, 28)"),
        ("labels of another file", copied(TEST_LABELS, TRAIN_LABELS),
         "labels: expected one for each of 200 images, received (20,)"),
        ("label beyond the classes", idx(TRAIN_LABELS, np.full(200, 10, np.uint8)),
         "labels: expected classes 0..9, received 10"),
    ),
    *rows("stages.prepare mnist", TRAIN_LABELS,
        ("label beyond the names of classes", content(CLASS_NAMES, b'{"classes": ["a", "b", "c"]}'),
         "labels: expected classes 0..2, received 9"),
    ),
    *rows("stages.prepare mnist", CLASS_NAMES,
        ("names of classes missing", gone(CLASS_NAMES), "file: expected a .json file, received nothing of that name"),
        ("names of classes without names", content(CLASS_NAMES, b'{"names": []}'),
         "file: expected the key classes, received names"),
        ("names of classes that are numbers", content(CLASS_NAMES, b'{"classes": [0, 1]}'),
         "classes: expected a list of names, received [0, 1]"),
        ("name of one class only", content(CLASS_NAMES, b'{"classes": ["a"]}'),
         "classes: expected 2 to 256 names, received 1"),
        ("name of a class twice", content(CLASS_NAMES, b'{"classes": ["a", "b", "a"]}'),
         "classes: expected each name once, received a twice"),
    ),
    *rows("stages.prepare mnist", TEST_IMAGES,
        ("test images of another size", idx(TEST_IMAGES, np.zeros((20, 14, 14), np.uint8)),
         "images: expected (28, 28) pixels, as in the training file, received (14, 14)"),
    ),
    *rows("stages.prepare mnist", "data/raw/mnist",
        ("pictures that are too small for the networks",
         both(idx(TRAIN_IMAGES, np.zeros((200, 28, 7), np.uint8)), idx(TEST_IMAGES, np.zeros((20, 28, 7), np.uint8))),
         "images: expected 8 pixels or more on each side, which the networks need, received 7x28"),
    ),
    *rows("stages.prepare mnist", "params.yaml",
        ("a class of one image", idx(TRAIN_LABELS, np.array([7] + [1] * 199, np.uint8)),
         "split: expected enough examples of each class for both parts, received 200 examples, fraction "
         "0.1 (<...>)"),
    ),
    *rows("stages.prepare cifar10", CIFAR10,
        ("CIFAR-10 archive missing", gone(CIFAR10), "archive: expected a file, received nothing of that name"),
        ("CIFAR-10 archive cut short", cut(CIFAR10, -5000),
         "archive: expected a whole .tar.gz, received Compressed file ended before the end-of-stream marker was "
         "reached"),
        ("CIFAR-10 archive of another kind", content(CIFAR10, b"no archive"),
         "archive: expected a whole .tar.gz, received Not a gzipped file (b'no')"),
        ("CIFAR-10 batch of a size beyond all disks",
         content(CIFAR10, gzip.compress(bad_input.forged_size("cifar-10-batches-bin/data_batch_1.bin", 1 << 60))),
         "archive: expected a whole .tar.gz, received a damaged header (a size of 1152921504606846976 bytes)"),
        ("CIFAR-10 archive with a wrong checksum", changed(CIFAR10, lambda whole: whole[:-8] + bytes(4) + whole[-4:]),
         "archive: expected a whole .tar.gz, received CRC check failed<...>"),
        ("CIFAR-10 archive with a damaged header",
         changed(CIFAR10, gunzipped(lambda whole: whole.replace(b"data_batch_2", b"data_batch_7", 1))),
         "archive: expected a whole .tar.gz, received a damaged header (bad checksum)"),
        ("CIFAR-10 archive too large when decompressed",
         lambda patch: patch.setattr(cifar10_format, "_LARGEST_CIFAR10", 100_000),
         "size: expected at most 100,000 bytes of content, received more"),
        ("CIFAR-10 batch missing", content(CIFAR10, cifar10(bytes(3073), without="data_batch_3.bin")),
         "archive: expected cifar-10-batches-bin/data_batch_3.bin, received no such member"),
        ("CIFAR-10 rows of another length", content(CIFAR10, cifar10(bytes(3072))),
         "length of data_batch_1.bin: expected a multiple of 3073 bytes, received 3072"),
        ("CIFAR-10 batch of zero bytes", content(CIFAR10, cifar10(b"")),
         "length of data_batch_1.bin: expected a multiple of 3073 bytes, received 0"),
        ("CIFAR-10 label beyond the classes", content(CIFAR10, cifar10(b"\x0a" + bytes(3072))),
         ", data_batch_1.bin: labels: expected classes 0..9, received 10"),
        ("CIFAR-10 batches that are links", content(CIFAR10, cifar10(b"-> /etc/passwd")),
         "archive: expected cifar-10-batches-bin/data_batch_1.bin, received no such member"),
        ("CIFAR-10 in pickles", content(CIFAR10, tar({"cifar-10-batches-py/data_batch_1": b"\x80\x04N."}, mode="w:gz")),
         "CIFAR-10: expected the binary version (cifar-10-binary.tar.gz), received the Python version, in pickles"),
    ),
    *rows("stages.prepare_leaves", LEAVES,
        ("leaves missing", gone(LEAVES), "leaves: expected a tar archive, received nothing of that name"),
        ("leaves cut short", cut(LEAVES, 20_000),
         "leaves: expected a whole tar archive, received unexpected end of data"),
        ("leaves with a damaged header",
         changed(LEAVES, lambda whole: whole.replace(b"train/Grape___Esca", b"train/Grape___esca", 1)),
         "leaves: expected a whole tar archive, received a damaged header (bad checksum)"),
        ("leaves without a class", content(LEAVES, tar({"train/1.JPG": picture()})),
         "leaves: expected train/<Crop___Condition>/<file>, received none"),
        ("zero-byte JPEG", content(LEAVES, tar(leaves(b""))),
         ", train/Apple___healthy/2.JPG: image: expected a picture that decodes, received 0 bytes (of no known "
         "format)"),
        ("text as JPEG", content(LEAVES, tar(leaves(b"no picture"))),
         ", train/Apple___healthy/2.JPG: image: expected a picture that decodes, received 10 bytes (of no known "
         "format)"),
        ("JPEG cut short", content(LEAVES, tar(leaves(picture()[:400]))),
         ", train/Apple___healthy/2.JPG: image: expected a picture that decodes, received 400 bytes (<...>)"),
        ("PNG named JPG, cut short", content(LEAVES, tar(leaves(picture(image_format="PNG")[:400]))),
         ", train/Apple___healthy/2.JPG: image: expected a picture that decodes, received 400 bytes (<...>)"),
        ("1x1 picture", content(LEAVES, tar(leaves(picture(size=(1, 1))))),
         ", train/Apple___healthy/2.JPG: size of image: expected a square, n * 32 (or prepare_leaves.other_sizes: "
         "resize), received 1x1"),
        ("picture that is no square", content(LEAVES, tar(leaves(picture(size=(64, 32))))),
         ", train/Apple___healthy/2.JPG: size of image: expected a square, n * 32 (or prepare_leaves.other_sizes: "
         "resize), received 64x32"),
        ("decompression bomb", content(LEAVES, tar(leaves(bad_input.bomb()))),
         ", train/Apple___healthy/2.JPG: image: expected a picture that decodes, received 74 bytes (Image size "
         "(3600000000 pixels) exceeds limit of <...>)"),
        ("more unreadable than allowed",
         both(setting("prepare_leaves.most_unreadable_images", 1), content(LEAVES, tar(TWO_UNREADABLE))),
         "images: expected at most 1 that do not decode (prepare_leaves.most_unreadable_images), received 2: "
         "train/Apple___healthy/2.JPG: image: expected a picture that decodes, received 0 bytes (of no known "
         "format); train/Apple___healthy/3.JPG: image: expected a picture that decodes, received 1 bytes (of no "
         "known format)"),
    ),
    *rows("stages.prepare_leaves", "leaves",
        ("one picture a class", setting("prepare_leaves.most_images_per_class", 1),
         f"split: expected {TWO_LEAVES}, received 1 of Apple___Black_rot"),
        ("one leaf of a class", content(LEAF_LIST, ONE_LEAF),
         f"split: expected {TWO_LEAVES}, received 1 of Grape___Esca"),
    ),
    *rows("stages.prepare_leaves", LEAF_LIST,
        ("list of leaves that the archive lacks", content(LEAF_LIST, b"file,group\nApple___healthy/1.JPG,1\n"),
         "groups of leaves: expected members of leaves.tar, received Apple___healthy/1.JPG"),
        ("list of leaves with quotes that do not close", content(LEAF_LIST, b'file,group\n"train/Apple,1\n'),
         "groups of leaves: expected a .csv file, names with a comma in quotes, received <...>"),
    ),
]

ARRAYS = [
    *rows("stages.split_clocks", CLOCK_LABELS,
        ("pickle for an array", content(CLOCK_LABELS, b"\x80\x04]\x94(K\x01K\x02e."),
         "array: expected a whole .npy file of numbers, received the magic string is not correct; expected "
         "b'\\x93NUMPY', got b'\\x80\\x04]\\x94(K'"),
        ("array of objects", lambda _: np.save(CLOCK_LABELS, np.array([[{}, 1]], object), allow_pickle=True),
         "array: expected numbers, received dtype object"),
        ("archive for an array", content(CLOCK_LABELS, zipped({"labels.npy": b""})),
         "array: expected a whole .npy file of numbers, received the magic string is not correct; expected "
         "b'\\x93NUMPY', got b'PK\\x03\\x04<...>'"),
        ("array missing", gone(CLOCK_LABELS), "array: expected a .npy file, received nothing of that name"),
        ("array of zero bytes", content(CLOCK_LABELS, b""),
         "array: expected a whole .npy file of numbers, received EOF: reading magic string, expected 8 bytes got 0"),
        ("array cut short", cut(CLOCK_LABELS, -8), "array: expected 608 bytes for int64, (30, 2), received 600"),
        ("array with bytes too many", changed(CLOCK_LABELS, lambda whole: whole + bytes(8)),
         "array: expected 608 bytes for int64, (30, 2), received 616"),
        ("array of a later version",
         header(CLOCK_LABELS, "{'descr': '<i8', 'fortran_order': False, 'shape': (30, 2), }", version=4),
         "array: expected a whole .npy file of numbers, received format version 4.0"),
        ("array with a damaged header", header(CLOCK_LABELS, "{'descr': '<i8', 'fortran_order': "),
         "array: expected a whole .npy file of numbers, received an invalid header (<...>)"),
        ("array larger than all memory",
         header(CLOCK_LABELS, "{'descr': '<i8', 'fortran_order': False, 'shape': (1000000000000, 2), }"),
         "array: expected 16000000000128 bytes for int64, (1000000000000, 2), received 608"),
        ("array of negative size", header(CLOCK_LABELS, "{'descr': '<i8', 'fortran_order': False, 'shape': (-1, 2), }"),
         "array: expected a whole .npy file of numbers, received shape (-1, 2)"),
        ("array of text", array(CLOCK_LABELS, lambda values: values.astype("U4")),
         "array: expected numbers, received dtype <U4"),
        ("clock labels of the wrong rank", array(CLOCK_LABELS, lambda values: values[:, 0]),
         "array: expected 2 dimensions, received (30,)"),
        ("clock labels of three columns", array(CLOCK_LABELS, lambda values: np.repeat(values, 2, axis=1)[:, :3]),
         "labels: expected integers, shape (n, 2), received int64, (30, 3)"),
        ("clock labels with fractions", array(CLOCK_LABELS, lambda values: values + 0.5),
         "labels: expected integers, shape (n, 2), received float64, (30, 2)"),
        ("clock label NaN", array(CLOCK_LABELS, lambda values: at(3, np.nan)(values.astype(float))),
         "array: expected finite numbers, received nan at [3, 0]"),
        ("hour 12", array(CLOCK_LABELS, at(4, (12, 0))),
         "label 4: expected hours 0..11 and minutes 0..59, received [12, 0]"),
        ("minute 60", array(CLOCK_LABELS, at(5, (3, 60))),
         "label 5: expected hours 0..11 and minutes 0..59, received [3, 60]"),
        ("negative hour", array(CLOCK_LABELS, at(6, (-1, 5))),
         "label 6: expected hours 0..11 and minutes 0..59, received [-1, 5]"),
        ("fewer clock labels than images", array(CLOCK_LABELS, lambda values: values[1:]),
         "labels: expected one for each of 30 images, received 29"),
    ),
    *rows("stages.split_clocks", CLOCK_IMAGES,
        ("mapped array cut short", cut(CLOCK_IMAGES, -8),
         "array: expected 39008 bytes for uint8, (30, 36, 36), received 39000"),
        ("clock images of the wrong rank", array(CLOCK_IMAGES, lambda values: values[..., None]),
         "array: expected 3 dimensions, received (30, 36, 36, 1)"),
        ("clock images of the wrong type", array(CLOCK_IMAGES, lambda values: values / 255),
         "images: expected uint8, (n, size, size), not empty, received float64, (30, 36, 36)"),
        ("clock images that are no squares", array(CLOCK_IMAGES, lambda values: values[:, :20]),
         "images: expected uint8, (n, size, size), not empty, received uint8, (30, 20, 36)"),
        ("clock images that are too small", array(CLOCK_IMAGES, lambda values: values[:, :8, :8]),
         "images: expected 16 pixels wide or more, received 8"),
        ("no clock images", array(CLOCK_IMAGES, lambda values: values[:0]),
         "images: expected uint8, (n, size, size), not empty, received uint8, (0, 36, 36)"),
    ),
    *rows("stages.evaluate_keras_example mlp", LOGITS,
        ("logits for other examples", array(LOGITS, lambda values: values[:5]), "array: expected 20 rows, received 5"),
        ("logits for fewer classes", array(LOGITS, lambda values: values[:, :5]),
         "logits: expected a column for each of 10 classes, received (20, 5)"),
        ("logit NaN", array(LOGITS, at(7, np.nan)), "array: expected finite numbers, received nan at [7, 0]"),
    ),
    *rows("stages.evaluate_best_classifier cifar10", AVERAGED_LOGITS,
        ("averaged logits missing", gone(AVERAGED_LOGITS),
         "array: expected a .npy file, received nothing of that name"),
        ("averaged logits of other pictures", array(AVERAGED_LOGITS, lambda values: values[:5]),
         "array: expected 20 rows, received 5"),
        ("logits for a class without a name", array(AVERAGED_LOGITS, lambda values: values[:, [*range(10), 0]]),
         "logits: expected a column for each of 10 classes, received (20, 11)"),
    ),
    *rows("stages.train_best_classifier cifar10", "best_classifier_cifar10",
        ("more blocks than the pictures can be halved", setting("best_classifier.cifar10.filters", [4] * 6),
         "pictures: expected 65 pixels or more on each side, for 6 blocks, received 32x32"),
    ),
    *rows("stages.train_best_classifier cifar10", "augmentation",
        ("shift out of the picture", setting("best_classifier.cifar10.augmentation.shift", 32),
         "shift: expected less than 32 pixels, in pictures of 32x32, received 32"),
    ),
    *rows("stages.evaluate_keras_example mlp", HISTORY,
        ("history missing", gone(HISTORY), "table: expected a .csv file, received nothing of that name"),
        ("history that is no table", content(HISTORY, b"a,b\n1,2,3\n4,5,6,7\n"),
         "table: expected a .csv file, received <...>"),
        ("history empty", content(HISTORY, b""), "table: expected a .csv file, received No columns to parse from file"),
    ),
    *rows("stages.evaluate_keras_example mlp", PREPARED_LABELS,
        ("prepared labels of another length", array(PREPARED_LABELS, lambda values: values[:5]),
         "array: expected 20 rows, received 5"),
        ("prepared labels beyond the classes", array(PREPARED_LABELS, at(0, 10)),
         "labels: expected integers, classes 0..9, received uint8, 0..10"),
        ("prepared labels with fractions", array(PREPARED_LABELS, lambda values: values / 2),
         "labels: expected integers, classes 0..9, received float64, 0.0..4.5"),
    ),
    *rows("stages.evaluate_clock regression", READ_MINUTES,
        ("times read in other clocks", array(READ_MINUTES, lambda values: values[1:]),
         "array: expected 30 rows, received 29"),
        ("time read infinite", array(READ_MINUTES, at(2, np.inf)),
         "array: expected finite numbers, received inf at [2]"),
    ),
    *rows("stages.evaluate_clock regression", UNITS,
        ("units of metrics missing", gone(UNITS), "file: expected a .json file, received nothing of that name"),
    ),
    *rows("stages.evaluate_clock regression", ROWS,
        ("rows beyond the data", array(ROWS, at(0, 999)), "rows: expected rows 0..29, received 14..999"),
        ("rows with fractions", array(ROWS, lambda values: values / 2), "array: expected integers, received float64"),
    ),
    *rows("stages.evaluate_clock regression", VIEWS_FILE,
        ("views without a column", content(VIEWS_FILE, b"roll_degrees\n1\n"),
         "table: expected the column tilt_degrees, received roll_degrees"),
        ("views of other clocks", content(VIEWS_FILE, VIEWS), "views: expected one for each of 30 images, received 1"),
    ),
    *rows("stages.show_data", "data/leaves/images.npy",
        ("leaves of the wrong rank", array("data/leaves/images.npy", lambda values: values[0]),
         "array: expected 4 dimensions, received (32, 32, 3)"),
    ),
    *rows("stages.rank_grid", RESULTS,
        ("results of a search missing", gone(RESULTS), "table: expected a .csv file, received nothing of that name"),
        ("results without accuracies", content(RESULTS, b"optimizer,learning_rate\nadam,0.1\n"),
         "table: expected the column batch_size, received optimizer, learning_rate"),
    ),
    *rows("stages.train_clock regression", ROWS,
        ("rows of other clocks", array(ROWS, lambda values: values + 30), "rows: expected rows 0..29, received <...>"),
    ),
    *rows("stages.transfer_cifar10", BEST,
        ("best settings that are no JSON", content(BEST, b"{'best': 1}"),
         "file: expected JSON, received Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("best settings of another form", content(BEST, b'{"worst": []}'),
         "file: expected the key best, received worst"),
    ),
]

COMMANDS = [
    *rows("imagelab summary", METRICS,
        ("summary before the first run", gone("metrics"),
         "metrics: expected those of a finished run (make run), received none"),
        ("metrics that are no JSON", content(METRICS, b"NaN,"),
         "file: expected JSON, received Extra data: line 1 column 4 (char 3)"),
        ("metrics of another form", content(METRICS, b"[]"), "file: expected a JSON object, received list"),
        ("metrics that do not name their data", content(METRICS, b'{"test": {"accuracy": 0.5}}'),
         "metrics: expected the key data, received test"),
    ),
    *rows("imagelab run --jobs 0", "run",
        ("no stage at a time", lambda _: None, "--jobs: expected a whole number from 1, received 0"),
    ),
    *rows("imagelab read-clock clock.png", "results/models/clocks.keras",
        ("no reader yet", content("clock.png", picture()),
         "model: expected a trained clock reader (of the repository, if this is run in its folder; --model names "
         "another), received no committed model of that name"),
    ),
    *rows("imagelab read-clock clock.png --model model.keras", "model.keras",
        ("damaged reader", content("model.keras", READER.read_bytes()[:5000]),
         "model: expected a .keras archive, received no archive, or not all of it"),
        ("text as reader", content("model.keras", b"no model"),
         "model: expected a .keras archive, received no archive, or not all of it"),
        ("reader with damaged weights",
         content("model.keras", READER.read_bytes()[:9000] + bytes(100) + READER.read_bytes()[9100:]),
         "model: expected a .keras archive, received Bad CRC-32 for file <...>"),
        ("zip without a model", content("model.keras", zipped({"a": b""})),
         'model: expected a .keras archive, received "There is no item named \'config.json\' in the archive"'),
    ),
    *rows("imagelab read-clock clock.png --model model.h5", "model.h5",
        ("model of another format", content("model.h5", b"\x89HDF\r\n\x1a\n"),
         "model: expected a .keras archive, received a .h5 file"),
    ),
    *rows(f"imagelab read-clock clock.png --model {READER}", "clock.png",
        ("missing picture", lambda _: None, "picture: expected an image file, received nothing of that name"),
        ("text as picture", content("clock.png", b"no picture"),
         "picture: expected an image file, received something else"),
        ("picture of zero bytes", content("clock.png", b""),
         "picture: expected an image file, received something else"),
        ("picture cut short", content("clock.png", picture(image_format="PNG")[:1500]),
         "picture: expected a whole image file, received <...>"),
        ("picture of 15x40", content("clock.png", picture(size=(15, 40))),
         "picture: expected 16 pixels or more on each side, received 15x40"),
        ("picture that is a bomb", content("clock.png", bad_input.bomb()),
         "picture: expected at most 89,478,485 pixels, received more"),
    ),
    *rows(f"imagelab read-clock sources --model {READER}", "sources",
        ("folder as picture", lambda _: None, "picture: expected an image file, received a folder"),
    ),
    *rows(f"imagelab read-clock clock.png --model {READER} --threshold 2", "read-clock",
        ("threshold that is no probability", lambda _: None,
         "--threshold: expected a number from 0 to 1, received 2.0"),
    ),
    *rows(f"imagelab read-clock clock.png --model {READER} --box 1,2,3", "read-clock",
        ("box of three numbers", lambda _: None,
         "--box: expected x,y,width,height in pixels, at least 16 wide and high, received 1,2,3"),
    ),
    *rows(f"imagelab read-clock clock.png --model {READER} --box 0,0,30,30.5", "clock.png",
        ("box that is larger than the picture", content("clock.png", picture(size=(30, 30))),
         "--box: expected x,y,width,height inside the picture of 30x30 pixels, received 0,0,30,30.5"),
    ),
    *rows(f"imagelab read-clock a.png b.png --model {READER} --box 0,0,30,30", "read-clock",
        ("box for two pictures", lambda _: None, "--box: expected one picture, received 2 pictures"),
    ),
    *rows(f"imagelab read-clock clock.png --model {READER} --show out.jpg", "read-clock",
        ("drawing in another format", lambda _: None, "--show: expected a name that ends with .png, received out.jpg"),
    ),
    *rows(f"imagelab read-clock clock.png --model {READER}", "clock.png",
        ("HEIC without its package",
         both(no_package("pillow_heif"), content("clock.png", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99))),
         "picture: expected the package pillow-heif, which reads HEIC (pip install pillow-heif), received no such "
         "package"),
    ),
    *rows("imagelab measure-reader clocks --out measured", "clocks",
        ("pictures to measure with missing", lambda _: None,
         "pictures: expected a folder, an uncompressed .tar or a .zip of pictures, received no such path"),
        ("folder without pictures", content("clocks/README.md", b"none"),
         "pictures: expected at least one picture, received none"),
        ("file in place of pictures", content("clocks", b"none"),
         "pictures: expected a folder, an uncompressed .tar or a .zip of pictures, received something else"),
        ("picture named by a time that no dial shows", content("clocks/13-00.png", picture()),
         "name of a picture: expected one time from 0-00 to 12-59 at most, received 13-00.png"),
    ),
    *rows("imagelab measure-reader clocks --out measured", "results/models/clocks.keras",
        ("nothing to measure yet", content("clocks/1-00.png", picture()),
         "model: expected a trained clock reader (of the repository, if this is run in its folder; --model names "
         "another), received no committed model of that name"),
    ),
    *rows(f"imagelab measure-reader clocks --model {READER} --out measured", "clocks/1-00.png",
        ("damaged picture among those to measure with", content("clocks/1-00.png", picture(image_format="PNG")[:1500]),
         "picture: expected a whole image file, received <...>"),
    ),
    *rows("imagelab sample --model gan --out a.png", "data/models/generator/gan/generator.keras",
        ("no generator yet", lambda _: None,
         "model: expected a trained generator of leaves, received nothing of that name"),
    ),
    *rows("imagelab classify clock.png --model fashion_mnist --top 0", "classify",
        ("no class to name", lambda _: None, "--top: expected a whole number from 1, received 0"),
    ),
    *rows("imagelab classify clock.png --model cifar100", "cifar100",
        ("unknown classifier", lambda _: None,
         "model: expected fashion_mnist, cifar10 or a .keras file, received nothing of that name"),
    ),
    *rows(f"imagelab classify clock.png --model {READER}", str(READER),
        ("reader as classifier", lambda _: None,
         "model: expected a classifier whose file names its classes, received a clock reader"),
    ),
    *rows("imagelab classify clock.png --model model.keras", "model.keras",
        ("damaged record of a training", content("model.keras", zipped({"trained_on.json": b"{}"})),
         "trained_on.json: expected what imagelab wrote, received task: Field required"),
    ),
    *rows("imagelab publish model.keras --out a.keras", "model.keras",
        ("nothing to publish", lambda _: None, "model: expected a trained network, received nothing of that name"),
        ("model of unknown data", content("model.keras", zipped({"config.json": b"{}"})),
         "model: expected a model that says what it was trained on, and not on stand-ins, received no trained_on.json "
         "in it"),
    ),
    *rows("imagelab publish model.keras --out a.h5", "publish",
        ("model to publish in another format", lambda _: None,
         "--out: expected a name that ends with .keras, received a.h5"),
    ),
    *rows("imagelab sample --out a.png", "results/models/leaves.keras",
        ("no committed generator", lambda _: None,
         "model: expected a trained generator of leaves (of the repository, if this is run in its folder; --model "
         "names another), received no committed model of that name"),
    ),
    *rows("imagelab sample --model stylegan --out a.png", "stylegan",
        ("unknown generator", lambda _: None,
         "model: expected a trained generator of leaves, received nothing of that name"),
    ),
    *rows(f"imagelab sample --model {READER} --out a.png", str(READER),
        ("reader as generator", lambda _: None,
         "model: expected a generator, from (b, latent) to (b, h, w, c), received clock_reader, from (None, 128, "
         "128, 3) to <...>"),
    ),
    *rows("imagelab sample --model gan --out a.png --count 0", "sample",
        ("no samples", lambda _: None, "--count: expected a whole number from 1 to 10,000, received 0"),
    ),
    *rows("imagelab sample --model gan --out a.png --count 10001", "sample",
        ("too many samples", lambda _: None, "--count: expected a whole number from 1 to 10,000, received 10001"),
    ),
    *rows("imagelab sample --model gan --out a.png --seed -1", "sample",
        ("samples of a negative seed", lambda _: None,
         "--seed: expected a whole number from 0 to 4,294,967,295, received -1"),
    ),
    *rows("imagelab sample --model gan --out a.jpg", "sample",
        ("samples in another format", lambda _: None, "--out: expected a name that ends with .png, received a.jpg"),
    ),
]

ENVIRONMENT = [
    *rows("stages.fetch leaves", "",
        ("package for Kaggle missing", both(setting("fetch.leaves", "official"), no_package("kagglehub")),
         "fetch.leaves: official: package kagglehub: expected it to be installed (pip install kagglehub), or "
         "fetch.leaves to be a path or 'demo', received no such package"),
        ("Kaggle asks for consent", both(setting("fetch.leaves", "official"), kaggle_refuses(403)),
         "https://www.kaggle.com/datasets/vipoooool/new-plant-diseases-dataset: download from Kaggle: expected a "
         "token, which Kaggle requires here, in ~/.kaggle/kaggle.json or KAGGLE_USERNAME and KAGGLE_KEY, of an "
         "account that has agreed to the terms at this address, received HTTPError: 403 Client Error. for "
         "vipoooool/new-plant-diseases-dataset/versions/2"),
        ("Kaggle does not know the token", both(setting("fetch.leaves", "official"), kaggle_refuses(401)),
         "https://www.kaggle.com/datasets/vipoooool/new-plant-diseases-dataset: download from Kaggle: expected a "
         "token, <...>, received HTTPError: 401 Client Error. <...>"),
        ("Kaggle has other worries", both(setting("fetch.leaves", "official"), kaggle_refuses(500)),
         "https://www.kaggle.com/datasets/vipoooool/new-plant-diseases-dataset: download from Kaggle: expected the "
         "data set, which needs no account, received HTTPError: 500 Client Error. <...>"),
    ),
    *rows("stages.fetch mnist", "",
        ("server unreachable", both(OFFICIAL, nobody_answers),
         "https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz: download: expected the file, "
         "received ProxyError (<...>Connection refused<...>)"),
        ("wrong checksum", both(OFFICIAL, serves_other_bytes),
         "http://127.0.0.1:<...>/data.bin: download: expected MD5 00000000000000000000000000000000, received "
         "<...>6ea2d0c7b39a74bcd86933bda2b46bb4<...>"),
        ("server without the file", both(OFFICIAL, serves_nothing),
         "http://127.0.0.1:<...>/other.bin: download: expected the file, received HTTPError (404 Client Error: Not "
         "Found for url: http://127.0.0.1:<...>/other.bin)"),
    ),
    *rows("stages.fetch_clocks", "",
        ("server of the clocks unreachable", both(OFFICIAL_CLOCKS, nobody_answers),
         "https://surfdrive.surf.nl/files/index.php/s/GsH5DxUdBgDR64B/download: download: expected the clocks (without "
         "a network: fetch.clocks: render), received ProxyError (<...>Connection refused<...>)"),
        ("web page in place of the clocks", serves_clocks(b"<!DOCTYPE html><html>This share has expired.</html>"),
         "http://127.0.0.1:<...>/share/download: archive: expected a whole .zip (without a network: fetch.clocks: "
         "render), received a web page"),
        ("official clocks without labels", serves_clocks(zipped({"A1/images.npy": b""})),
         "http://127.0.0.1:<...>/share/download: archive: expected one file labels.npy, received A1/images.npy"),
        ("labels of the official clocks in another order",
         serves_clocks(zipped({"images.npy": b"", "labels.npy": npy(OFFICIAL_LABELS[::-1])})),
         "http://127.0.0.1:<...>/share/download, labels.npy: label 0: expected [0, 0], received [11, 59]"),
        ("official clocks of another size",
         serves_clocks(zipped({"images.npy": npy(np.zeros((9, 150, 150), np.uint8)),
                               "labels.npy": npy(OFFICIAL_LABELS)})),
         "http://127.0.0.1:<...>/share/download, images.npy: images: expected uint8, (18000, 75, 75), received uint8, "
         "(9, 150, 150)"),
    ),
    *rows("stages.fetch mnist", "data/raw/mnist",
        ("no write permission", unwritable("data/raw"),
         "output: expected permission to read or write, received Permission denied"),
        ("file in place of the data", file_in_place_of("data"),
         "output: expected a folder, and folders all the way to it, received Not a directory"),
    ),
    *rows("stages.evaluate_keras_example mlp", "metrics/keras_example/mlp.json",
        ("file in place of the metrics", file_in_place_of("metrics"),
         "output: expected a folder, and folders all the way to it, received Not a directory"),
    ),
    *rows(f"imagelab read-clock clock.png --model {READER}", "environment",
        ("backend unknown", variable("KERAS_BACKEND", "mxnet"),
         "KERAS_BACKEND: expected tensorflow, jax, torch, numpy or openvino, received 'mxnet'"),
        ("predictions cut short", variable("KERAS_MAX_STEPS_PER_EPOCH", "1"),
         "KERAS_MAX_STEPS_PER_EPOCH: expected whole epochs and predictions, which this variable would cut short, "
         "received '1'"),
    ),
    *rows("stages.search_grid cnn", "environment",
        ("epochs cut short", variable("KERAS_MAX_EPOCHS", "1"),
         "KERAS_MAX_EPOCHS: expected the epochs of params.yaml, which this variable would cut short, received '1'"),
        ("package ray missing", both(no_package("ray"), variable("RAY_ADDRESS", "127.0.0.1:9")),
         "RAY_ADDRESS: expected the package ray (pip install ray), received 127.0.0.1:9"),
        ("Ray cluster unreachable", variable("RAY_ADDRESS", "127.0.0.1:9"),
         "RAY_ADDRESS: expected the address of a running Ray cluster, received 127.0.0.1:9 ([Errno 111] Connection "
         "refused)"),
        ("Ray beside a pool", both(variable("RAY_ADDRESS", "auto"), variable("IMAGELAB_WORKERS", "2")),
         "IMAGELAB_WORKERS: expected none beside RAY_ADDRESS, received 2"),
        ("number of workers without sense", variable("IMAGELAB_WORKERS", "many"),
         "IMAGELAB_WORKERS: expected a whole number above 0, received 'many'"),
        ("package dvclive missing", both(no_package("dvclive.live"), variable("IMAGELAB_LIVE", "1")),
         "IMAGELAB_LIVE: expected the package dvclive (pip install dvclive), received 1"),
    ),
]

# fmt: on


CASES = [*SETTINGS, *SOURCES, *OWN_PICTURES, *ARCHIVES, *RAW_FILES, *ARRAYS, *COMMANDS, *ENVIRONMENT]
AS_PROCESSES = (
    "negative epochs",
    "labels for images",
    "zero-byte JPEG",
    "no samples",
    "file in place of the data",
    "server unreachable",  # elsewhere libraries write to a stream that the test does not see
)

# Leaves were read, a file had come, before that was seen.
AFTER_A_BAR = (
    "too few pictures for a test split",
    "one picture a class",
    "one leaf of a class",
    "wrong checksum",
    "web page in place of the clocks",
    "official clocks without labels",
    "labels of the official clocks in another order",
    "official clocks of another size",
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which every stage of ``OUTPUTS`` has run: what a row meets is what it has spoiled."""
    folder = tmp_path_factory.mktemp("whole")
    bad_input.build_workspace(folder)
    return folder


@pytest.fixture
def workspace(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "workspace"
    shutil.copytree(whole, folder)
    monkeypatch.chdir(folder)
    return folder


def test_every_stage_that_a_row_runs_works_on_whole_input(whole: Path) -> None:
    for command, paths in OUTPUTS.items():
        assert all((whole / path).exists() for path in paths), command
    without_tensorflow = {case.command for case in CASES if not case.command.startswith(STARTS_TENSORFLOW)}
    without_outputs = {"stages.check_params", "imagelab summary", "imagelab run --jobs 0"}
    assert without_tensorflow - OUTPUTS.keys() == without_outputs


def test_no_two_rows_are_of_the_same_name() -> None:
    assert len({case.what for case in CASES}) == len(CASES) > 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_bad_input_ends_with_one_line_and_no_output(
    case: Case,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    if case.command.startswith(STARTS_TENSORFLOW):
        request.getfixturevalue("repeatable")
    spoil_and_check(case, workspace, monkeypatch, lambda: bad_input.run_here(case.command, monkeypatch, capsys))


@pytest.mark.parametrize("what", AS_PROCESSES)
def test_a_process_of_its_own_says_the_same(what: str, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (case,) = (case for case in CASES if case.what == what)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "src")]))
    spoil_and_check(case, workspace, monkeypatch, lambda: bad_input.run_process(case.command))


def spoil_and_check(case: Case, workspace: Path, patch: pytest.MonkeyPatch, run: Callable[[], Outcome]) -> None:
    outputs = [workspace / path for path in OUTPUTS.get(case.command, ())]
    for path in outputs:
        bad_input.remove(path)
    case.spoil(patch)
    before = bad_input.contents(workspace)
    status, screen = run()
    if case.what in AFTER_A_BAR:
        screen = [line for line in screen if ": 100%|" not in line]
    assert status == 1
    assert len(screen) == 1, screen
    expected = ".+".join(map(re.escape, f"error: {case.message}".split("<...>")))
    assert re.fullmatch(expected, screen[0]), screen[0]
    assert bad_input.contents(workspace) == before
    assert not any(path.exists() for path in outputs)
    assert not list(workspace.rglob(".*partial*"))


def test_the_line_stays_one_whatever_a_name_or_a_library_says() -> None:
    error = InputError("name", where="a\nb", expected="\x1b[31mred", received="first\r\n  second\u2028third \udcff")
    assert str(error) == r"a b: name: expected \x1b[31mred, received first second third \udcff"


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOSPC, errno.EIO])
def test_an_error_of_the_system_says_where_expected_and_received(number: int) -> None:
    error = OSError(number, os.strerror(number), "metrics/a.json")
    assert re.fullmatch(
        rf"metrics/a\.json: file or folder: expected [a-z ]+, received {os.strerror(number)}", str(of_system(error))
    )
    assert str(of_system(OSError("odd"))) == "this machine: file or folder: expected access, received odd"
