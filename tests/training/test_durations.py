from pathlib import Path

import pytest

from imagelab.runtime.errors import InputError
from imagelab.training import durations
from imagelab.training.durations import Part, Training

FIRST, SECOND = Part("a processor", "none", 2, 80, 4.0), Part("another one", "none", 1, 40, 1.0)


def keep(*trainings: Training, name: str = "clock", content: str = "a network") -> Path:
    out = Path("data/models") / name / "model.keras"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(content)
    durations.keep(name, trainings, [out], backend="jax", precision="float32", threads=2)
    return out


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_record_sums_the_parts_of_each_training_and_of_all() -> None:
    keep(Training("a", [FIRST, SECOND]), Training("b", [SECOND]), Training("unknown", []))
    (record,) = durations.of_present()
    assert [record[name] for name in ("backend", "precision", "threads")] == ["jax", "float32", 2]
    sums = ("epochs", "images", "seconds", "images_per_second")
    assert [record[name] for name in sums] == [4, 160, 6.0, 160 / 6]
    assert record["without_duration"] == 1
    first, second, unknown = record["trainings"]
    assert [first[name] for name in (*sums, "resumed")] == [3, 120, 5.0, 24.0, 1]
    assert [second[name] for name in (*sums, "resumed")] == [1, 40, 1.0, 40.0, 0]
    assert [unknown[name] for name in (*sums, "resumed")] == [0, 0, 0, None, 0]
    assert first["parts"][1] == {
        "processor": "another one",
        "accelerator": "none",
        "epochs": 1,
        "images": 40,
        "seconds": 1.0,
    }


def test_a_record_is_found_for_as_long_as_what_its_trainings_wrote_is_there() -> None:
    out = keep(Training("a", [FIRST]))
    keep(Training("a", [SECOND]), name="another")
    assert [record["name"] for record in durations.of_present()] == ["another", "clock"]
    out.write_text("a network that this training did not write")
    assert [record["name"] for record in durations.of_present()] == ["another"]
    out.unlink()
    assert [record["name"] for record in durations.of_present()] == ["another"]


def test_a_network_that_returns_from_the_cache_has_its_own_duration_again() -> None:
    keep(Training("first", [FIRST]), content="first")
    out = keep(Training("second", [SECOND]), content="second")
    out.write_text("first")
    (record,) = durations.of_present()
    assert [training["training"] for training in record["trainings"]] == ["first"]


def test_equal_outputs_have_one_record() -> None:
    keep(Training("a", [FIRST]))
    keep(Training("a", [SECOND]))
    (record,) = durations.of_present()
    assert record["images"] == 40


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": "a", "outputs": []}'])
def test_a_damaged_record_is_named(content: str) -> None:
    path = durations.FOLDER / "clock-0123456789abcdef.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(InputError, match=path.name):
        durations.of_present()
