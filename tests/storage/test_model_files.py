"""What a model was trained on, inside its file."""

import json
import re
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from imagelab.classification.mlp import build_mlp
from imagelab.runtime.errors import InputError
from imagelab.settings import params
from imagelab.settings.training import Views
from imagelab.storage import model_files, writing
from imagelab.storage.model_files import Classes, Framing, TrainedOn
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.usefixtures("repeatable")

RECORD = TrainedOn(
    task="classifier",
    data="Fashion-MNIST (Zürich)",
    stand_in=False,
    pictures=60_000,
    seed=1,
    precision="mixed_bfloat16",
    settings={"epochs": 3, "widths": [8, 16], "rate": 0.1, "decay": None},
    classes=Classes(
        names=("Ankle boot", "Bag"),
        framing=Framing(bright_objects=True, share=1.0),
        test_time_views=Views(flips=True, shift=1),
    ),
)


def build() -> keras.Model:
    return build_mlp((4, 4, 1), hidden=(8,), dropout=(0,), l1_on_first=0, classes=2, seed=1)


def test_a_model_says_what_it_was_trained_on_and_keras_loads_it(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    model = build()
    writing.write_model(model, path, trained_on=RECORD)
    assert model_files.read_trained_on(path) == RECORD
    loaded = keras.saving.load_model(path)
    assert all(np.array_equal(*pair) for pair in zip(loaded.get_weights(), model.get_weights(), strict=True))


def test_equal_records_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        writing.write_model(build(), tmp_path / f"{name}.keras", trained_on=RECORD)
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()


def test_of_a_model_without_a_record_it_is_unknown(tmp_path: Path) -> None:
    writing.write_model(build(), tmp_path / "model.keras")
    assert model_files.read_trained_on(tmp_path / "model.keras") is None


def test_the_record_holds_the_settings_of_the_training() -> None:
    settings = params.load(REPOSITORY / "params" / "paper.yaml")
    record = model_files.describe(
        settings, settings.gan, task="leaf generator", data="leaves", stand_in=False, pictures=7
    )
    assert (record.seed, record.precision, record.classes) == (settings.seed, settings.precision, None)
    assert record.settings["snapshot_epochs"] == list(settings.gan.snapshot_epochs)
    assert record.settings.keys() == type(settings.gan).model_fields.keys()


def damaged(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("trained_on.json", content)
    return path


def changed(**fields: object) -> bytes:
    return json.dumps(RECORD.model_dump(mode="json") | fields).encode()


@pytest.mark.parametrize(
    ("content", "received"),
    [
        (b"{", "Invalid JSON: .+"),
        (b"[]", ".+ an object"),
        (b"\xff", ".+"),
        (b"{}", "task: Field required"),
        (changed(task="weather"), "task: .+"),
        (changed(pictures="many"), "pictures: .+"),
        (
            changed(classes={"names": ["one"], "framing": None, "test_time_views": {"flips": False, "shift": 0}}),
            "classes.names: .+",
        ),
        (changed(more=1), "more: .+"),
    ],
)
def test_a_damaged_record_is_one_line(content: bytes, received: str, tmp_path: Path) -> None:
    path = damaged(tmp_path, content)
    expected = rf"{re.escape(str(path))}: trained_on\.json: expected what imagelab wrote, received {received}"
    with pytest.raises(InputError) as raised:
        model_files.read_trained_on(path)
    assert re.fullmatch(expected, str(raised.value))


def test_a_damaged_archive_is_one_line(tmp_path: Path) -> None:
    path = damaged(tmp_path, changed())
    content = path.read_bytes()
    place = content.index(b"Fashion")
    for spoilt in (content[: place + 3], content[:place] + b"f" + content[place + 1 :]):
        path.write_bytes(spoilt)
        with pytest.raises(InputError, match=r"model\.keras: model: expected a \.keras archive, received .+"):
            model_files.read_trained_on(path)


def test_the_weights_of_a_file_do_not_depend_on_its_record(tmp_path: Path) -> None:
    writing.write_model(build(), tmp_path / "a.keras")
    writing.write_model(build(), tmp_path / "b.keras", trained_on=RECORD, compressed=True)
    weights = [model_files.read_weights(tmp_path / f"{name}.keras") for name in "ab"]
    assert weights[0] == weights[1]
    with pytest.raises(InputError, match=r"expected a \.keras archive, received no model\.weights\.h5 in it"):
        model_files.read_weights(damaged(tmp_path, b""))


def test_a_model_that_would_be_too_large_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with pytest.raises(
        InputError, match=r"model\.keras: output: expected a model of at most 0\.001 MB, received .+ MB"
    ):
        writing.write_model(build(), path, most_bytes=1000)
    assert list(tmp_path.iterdir()) == []
    writing.write_model(build(), path, most_bytes=1_000_000)
    assert path.exists()
