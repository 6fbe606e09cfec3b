import time
import zipfile
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from imagelab import artifacts, inference, plotting
from imagelab.models.mlp import build_mlp


def build() -> keras.Model:
    return build_mlp((4, 4, 1), hidden=(8,), dropout=(0.5,), l1_on_first=0.01, classes=3, seed=1)


def test_equal_models_give_equal_bytes_at_any_time(tmp_path: Path) -> None:
    artifacts.write_model(build(), tmp_path / "first.keras")
    time.sleep(2.1)  # zip archives count in steps of two seconds
    keras.backend.clear_session()
    artifacts.write_model(build(), tmp_path / "second.keras")
    assert (tmp_path / "first.keras").read_bytes() == (tmp_path / "second.keras").read_bytes()


def test_a_written_model_loads_in_safe_mode_and_says_the_same(tmp_path: Path) -> None:
    model = build()
    images = np.random.default_rng(0).random((5, 4, 4, 1), dtype=np.float32)
    artifacts.write_model(model, tmp_path / "model.keras")
    assert np.array_equal(
        inference.predict(inference.load_model(tmp_path / "model.keras"), images), inference.predict(model, images)
    )
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        assert b"date" not in archive.read("metadata.json")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    artifacts.write_json({"a": 1}, path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        artifacts.write_json({"a": float("nan")}, path)
    with pytest.raises(RuntimeError), artifacts.new_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["metrics.json"]


def test_a_failed_folder_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with artifacts.new_folder(folder) as out:
        (out / "old").touch()
    with pytest.raises(RuntimeError), artifacts.new_folder(folder) as out:
        (out / "half").touch()
        raise RuntimeError
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == ["data", "data/old"]


def test_a_new_folder_replaces_the_old_one_whole(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for name in ("old", "new"):
        with artifacts.new_folder(folder) as out:
            (out / name).touch()
    assert [path.name for path in folder.iterdir()] == ["new"]


def test_tables_come_back_bit_for_bit(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": np.random.default_rng(0).random(100) / 3, "n": range(100)})
    artifacts.write_csv(table, tmp_path / "table.csv")
    pd.testing.assert_frame_equal(artifacts.read_csv(tmp_path / "table.csv"), table, check_exact=True)


def test_a_picture_says_nothing_of_date_or_version(tmp_path: Path) -> None:
    images = np.zeros((3, 8, 8, 1), np.uint8)
    for name in ("first", "second"):
        artifacts.write_figure(plotting.image_grid(images, columns=2), tmp_path / f"{name}.png")
    content = (tmp_path / "first.png").read_bytes()
    assert content == (tmp_path / "second.png").read_bytes()
    assert b"matplotlib" not in content.lower()
