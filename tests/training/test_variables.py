"""What the environment and a user's own files say to the libraries: set, refused or recorded, and in the docs."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from imagelab.classification.search import engines
from imagelab.runtime.errors import InputError
from imagelab.training import environment, variables
from tests.conftest import REPOSITORY, write_yaml
from tests.pipeline.bad_input import READER, execute
from tests.pipeline.tiny import tiny_settings

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
OTHER_NUMBERS = {"floatx": "float64", "epsilon": 1e-3, "backend": "numpy", "image_data_format": "channels_first"}


def run(folder: Path, *command: str, home: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run ``python -m`` with this command as a user with this home folder."""
    unwanted = ("KERAS_", "XDG_", "MPL", "MATPLOTLIBRC", "LC_", "PYTHONIOENCODING")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)} | variables
    variables |= {"HOME": str(home), "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "src")])}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("empty_home")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That of a user with own settings of Keras and of matplotlib."""
    folder = tmp_path_factory.mktemp("home")
    (folder / ".keras").mkdir()
    (folder / ".keras" / "keras.json").write_text(json.dumps(OTHER_NUMBERS))
    (folder / ".config" / "matplotlib").mkdir(parents=True)
    (folder / ".config" / "matplotlib" / "matplotlibrc").write_text("savefig.facecolor: red\n")
    return folder


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with settings and digits, in which nothing is trained."""
    folder = tmp_path_factory.mktemp("prepared")
    write_yaml(tiny_settings(), folder / "params.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for command in ("stages.fetch mnist", "stages.prepare mnist"):
            execute(command, patch)
    return folder


@pytest.fixture(scope="module")
def trained(prepared: Path, empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after a training by a user without habits."""
    folder = shutil.copytree(prepared, tmp_path_factory.mktemp("trained") / "workspace")
    assert run(folder, "stages.train_keras_example", "cnn", home=empty_home).returncode == 0
    return folder


def outputs(workspace: Path) -> dict[Path, bytes]:
    found = [path for path in (workspace / "data" / "models").rglob("*") if path.is_file()]
    assert len(found) == 5  # model, history, logits of three splits
    return {path.relative_to(workspace): path.read_bytes() for path in found}


@pytest.mark.parametrize("way", ["home folder", pytest.param("variables", marks=pytest.mark.slow)])
def test_a_training_has_the_same_bits_whatever_the_user_has_set_for_keras(
    way: str, prepared: Path, trained: Path, home: Path, empty_home: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(prepared, tmp_path / "workspace")
    if way == "home folder":
        done = run(folder, "stages.train_keras_example", "cnn", home=home)
    else:
        others = {"KERAS_HOME": str(home / ".keras"), "TF_CPU_ALLOCATOR_USE_BFC": "0", "KERAS_NNX_ENABLED": "1"}
        done = run(folder, "stages.train_keras_example", "cnn", home=empty_home, **ASCII, **others)
        assert "100%|###" in done.stderr  # tqdm's bar for such a terminal
    assert done.returncode == 0, done.stderr
    assert outputs(folder) == outputs(trained)


@pytest.mark.slow
def test_networks_have_the_same_shapes_whatever_the_user_has_set_for_keras(
    home: Path, empty_home: Path, tmp_path: Path
) -> None:
    shared = REPOSITORY.parent / "shared" / "cases" / "keras_home" / ".keras"  # if it is there; only read
    shutil.copytree(REPOSITORY / "params", tmp_path / "params")  # the profiles, whose networks are counted
    counts = []
    for user, more in ((empty_home, {}), (home, {}), (empty_home, {"KERAS_HOME": str(shared)})):
        done = run(tmp_path, "stages.count_parameters", home=user, **more)
        assert done.returncode == 0, done.stderr
        counts.append((tmp_path / "metrics" / "models.json").read_bytes())
    assert len(set(counts)) == 1
    assert [path.name for path in (home / ".keras").iterdir()] == ["keras.json"]
    assert not (empty_home / ".keras").exists()  # nothing is left in a home folder, either


DRAW = """
import sys
from pathlib import Path
import numpy as np
from imagelab.evaluation import figures
from imagelab.storage import writing
pictures = np.random.default_rng(0).random((4, 8, 8, 3))
writing.write_figure(figures.image_grid(pictures, columns=2, titles=("one", "two")), Path(sys.argv[1]))
"""


def test_a_picture_has_the_same_bits_whatever_the_user_has_set_for_matplotlib(
    home: Path, empty_home: Path, tmp_path: Path
) -> None:
    (tmp_path / "draw.py").write_text(DRAW)
    for user in (home, empty_home):
        assert run(tmp_path, "draw", f"{user.name}.png", home=user).returncode == 0
    first, second = (tmp_path / f"{user.name}.png" for user in (home, empty_home))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("name", variables.REFUSED)
def test_a_variable_that_contradicts_the_settings_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variables.check()
    monkeypatch.setenv(name, "1")
    for training in (True, False):
        with pytest.raises(InputError, match=rf"^environment: {name}: expected [a-z .,]+, received '1'$"):
            variables.check(training=training)


@pytest.mark.parametrize(
    ("name", "training", "message"),
    [
        ("mxnet", True, "expected tensorflow or jax for the pipeline, received 'mxnet'"),
        ("mxnet", False, "expected tensorflow, jax, torch, numpy or openvino, received 'mxnet'"),
        ("openvino", True, "expected tensorflow or jax for the pipeline, received 'openvino'"),
        ("numpy", True, "expected tensorflow or jax for the pipeline, received 'numpy'"),
        ("torch", True, "expected tensorflow or jax for the pipeline, received 'torch'"),
        ("jax", True, r"expected the package jax \(pip install jax\), received 'jax' without it"),
        ("torch", False, r"expected the package torch \(pip install torch\), received 'torch' without it"),
        ("numpy", False, r"expected the package jax \(pip install jax\), received 'numpy' without it"),
    ],
)
def test_a_backend_that_cannot_do_it_is_refused(
    name: str, training: bool, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(variables.PathFinder, "find_spec", lambda _: None)
    monkeypatch.setenv("KERAS_BACKEND", name)
    with pytest.raises(InputError, match=f"^environment: KERAS_BACKEND: {message}$"):
        variables.check(training=training)


def test_a_backend_that_is_installed_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variables.PathFinder, "find_spec", lambda name: name)
    for name in ("", "tensorflow", "jax"):
        monkeypatch.setenv("KERAS_BACKEND", name)
        variables.check()
    for name in ("tensorflow", "jax", "torch", "numpy", "openvino"):
        monkeypatch.setenv("KERAS_BACKEND", name)
        variables.check(training=False)


COMMANDS = [
    ("stages.count_parameters", "KERAS_BACKEND", "torch"),
    ("stages.search_grid mlp", "KERAS_BACKEND", "mxnet"),
    ("stages.check_params", "KERAS_MAX_EPOCHS", ""),
    (f"imagelab read-clock clock.png --model {READER}", "KERAS_BACKEND", "mxnet"),
    (f"imagelab sample --out leaves.png --model {READER}", "KERAS_MAX_STEPS_PER_EPOCH", "1"),
]


@pytest.mark.parametrize(("command", "name", "value"), COMMANDS)
def test_stages_and_commands_say_so_in_one_line(
    command: str, name: str, value: str, tmp_path: Path, empty_home: Path
) -> None:
    done = run(tmp_path, *command.split(), home=empty_home, **{name: value})
    assert done.returncode == 1
    assert re.fullmatch(rf"error: environment: {name}: expected [^\n]+, received '{value}'\n", done.stderr)
    assert not list(tmp_path.iterdir())


def test_a_task_on_another_machine_says_so_before_it_imports_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer of that machine; ``RayTaskError`` brings it here, where the stage prints it."""
    monkeypatch.setenv("KERAS_BACKEND", "mxnet")
    with pytest.raises(InputError, match="KERAS_BACKEND: expected"):
        engines._work_as_task(["a reference, which is not looked up"], None)


def test_keras_with_other_settings_is_refused_where_it_was_imported_before(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}

    def imported(**others: object) -> None:
        config = {name: lambda value=value: value for name, value in (before | others).items()}
        monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(config=SimpleNamespace(**config)))

    imported()
    variables.set_variables()
    for name, value in OTHER_NUMBERS.items():
        if name != "backend":
            imported(**{name: value})
            with pytest.raises(InputError, match=rf"^Keras: {name}: expected .+ \(import imagelab before Keras"):
                variables.set_variables()


def test_what_steers_numbers_is_recorded_and_neither_secrets_nor_what_the_project_sets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("TF_ENABLE_ONEDNN_OPTS", "JAX_ENABLE_X64", "GLIBC_TUNABLES"):
        monkeypatch.setenv(name, "1")
        assert variables.switches()[name] == "1"
        assert f"{name}=1" in environment.describe(precision="float32", threads=1)["switches"]
    for name in ("OMP_NUM_THREADS", "OPENBLAS_CORETYPE"):
        monkeypatch.setenv(name, "1")
        assert name not in variables.switches()
        assert f"{name}=1" in environment.describe(precision="float32", threads=1)["switches"]
    for name in (*variables.SET, "TF_TOKEN_app_terraform_io", "TF_VAR_password", "TF_CPP_MIN_LOG_LEVEL"):
        monkeypatch.setenv(name, "1")
        assert name not in environment.describe(precision="float32", threads=1)["switches"]


def test_the_docs_say_what_becomes_of_each_variable() -> None:
    text = (REPOSITORY / "docs" / "environment_variables.md").read_text(encoding="utf-8")
    found = dict(re.findall(r"^\| `([A-Z0-9_]+\*?)` \| (\w+)", text, re.MULTILINE))
    assert len(found) == text.count("\n| `")
    assert {name for name, fate in found.items() if fate == "set"} == set(variables.SET)
    assert {name for name, fate in found.items() if fate == "refused"} == set(variables.REFUSED)
    for wanted, beginnings in (("recorded", variables.RECORDED), ("described", variables.DESCRIBED)):
        assert {name.removesuffix("*") for name, fate in found.items() if fate == wanted} == set(beginnings)
    assert set(found.values()) == {"set", "refused", "recorded", "described"}
    for name, value in variables.SET.items():
        shown = value.removeprefix(f"{REPOSITORY}/")
        assert f"| `{name}` | set: `{shown}` |" in text


def test_the_look_for_a_backend_leaves_the_import_hook() -> None:
    """The look must not use up the finder that prepares the import of Keras."""
    code = (
        "import sys; from imagelab.training import variables; variables.check(); print(type(sys.meta_path[0]).__name__)"
    )
    environment = os.environ | {"KERAS_BACKEND": "tensorflow", "PYTHONPATH": str(REPOSITORY / "src")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "_Finder\n"
    assert importlib.util.find_spec("tensorflow") is not None
