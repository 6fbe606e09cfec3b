import re
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from imagelab.classification.mlp import build_mlp
from imagelab.evaluation.figures import image_grid
from imagelab.runtime.errors import InputError
from imagelab.storage import reading, writing
from imagelab.training import inference
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.usefixtures("repeatable")


def build() -> keras.Model:
    return build_mlp((4, 4, 1), hidden=(8,), dropout=(0.5,), l1_on_first=0.01, classes=3, seed=1)


def test_equal_models_give_equal_bytes_at_any_time(tmp_path: Path) -> None:
    writing.write_model(build(), tmp_path / "first.keras")
    time.sleep(2.1)  # zip archives count in steps of two seconds
    keras.backend.clear_session()
    writing.write_model(build(), tmp_path / "second.keras")
    assert (tmp_path / "first.keras").read_bytes() == (tmp_path / "second.keras").read_bytes()


def test_a_written_model_loads_in_safe_mode_and_says_the_same(tmp_path: Path) -> None:
    model = build()
    images = np.random.default_rng(0).random((5, 4, 4, 1), dtype=np.float32)
    writing.write_model(model, tmp_path / "model.keras")
    assert np.array_equal(
        inference.predict(inference.load_model(tmp_path / "model.keras"), images), inference.predict(model, images)
    )
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        assert b"date" not in archive.read("metadata.json")


def test_a_model_that_holds_code_is_refused_and_the_code_does_not_run(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    name = str(trace)  # what a saved function may hold
    leave_trace = keras.layers.Lambda(lambda x: (open(name, "w").close(), x)[1])  # noqa: PTH123
    model = keras.Sequential([keras.Input((1,)), leave_trace])
    assert trace.exists()
    model.save(tmp_path / "model.keras")
    trace.unlink(missing_ok=True)
    with pytest.raises(InputError, match=r"model\.keras: model: expected a \.keras archive.*(?i:unsafe|lambda)"):
        inference.load_model(tmp_path / "model.keras")
    assert not trace.exists()


def test_a_model_in_another_format_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "model.h5").write_bytes(b"")
    (tmp_path / "folder.keras").mkdir()
    for name in ("model.h5", "folder.keras", "missing.keras"):
        with pytest.raises(
            InputError, match=r"expected a \.keras archive, received (a \.h5 file|a folder|no such file)"
        ):
            inference.load_model(tmp_path / name)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    writing.write_json({"a": 1}, path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        writing.write_json({"a": float("nan")}, path)
    with pytest.raises(RuntimeError), writing.new_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["metrics.json"]


NOISE = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)  # which no format makes small


def write_into_new_folder(path: Path) -> None:
    with writing.new_folder(path) as folder:
        (folder / "tables.tar").write_bytes(NOISE.tobytes())


WRITERS: dict[str, Callable[[Path], None]] = {
    "array.npy": lambda path: writing.write_array(NOISE, path),
    "arrays.npz": lambda path: writing.write_arrays({"noise": NOISE}, path),
    "metrics.json": lambda path: writing.write_json({"noise": NOISE.ravel().tolist()}, path),
    "table.csv": lambda path: writing.write_csv(pd.DataFrame(NOISE[..., 0]), path),
    "figure.png": lambda path: writing.write_figure(image_grid(NOISE[None], columns=1), path),
    "animation.gif": lambda path: writing.write_animation([NOISE, NOISE], path, seconds=1),
    "model.keras": lambda path: writing.write_model(build(), path),
    "folder": write_into_new_folder,
}


@contextmanager
def little_room(size: int = 4096) -> Iterator[None]:
    """No file of this process grows beyond so many bytes; writing fails as on a full disk."""
    resource = pytest.importorskip("resource", reason="no such limit on this system")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", WRITERS)
def test_without_room_a_write_names_its_file_leaves_nothing_and_works_later(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with little_room(), pytest.raises(InputError) as raised:
        WRITERS[name](path)
    assert re.fullmatch(rf"{re.escape(str(path))}: output: expected room .*, received .+", str(raised.value))
    assert list(tmp_path.iterdir()) == []
    WRITERS[name](path)
    assert [found.name for found in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", WRITERS)
def test_where_no_folder_can_be_a_write_names_its_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(InputError, match=rf"data/{name}: output: expected a folder, .*, received"):
        WRITERS[name](tmp_path / "data" / name)
    assert [found.name for found in tmp_path.iterdir()] == ["data"]


def test_an_error_of_reading_is_not_taken_for_one_of_writing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), writing.new_folder(tmp_path / "data"):
        (tmp_path / "source").read_bytes()


def test_a_failed_folder_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with writing.new_folder(folder) as out:
        (out / "old").touch()
    with pytest.raises(RuntimeError), writing.new_folder(folder) as out:
        (out / "half").touch()
        raise RuntimeError
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == ["data", "data/old"]


def test_a_former_folder_that_cannot_be_removed_costs_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a file on a network that another process holds."""
    folder = tmp_path / "data"
    with writing.new_folder(folder) as out:
        (out / "old").touch()
    monkeypatch.setattr(writing.shutil, "rmtree", lambda path, ignore_errors: None)
    with writing.new_folder(folder) as out:
        (out / "new").touch()
    assert [path.name for path in folder.iterdir()] == ["new"]


def test_where_the_new_folder_cannot_be_moved_the_former_one_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    with writing.new_folder(folder) as out:
        (out / "old").touch()
    replace = Path.replace

    def fail_once(self: Path, target: Path) -> Path:
        if self.name == ".data.partial":
            raise PermissionError("no")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail_once)
    with pytest.raises(PermissionError), writing.new_folder(folder) as out:
        (out / "new").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert [path.name for path in folder.iterdir()] == ["old"]


def test_a_new_folder_replaces_the_old_one_whole(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for name in ("old", "new"):
        with writing.new_folder(folder) as out:
            (out / name).touch()
    assert [path.name for path in folder.iterdir()] == ["new"]


def test_tables_come_back_bit_for_bit(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": np.random.default_rng(0).random(100) / 3, "n": range(100)})
    writing.write_csv(table, tmp_path / "table.csv")
    pd.testing.assert_frame_equal(reading.read_csv(tmp_path / "table.csv"), table, check_exact=True)


def test_a_text_that_looks_like_a_missing_value_is_a_text(tmp_path: Path) -> None:
    table = pd.DataFrame({"class": ["None", "NA", "null", "nan", "cat"], "accuracy": [0.5, np.nan, 1.0, 0.25, 0.75]})
    writing.write_csv(table, tmp_path / "table.csv")
    pd.testing.assert_frame_equal(reading.read_csv(tmp_path / "table.csv"), table, check_exact=True)


def test_a_table_without_rows_is_read_where_it_may_have_none(tmp_path: Path) -> None:
    writing.write_csv(pd.DataFrame(columns=["a", "b, c"]), tmp_path / "table.csv")
    assert list(reading.read_csv(tmp_path / "table.csv", may_be_empty=True)) == ["a", "b, c"]
    with pytest.raises(InputError, match=r"table\.csv: table: expected at least one row, received none"):
        reading.read_csv(tmp_path / "table.csv")


def test_metrics_have_seven_significant_digits_and_other_values_stay_as_they_are(tmp_path: Path) -> None:
    content = {
        "distance": 15.275441752091572,
        "of": {"many": 1234567.891, "tiny": -1.23456789e-12, "nothing": -0.0, "single": np.float64(0.1) + 0.2},
        "several": [2 / 3, 1],
        "images": 123456789,
        "data": "15.275441752091572",
        "missing": None,
    }
    writing.write_metrics(content, tmp_path / "metrics.json")
    found = reading.read_json(tmp_path / "metrics.json")
    assert found == {
        "distance": 15.27544,
        "of": {"many": 1234568.0, "tiny": -1.234568e-12, "nothing": 0.0, "single": 0.3},
        "several": [0.6666667, 1],
        "images": 123456789,
        "data": "15.275441752091572",
        "missing": None,
    }
    assert "-0.0" not in (tmp_path / "metrics.json").read_text()
    with pytest.raises(ValueError, match="JSON"):
        writing.write_metrics({"a": {"b": float("nan")}}, tmp_path / "other.json")


def test_digits_in_which_two_processors_differ_are_not_written(tmp_path: Path) -> None:
    for name, distance in (("first", 15.275441752091572), ("second", 15.275441752091584)):
        writing.write_metrics({"distance": distance}, tmp_path / f"{name}.json")
        writing.write_table(pd.DataFrame({"distance": [distance]}), tmp_path / f"{name}.csv", data=None)
    for suffix in ("json", "csv"):
        assert (tmp_path / f"first.{suffix}").read_bytes() == (tmp_path / f"second.{suffix}").read_bytes()


def test_a_table_for_people_can_be_read_by_another_stage_with_the_same_types(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "epoch": [1, 2, 3],
            "whole": [1.0, -0.0, 123456789.0],
            "share": np.array([1 / 3, 2 / 3, np.nan], np.float32),
            "best": ["adam", 1 / 3, 64],
            "name": ["a", "b", "c"],
        },
        index=[0, 0, 1],
    )
    before = table.copy()
    writing.write_table(table, tmp_path / "table.csv", data=None)
    lines = ["1,1.0,0.3333333,adam,a", "2,0.0,0.6666667,0.3333333,b", "3,123456800.0,,64,c"]
    assert (tmp_path / "table.csv").read_text().splitlines() == ["epoch,whole,share,best,name", *lines]
    found = reading.read_csv(tmp_path / "table.csv")
    assert [column.dtype.kind for _, column in found.items()][:3] == ["i", "f", "f"]
    pd.testing.assert_frame_equal(table, before)


def png_chunks(content: bytes) -> set[bytes]:
    kinds, start = set(), 8
    while start < len(content):
        length = int.from_bytes(content[start : start + 4])
        kinds.add(content[start + 4 : start + 8])
        start += 12 + length
    return kinds


def test_no_committed_picture_has_room_for_date_or_version() -> None:
    pictures = sorted((REPOSITORY / "plots").rglob("*.png"))
    assert len(pictures) > 20
    needed = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"pHYs", b"tRNS"}  # not tEXt, iTXt, zTXt, tIME, eXIf
    assert {path.name: png_chunks(path.read_bytes()) - needed for path in pictures} == {
        path.name: set() for path in pictures
    }


def test_a_picture_says_nothing_of_date_or_version(tmp_path: Path) -> None:
    images = np.zeros((3, 8, 8, 1), np.uint8)
    for name in ("first", "second"):
        writing.write_figure(image_grid(images, columns=2), tmp_path / f"{name}.png")
    content = (tmp_path / "first.png").read_bytes()
    assert content == (tmp_path / "second.png").read_bytes()
    assert b"matplotlib" not in content.lower()
