"""``imagelab publish``: small files that read everywhere and say what they were trained on."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from imagelab import __main__, publish_command
from imagelab.classification.cnn import build_cnn
from imagelab.clocks.reader.reading import load_reader
from imagelab.clocks.rendering import renderer, views
from imagelab.settings import params
from imagelab.settings.classification import BEST_CLASSIFIED
from imagelab.storage import model_files, writing
from imagelab.storage.model_files import TrainedOn
from imagelab.training import distribution, inference
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.usefixtures("repeatable")

Capture = pytest.CaptureFixture[str]


def record(**changes: Any) -> TrainedOn:
    fields = {"task": "classifier", "data": "drawings", "stand_in": False, "pictures": 9, "seed": 1, "settings": {}}
    return TrainedOn(**fields | {"precision": "mixed_bfloat16"} | changes)


def build(*, precision: str = "mixed_bfloat16") -> keras.Model:
    keras.config.set_dtype_policy(precision)
    try:
        model = build_cnn(
            (28, 28, 1), filters=(16, 32, 32), dense=(64, 32), dropout=0, batch_normalization=True, classes=10, seed=1
        )
    finally:
        keras.config.set_dtype_policy("float32")
    random = np.random.default_rng(0)  # biases that are not 0
    model.set_weights([weight + random.normal(0, 0.05, weight.shape) ** 2 for weight in model.get_weights()])
    return model


def publish(model: Path, out: Path) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["imagelab", "publish", str(model), "--out", str(out)])
        try:
            __main__.main()
        except SystemExit as end:
            assert isinstance(end.code, int)
            return end.code
    return 0


def test_a_network_of_bfloat16_becomes_half_as_large_and_says_nearly_the_same(tmp_path: Path, capsys: Capture) -> None:
    before, after = tmp_path / "before.keras", tmp_path / "models" / "after.keras"
    model = build()
    writing.write_model(model, before, trained_on=record())
    assert publish(before, after) == 0
    assert after.stat().st_size < 0.6 * before.stat().st_size
    published = keras.saving.load_model(after)
    assert {layer.compute_dtype for layer in published.layers} == {"float32"}
    images = np.random.default_rng(1).random((50, 28, 28, 1), dtype=np.float32)
    expected, found = (inference.predict(one, images) for one in (inference.in_float32(model), published))
    assert np.abs(found - expected).max() < 0.05 * expected.std()
    said = capsys.readouterr().out
    assert said.startswith(f"{after}: 0.") and "kernels rounded to bfloat16" in said
    assert said.endswith("; trained on drawings\n")
    assert model_files.read_trained_on(after) == record()


LOAD = """
import sys

import keras
import numpy as np

folder = sys.argv[1]
network = keras.saving.load_model(f"{folder}/after.keras")
assert not [name for name in sys.modules if name.startswith("imagelab")]
np.save(f"{folder}/found.npy", network.predict(np.load(f"{folder}/images.npy"), verbose=0))
print(keras.backend.backend())
"""
WITH_JAX = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")


@pytest.mark.parametrize("backend", ["tensorflow", pytest.param("jax", marks=[pytest.mark.slow, WITH_JAX])])
def test_a_published_classifier_is_loaded_by_keras_alone_on_both_backends(backend: str, tmp_path: Path) -> None:
    model = build()
    writing.write_model(model, tmp_path / "before.keras", trained_on=record())
    assert publish(tmp_path / "before.keras", tmp_path / "after.keras") == 0
    images = np.random.default_rng(1).random((5, 28, 28, 1), dtype=np.float32)
    np.save(tmp_path / "images.npy", images)
    environment = os.environ | {"KERAS_BACKEND": backend}
    command = [sys.executable, "-c", LOAD, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{backend}\n"
    expected = inference.predict(inference.load_model(tmp_path / "after.keras"), images)
    assert np.load(tmp_path / "found.npy") == pytest.approx(expected, abs=1e-4)


def test_a_model_is_not_published_over_itself(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(b"a training of hours")
    assert publish(path, tmp_path / "other" / ".." / "model.keras") == 1
    assert "publish: --out: expected another place than" in capsys.readouterr().err
    assert path.read_bytes() == b"a training of hours"


def test_only_kernels_are_rounded() -> None:
    model = build()
    published = distribution.for_distribution(model, rounded=True)
    for before, after in zip(model.get_weights(), published.get_weights(), strict=True):
        low_bits = after.view(np.uint32) & 0xFFFF
        if before.ndim < 2:
            assert np.array_equal(before, after)
        else:
            assert not np.array_equal(before, after)
            assert (low_bits == 0).all()
            assert np.abs(after - before).max() <= 2**-8 * np.abs(before).max()


def test_a_kernel_is_rounded_to_the_nearest_number_of_bfloat16_and_ties_to_the_even_one() -> None:
    kernel = np.array([[1, 1 + 2**-8, 1 + 2**-8 + 2**-20, 1 + 3 * 2**-8, -0.1]], np.float32)
    expected = [1, 1, 1 + 2**-7, 1 + 2**-6, -0.10009765625]
    assert distribution._rounded(kernel)[0].tolist() == expected


def test_a_network_of_float32_keeps_its_weights(tmp_path: Path, capsys: Capture) -> None:
    before, after = tmp_path / "before.keras", tmp_path / "after.keras"
    writing.write_model(build(precision="float32"), before, trained_on=record(precision="float32"))
    assert publish(before, after) == 0
    weights = [keras.saving.load_model(path).get_weights() for path in (before, after)]
    assert all(np.array_equal(*pair) for pair in zip(*weights, strict=True))
    assert "weights unchanged, outputs on random inputs change by 0.0%" in capsys.readouterr().out


def test_equal_models_give_equal_bytes(tmp_path: Path) -> None:
    writing.write_model(build(), tmp_path / "before.keras", trained_on=record())
    for name in ("a", "b"):
        assert publish(tmp_path / "before.keras", tmp_path / f"{name}.keras") == 0
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()


@pytest.mark.parametrize(
    ("trained_on", "received"),
    [
        (record(stand_in=True, data="leaves drawn by the project"), "leaves drawn by the project"),
        (None, "no trained_on.json in it"),
    ],
)
def test_a_model_of_stand_ins_or_of_unknown_data_is_not_published(
    trained_on: TrainedOn | None, received: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "model.keras"
    writing.write_model(build(), path, trained_on=trained_on)
    assert publish(path, tmp_path / "out.keras") == 1
    expected = "model: expected a model that says what it was trained on, and not on stand-ins"
    assert capsys.readouterr().err == f"error: {path}: {expected}, received {received}\n"
    assert not (tmp_path / "out.keras").exists()


def test_a_model_that_is_too_large_is_not_published(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_command, "MOST_BYTES", 50_000)
    path = tmp_path / "model.keras"
    writing.write_model(build(), path, trained_on=record())
    assert publish(path, tmp_path / "out.keras") == 1
    assert "out.keras: output: expected a model of at most 0.05 MB, received" in capsys.readouterr().err
    assert [found.name for found in tmp_path.iterdir()] == ["model.keras"]
    assert publish(path, tmp_path / "out.h5") == 1
    assert "publish: --out: expected a name that ends with .keras" in capsys.readouterr().err


def test_a_reader_with_layers_of_its_own_reads_the_same_afterwards(tmp_path: Path, capsys: Capture) -> None:
    committed, out = REPOSITORY / model_files.committed("clocks"), tmp_path / "clocks.keras"
    assert publish(committed, out) == 0
    assert out.stat().st_size < 0.6 * committed.stat().st_size
    settings = params.load(REPOSITORY / "params" / "paper.yaml").render
    random = np.random.default_rng(5)
    clocks = [
        renderer.render_clock(hour, 7 * hour, views.draw_view(settings, random), settings, random) for hour in range(3)
    ]
    pictures = [np.repeat(clock[..., None], 3, axis=2) for clock in clocks]
    before, after = (load_reader(path).read(pictures) for path in (committed, out))
    assert before.times.tolist() == after.times.tolist() == [67 * hour for hour in range(3)]
    assert before.probabilities == pytest.approx(after.probabilities, abs=0.02)


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / model_files.COMMITTED).glob("*.keras")), ids=lambda path: path.stem
)
def test_a_committed_model_is_small_loads_and_says_what_it_was_trained_on(path: Path) -> None:
    assert path.stat().st_size <= publish_command.MOST_BYTES
    trained_on = model_files.read_trained_on(path)
    assert trained_on is not None and not trained_on.stand_in
    task = {"clocks": "clock reader", "leaves": "leaf generator"}.get(path.stem, "classifier")
    assert trained_on.task == task
    assert inference.load_model(path).count_params() > 100_000
    assert f"`{path.name}`" in (REPOSITORY / model_files.COMMITTED / "README.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("name", BEST_CLASSIFIED)
def test_a_committed_classifier_names_drawings_as_the_docs_show(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    command = [sys.executable, "-m", "benchmarks.own_pictures", str(tmp_path / "drawn")]
    subprocess.run(command, cwd=REPOSITORY, check=True, timeout=60)
    pictures = sorted((tmp_path / "drawn" / name).iterdir())
    monkeypatch.chdir(REPOSITORY)
    monkeypatch.setattr(sys, "argv", ["imagelab", "classify", "--model", name, *map(str, pictures), "--top", "1"])
    __main__.main()
    shown = (REPOSITORY / "docs" / "classifiers.md").read_text(encoding="utf-8")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(pictures) > 3
    for line in lines:
        path, answer = line.split(": ")
        assert (
            f"\n{Path(path).name}: {answer.rsplit(' ', 2)[0]} " in shown
        )  # the class; the probability may round differently


@pytest.mark.slow
def test_the_committed_generator_draws_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    out = tmp_path / "grid.png"
    monkeypatch.setattr(sys, "argv", ["imagelab", "sample", "--count", "24", "--seed", "1", "--out", str(out)])
    __main__.main()
    with Image.open(out) as grid:
        pixels = np.asarray(grid.convert("RGB")).astype(float)
    assert pixels.std() > 20
    assert pixels[..., 1].mean() > pixels[..., 2].mean()  # greener than blue
