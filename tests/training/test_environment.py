"""What a commit's numbers come from."""

import json
import os
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import keras
import pytest
from packaging.requirements import Requirement

from imagelab.training import backend, environment, processor
from tests.conftest import REPOSITORY

WITHOUT_NUMBERS = {
    "threadpoolctl",
    "dvc",
    "pydantic",
    "pyyaml",
    "pooch",
    "requests",
    "tqdm",
    "psutil",
    "altair",
    "vl-convert-python",
    "jinja2",
    "networkx",
    "pebble",
    "rich",
}


def test_the_description_is_made_of_plain_values_and_is_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    described = environment.describe(precision="float32", threads=2)
    values = [value for key, value in described.items() if key != "versions"] + list(described["versions"].values())
    assert all(isinstance(value, str | int) and value != "" for value in values)  # dvc metrics leaves lists out
    assert (described["precision"], described["threads"]) == ("float32", 2)
    monkeypatch.chdir("/")
    assert environment.describe(precision="float32", threads=2) == described
    assert environment.describe(precision="float32", threads=1) != described


def test_every_library_that_computes_has_its_version_there() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    direct = {Requirement(line).name for line in project["dependencies"]}
    described = environment.describe(precision="float32", threads=2)["versions"]
    assert set(described) == direct - WITHOUT_NUMBERS
    assert described["numpy"] == version("numpy")


def test_another_processor_is_described_by_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    description = tmp_path / "cpuinfo"
    description.write_text(
        "processor\t: 0\ncpu family\t: 6\nmodel\t\t: 143\nmodel name\t: Some Xeon\nstepping\t: 8\n"
        "cache size\t: 2048 KB\nflags\t\t: fpu avx2 amx_bf16 fma\n\nprocessor\t: 1\nmodel name\t: Other\n"
    )
    monkeypatch.setattr(processor, "_DESCRIPTION", description)
    described = environment.describe(precision="float32", threads=2)
    assert described["processor"] == "Some Xeon, family 6, model 143, stepping 8"
    assert described["instructions"] == "amx_bf16 avx2 fma"
    assert described["cache"] == "2048 KB"
    monkeypatch.setattr(processor, "_DESCRIPTION", tmp_path / "none")
    assert environment.describe(precision="float32", threads=2)["instructions"] == "unknown"


def test_gpus_are_those_of_the_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for bus in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / bus).mkdir()
        (tmp_path / bus / "information").write_text("Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 0\n")
    monkeypatch.setattr(environment, "_GPUS", tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    described = environment.describe(precision="float32", threads=2)
    assert described["gpus"] == "NVIDIA H100 80GB HBM3, NVIDIA H100 80GB HBM3"
    assert "CUDA_VISIBLE_DEVICES=1" in described["switches"]


def test_a_training_depends_on_the_parts_of_the_description_that_decide_its_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, part = environment.describe(precision="float32", threads=2), environment.describe_for_training()
    assert {name: part[name] for name in part if name not in ("switches", "versions")} == {
        name: whole[name] for name in ("backend", "processor", "instructions", "cache", "system", "python")
    }
    assert set(part["versions"]) == {"keras", "numpy", "pandas", "tensorflow"}
    assert part["versions"].items() <= whole["versions"].items()
    monkeypatch.setattr(environment.cores, "available", lambda: 1000)
    monkeypatch.setattr(environment, "_gpus", lambda: "another one")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert environment.describe(precision="float32", threads=2) != whole
    assert environment.describe_for_training() == part
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert environment.describe_for_training() != part


def test_the_accelerator_in_use_is_part_of_what_a_training_depends_on(monkeypatch: pytest.MonkeyPatch) -> None:
    described = backend.environment()
    assert environment.describe_for_training().items() <= described.items()
    monkeypatch.setattr(backend, "_accelerator", lambda: "a GPU")
    assert backend.environment() == described | {"accelerator": "a GPU"}


@pytest.mark.parametrize("name", ["tensorflow", "jax"])
@pytest.mark.parametrize(("models", "expected"), [(["H100", "A100"], "H100"), ([], "none")])
def test_the_accelerator_is_the_model_of_the_first_gpu(
    models: list[str], expected: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In place of drivers, which the machine may lack; the other GPUs compute nothing."""
    if name == "jax":
        devices = [SimpleNamespace(platform="gpu", device_kind=model) for model in models]
        devices = devices or [SimpleNamespace(platform="cpu", device_kind="cpu")]
        monkeypatch.setitem(sys.modules, "jax", SimpleNamespace(devices=lambda: devices))
    else:
        config = pytest.importorskip("tensorflow").config
        gpus = [
            SimpleNamespace(name=f"/physical_device:GPU:{number}", model=name) for number, name in enumerate(models)
        ]
        monkeypatch.setattr(config, "list_physical_devices", lambda kind: gpus)
        monkeypatch.setattr(config.experimental, "get_device_details", lambda gpu: {"device_name": gpu.model})
    monkeypatch.setattr(keras.backend, "backend", lambda: name)
    assert backend._accelerator() == expected


KERAS_CHOICE = """
import contextlib, sys
import imagelab
with contextlib.suppress(ImportError):  # the backend may not be installed: Keras has chosen it all the same
    import keras
print(sys.modules["keras.src.backend.config"].backend())
"""


@pytest.mark.parametrize(("variable", "expected"), [("KERAS_BACKEND", "numpy"), ("KERAS_HOME", "tensorflow")])
def test_the_backend_is_the_one_that_keras_starts(
    variable: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "numpy"}))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv(variable, str(tmp_path) if variable == "KERAS_HOME" else "numpy")
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY / "src"))
    command = [sys.executable, "-c", KERAS_CHOICE]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=True)
    assert environment.describe(precision="float32", threads=2)["backend"] == done.stdout.strip() == expected
