"""``python -m imagelab sample``."""

import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagelab import __main__
from imagelab.classification.mlp import build_mlp
from imagelab.clocks.heads.head import build_clock_network
from imagelab.clocks.heads.regression import REGRESSION
from imagelab.leaves.generators.network import build_generator
from imagelab.leaves.generators.prior import ClassPrior, with_class_prior
from imagelab.settings.clocks import MultiHead
from imagelab.storage import model_files, writing
from imagelab.storage.model_files import TrainedOn

pytestmark = pytest.mark.usefixtures("repeatable")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["imagelab", "sample", *map(str, arguments)])
    __main__.main()


def grid(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_a_generator_draws_a_grid_that_its_seed_decides(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = folder / "data" / "models" / "generator" / "gan"
    trained.mkdir(parents=True)
    writing.write_model(build_generator(4, 16, filters=2, seed=1), trained / "generator.keras")
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        command(monkeypatch, "--model", "gan", "--count", 5, "--seed", seed, "--out", f"{name}.png")
    assert (folder / "a.png").read_bytes() == (folder / "b.png").read_bytes()
    assert not np.array_equal(grid(folder / "a.png"), grid(folder / "c.png"))
    command(monkeypatch, "--model", trained / "generator.keras", "--count", 5, "--out", "d.png")
    assert (folder / "a.png").read_bytes() == (folder / "d.png").read_bytes()


def record(*, stand_in: bool) -> TrainedOn:
    return TrainedOn(
        task="leaf generator", data="a tree", stand_in=stand_in, pictures=9, seed=1, precision="float32", settings={}
    )


def test_without_a_name_the_committed_generator_draws(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = build_generator(4, 16, filters=2, seed=1)
    writing.write_model(model, folder / "results" / "models" / "leaves.keras", trained_on=record(stand_in=False))
    command(monkeypatch, "--count", 5, "--out", "a.png")
    assert capsys.readouterr() == ("a.png: 5 leaves of results/models/leaves.keras, seed 1\n", "")
    command(monkeypatch, "--count", 5, "--out", "b.png", "--json")
    said = json.loads(capsys.readouterr().out)
    trained_on = {"data": "a tree", "stand_in": False, "pictures": 9}
    assert said == {"picture": "b.png", "leaves": 5, "seed": 1, "trained_on": trained_on}
    assert (folder / "a.png").read_bytes() == (folder / "b.png").read_bytes()


@pytest.mark.parametrize(
    ("trained_on", "note"),
    [
        (record(stand_in=True), "note: this model was trained on a stand-in: a tree\n"),
        (None, "note: what this model was trained on is unknown\n"),
    ],
)
def test_a_generator_of_stand_ins_or_of_unknown_data_says_so(
    trained_on: TrainedOn | None,
    note: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    writing.write_model(build_generator(4, 16, filters=2, seed=1), folder / "model.keras", trained_on=trained_on)
    command(monkeypatch, "--model", "model.keras", "--count", 2, "--out", "a.png", "--json")
    said = capsys.readouterr()
    assert said.err == note
    assert json.loads(said.out)["trained_on"] == model_files.as_object(trained_on)


@pytest.mark.parametrize(("count", "columns", "rows"), [(2, 2, 1), (5, 3, 2), (60, 6, 10)])
def test_a_grid_is_a_multiple_of_the_classes_wide(
    count: int, columns: int, rows: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder, prior = build_generator(4, 16, filters=2, seed=1), ClassPrior(3, 4)
    writing.write_model(with_class_prior(decoder, prior), folder / "vae.keras")
    command(monkeypatch, "--model", "vae.keras", "--count", count, "--out", "a.png")
    tile = grid(folder / "a.png").shape[0] / rows
    assert grid(folder / "a.png").shape[:2] == (tile * rows, tile * columns)


def test_a_model_that_draws_nothing_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = build_mlp((2, 2, 1), hidden=(2,), dropout=(0,), l1_on_first=0, classes=2, seed=1)
    writing.write_model(model, folder / "mlp.keras")
    with pytest.raises(SystemExit):
        command(monkeypatch, "--model", "mlp.keras", "--out", "a.png")
    assert "mlp.keras: model: expected a generator, from (b, latent) to (b, h, w, c)" in capsys.readouterr().err


def test_any_of_the_projects_networks_loads_and_an_archive_without_a_network_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = build_clock_network(
        REGRESSION, (16, 16, 1), MultiHead(learning_rate=0.001, epochs=1, minute_filters=2), seed=1
    )
    writing.write_model(clock, folder / "clock.keras")
    with zipfile.ZipFile(folder / "empty.keras", "w") as archive:
        archive.writestr("nothing.txt", "")
    for name, message in (("clock", "expected a generator"), ("empty", "expected a .keras archive")):
        with pytest.raises(SystemExit):
            command(monkeypatch, "--model", f"{name}.keras", "--out", "a.png")
        assert f"{name}.keras: model: {message}" in capsys.readouterr().err


def test_an_interrupted_command_ends_in_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(__main__, "_sample", interrupt)
    with pytest.raises(SystemExit) as caught:
        command(monkeypatch, "--model", "gan", "--out", "a.png")
    assert caught.value.code == 130
    assert capsys.readouterr().err == "interrupted\n"
