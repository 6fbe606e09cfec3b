"""A workspace in which everything is whole, ways to spoil it, and a way to run a stage in it as a user does."""

import gzip
import io
import runpy
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from imagelab.datasets.cifar10 import CIFAR10_BATCHES, CIFAR10_FOLDER, cifar10_bytes
from imagelab.datasets.idx import IDX_FILES, idx_bytes
from imagelab.datasets.published_classes import DIGITS
from imagelab.settings.classification import FAMILIES
from imagelab.settings.data import CLASSIFIED, DATASETS
from imagelab.storage import model_files, writing
from imagelab.storage.splits import Split
from tests.conftest import REPOSITORY, read_yaml, write_yaml

Spoil = Callable[[pytest.MonkeyPatch], object]
"""Damages the workspace, which is the current folder, or the environment."""

CLASSES = ("Apple___Black_rot", "Apple___healthy", "Grape___Esca", "Grape___healthy")
LEAF_SIZE = 32
CLOCKS = 30
READER = REPOSITORY / model_files.committed("clocks")

OUTPUTS: Mapping[str, tuple[str, ...]] = {
    **{f"stages.fetch {name}": (f"data/raw/{name}",) for name in DATASETS},
    "stages.fetch_clocks": ("data/raw/clocks",),
    **{f"stages.prepare {name}": (f"data/{name}",) for name in CLASSIFIED},
    "stages.prepare_leaves": ("data/leaves",),
    "stages.split_clocks": ("data/clocks",),
    "stages.show_data": ("plots/data",),
    "stages.evaluate_clock regression": ("metrics/clock", "plots/clock"),
    "stages.evaluate_keras_example mlp": ("metrics/keras_example", "plots/keras_example"),
    "stages.evaluate_best_classifier cifar10": ("metrics/best_classifier", "plots/best_classifier"),
    "stages.rank_grid": ("metrics/search", "plots/search", "data/search/best_cnn_settings.json"),
}
"""What the stages write that run in the whole workspace, in an order in which they can; none starts TensorFlow."""


class Outcome(NamedTuple):
    """Of a run."""

    status: int
    screen: list[str]  # the lines that the standard error stream leaves on a terminal


def build_workspace(folder: Path) -> None:
    """Write raw data and settings, run every stage of ``OUTPUTS``, and write what only trainings would."""
    settings = read_yaml(REPOSITORY / "params.yaml")
    settings["fetch"] = {
        **dict.fromkeys(CLASSIFIED, "sources/mnist"),
        "cifar10": "sources/cifar10.tar.gz",
        "leaves": "sources/leaves",
        "clocks": "sources/clocks",
    }
    write_yaml(settings, folder / "params.yaml")
    _write_sources(folder / "sources")
    _write_trained(folder / "data")
    for command in OUTPUTS:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            execute(command, patch)


def examples(count: int, size: int, channels: int) -> Split:
    """Pictures of noise whose classes go round."""
    random = np.random.default_rng(count)
    images = random.integers(0, 256, (count, size, size, channels), np.uint8)
    return Split(images, (np.arange(count) % len(DIGITS)).astype(np.uint8))


def _write_sources(folder: Path) -> None:
    for (split, kind), name in IDX_FILES.items():
        grey = examples(200 if split == "train" else 20, 28, 1)
        content = grey.images[..., 0] if kind == "images" else grey.targets
        writing.write_bytes(idx_bytes(content), folder / "mnist" / name)
    colour = {"train": examples(100, 32, 3), "test": examples(20, 32, 3)}
    writing.write_bytes(cifar10_bytes(colour), folder / "cifar10.tar.gz")
    for place, name in enumerate(CLASSES):
        for number in range(5):
            file = folder / "leaves" / "train" / name / f"{number}.JPG"
            writing.write_bytes(picture(5 * place + number), file)  # no two alike: those would be one leaf
    random = np.random.default_rng(0)
    writing.write_array(random.integers(0, 256, (CLOCKS, 36, 36), np.uint8), folder / "clocks" / "images.npy")
    times = np.arange(CLOCKS) * 23
    writing.write_array(np.stack(np.divmod(times, 60), axis=1), folder / "clocks" / "labels.npy")


def _write_trained(folder: Path) -> None:
    random = np.random.default_rng(0)
    for split, count in (("train", 180), ("validation", 20), ("test", 20)):
        logits = random.normal(size=(count, 10))
        writing.write_array(logits, folder / "models" / "keras_example" / "mlp" / f"{split}_logits.npy")
    best = folder / "models" / "best_classifier" / "cifar10"
    for averaged in ("", "_averaged"):
        writing.write_array(random.normal(size=(20, 10)), best / f"test_logits{averaged}.npy")
    history = b"epoch,loss,test_loss\n1,0.5,0.6\n2,0.4,0.5\n"
    writing.write_bytes(history, folder / "models" / "keras_example" / "mlp" / "history.csv")
    writing.write_bytes(history, best / "history.csv")
    writing.write_bytes(history, folder / "models" / "clock" / "regression" / "history.csv")
    read = random.uniform(0, 720, CLOCKS)
    writing.write_array(read, folder / "models" / "clock" / "regression" / "read_minutes.npy")
    writing.write_json({}, folder / "models" / "clock" / "regression" / "units.json")
    for family in FAMILIES:
        variant = ("variant,", "a,") if family == "mlp" else ("", "")
        settings = "optimizer,learning_rate,batch_size,epochs,run"
        measures = "validation_loss,validation_accuracy,test_loss,test_accuracy,failure"
        rows = [f"{variant[1]}adam,0.001,{size},3,1,0.5,0.8,0.5,0.7," for size in (32, 64)]
        table = "\n".join([f"{variant[0]}{settings},{measures}", *rows, ""])
        writing.write_bytes(table.encode(), folder / "search" / f"{family}.csv")


# Running.


def execute(command: str, patch: pytest.MonkeyPatch) -> None:
    """Run ``python -m`` with this command in this process, by its own entry point."""
    module, *arguments = command.split()
    patch.setattr(sys, "argv", [module, *arguments])
    for loaded in (module, f"{module}.__main__"):
        if loaded != "imagelab":
            patch.delitem(sys.modules, loaded, raising=False)  # else runpy warns
    runpy.run_module(module, run_name="__main__")


def run_here(command: str, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Outcome:
    """Run a command that must end with an exit status of its own."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        execute(command, patch)
    status = caught.value.code
    assert isinstance(status, int)
    return Outcome(status, on_screen(capsys.readouterr().err))


def run_process(command: str) -> Outcome:
    """Run a command as a user does."""
    done = subprocess.run([sys.executable, "-m", *command.split()], capture_output=True, check=False)
    return Outcome(done.returncode, on_screen(done.stderr.decode()))


def on_screen(stream: str) -> list[str]:
    """Return the lines that a terminal shows in the end: a carriage return lets later signs cover earlier ones."""
    lines = []
    for line in stream.split("\n"):
        shown = ""
        for part in line.split("\r"):
            shown = part + shown[len(part) :]
        lines.append(shown.rstrip())
    return [line for line in lines if line]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def remove(path: Path) -> None:
    """Remove a file or a folder, if there is one."""
    if path.is_dir():
        shutil.rmtree(path)
    elif path.is_file():
        path.unlink()


# Spoiling settings.


def setting(key: str, value: object) -> Spoil:
    """Set one key of ``params.yaml``, with dots between the sections and numbers for places in a list."""

    def change(settings: Any) -> None:
        *sections, last = key.split(".")
        for section in sections:
            settings = settings[int(section) if isinstance(settings, list) else section]
        settings[last] = value

    return _settings(change)


def no_setting(key: str) -> Spoil:
    """Leave one key out."""
    section, last = key.split(".")
    return _settings(lambda settings: settings[section].pop(last))


def _settings(change: Callable[[Any], object]) -> Spoil:
    def spoil(_: pytest.MonkeyPatch) -> None:
        settings = read_yaml(Path("params.yaml"))
        change(settings)
        write_yaml(settings, Path("params.yaml"))

    return spoil


def text(old: str, new: str) -> Spoil:
    """Replace a text in ``params.yaml`` as it is in the repository."""

    def spoil(_: pytest.MonkeyPatch) -> None:
        whole = (REPOSITORY / "params.yaml").read_text()
        assert old in whole
        Path("params.yaml").write_text(whole.replace(old, new, 1))

    return spoil


# Spoiling files.


def content(path: str, value: bytes) -> Spoil:
    """Write other bytes."""
    return lambda _: writing.write_bytes(value, Path(path))


def cut(path: str, keep: int) -> Spoil:
    """Keep the first bytes only, or leave the last ones out if ``keep`` is negative."""
    return lambda _: Path(path).write_bytes(Path(path).read_bytes()[:keep])


def changed(path: str, change: Callable[[bytes], bytes]) -> Spoil:
    """Change the bytes."""
    return lambda _: Path(path).write_bytes(change(Path(path).read_bytes()))


def gone(path: str) -> Spoil:
    """Remove a file or a folder."""
    return lambda _: remove(Path(path))


def emptied(path: str) -> Spoil:
    """Remove what is in a folder."""
    return both(gone(path), lambda _: Path(path).mkdir())


def idx(path: str, array: np.ndarray) -> Spoil:
    """Write an IDX file."""
    return content(path, idx_bytes(array))


def array(path: str, change: Callable[[np.ndarray], np.ndarray]) -> Spoil:
    """Change an array."""
    return lambda _: np.save(path, change(np.load(path)))


def header(path: str, described: str, *, version: int = 1) -> Spoil:
    """Put another header before an array's numbers."""

    def change(whole: bytes) -> bytes:
        numbers = whole[10 + int.from_bytes(whole[8:10], "little") :]
        padded = described.encode().ljust(117) + b"\n"
        return b"\x93NUMPY" + bytes([version, 0]) + len(padded).to_bytes(2, "little") + padded + numbers

    return changed(path, change)


def both(*spoils: Spoil) -> Spoil:
    """One after the other."""
    return lambda patch: [spoil(patch) for spoil in spoils]


def copied(path: str, to: str) -> Spoil:
    """Put a copy of one file in place of another."""
    return lambda _: shutil.copy(path, to)


def moved(path: str, to: str) -> Spoil:
    """Rename."""
    return lambda _: Path(path).replace(to)


def file_in_place_of(path: str) -> Spoil:
    """Put a file where a folder should be."""
    return both(gone(path), content(path, b""))


# Pictures and archives.


def picture(number: int = 0, size: tuple[int, int] = (LEAF_SIZE, LEAF_SIZE), image_format: str = "JPEG") -> bytes:
    """A picture file of noise."""
    pixels = np.random.default_rng(number).integers(0, 256, (size[1], size[0], 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, image_format)
    return file.getvalue()


def bomb(side: int = 60_000) -> bytes:
    """A PNG of a few bytes that says it has thousands of millions of pixels."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(1000)))]
    packed = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in [*chunks, (b"IEND", b"")]
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def tar(members: Mapping[str, bytes], *, mode: str = "w") -> bytes:
    """An archive of files; ``-> target`` as content makes a link."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            if data.startswith(b"-> "):
                member.type, member.linkname = tarfile.SYMTYPE, data[3:].decode()
                archive.addfile(member)
            else:
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def forged_size(name: str, size: int) -> bytes:
    """An archive whose first header promises more than there is."""
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(tarfile.GNU_FORMAT) + bytes(10_240)


def encrypted(archive: bytes) -> bytes:
    """A zip archive of one file that says that a password is needed."""
    directory = archive.index(b"PK\x01\x02")
    flagged = bytearray(archive)
    flagged[6] |= 1
    flagged[directory + 8] |= 1
    return bytes(flagged)


def leaves(data: bytes) -> dict[str, bytes]:
    """Members of an archive of leaves, one of them with this content."""
    members = {f"train/{name}/{number}.JPG": picture(number) for name in CLASSES for number in range(5)}
    return members | {f"train/{CLASSES[1]}/2.JPG": data}


def cifar10(content: bytes, *, without: str = "") -> bytes:
    """An archive whose batches all have this content."""
    names = [name for names in CIFAR10_BATCHES.values() for name in names if name != without]
    return tar({f"{CIFAR10_FOLDER}/{name}": content for name in names}, mode="w:gz")


def gunzipped(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Change what a gzip file holds."""
    return lambda whole: gzip.compress(change(gzip.decompress(whole)))
