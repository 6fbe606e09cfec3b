"""What is installed, loaded and downloaded is what was meant: pins with hashes, data without code."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from imagelab.datasets import fetching, official
from imagelab.runtime.errors import InputError
from imagelab.settings.data import CLASSIFIED
from tests.conftest import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
LOCK = (REPOSITORY / "requirements.txt").read_text()
DIRECT = {"imagelab (pyproject.toml)", "imagelab (pyproject.toml:dev)"}  # how uv names who asked for a pin


class Pin(NamedTuple):
    requirement: Requirement
    hashes: list[str]
    asked_by: set[str]


def pins(lock: str) -> dict[str, Pin]:
    """What ``requirements.txt`` holds, by name."""
    found = {}
    for block in re.split(r"\n(?=[a-z0-9])", lock.strip()):
        line, *others = block.splitlines()
        requirement = Requirement(line.removesuffix("\\"))
        hashes = [other.strip(" \\").removeprefix("--hash=") for other in others if "--hash=" in other]
        comments = [other.strip().removeprefix("#").strip() for other in others if other.strip().startswith("#")]
        found[requirement.name] = Pin(requirement, hashes, {name.removeprefix("via ") for name in comments} - {"via"})
    return found


def wanted(project: dict[str, Any]) -> list[Requirement]:
    """What ``pyproject.toml`` asks for directly."""
    return [Requirement(line) for line in project["project"]["dependencies"] + project["dependency-groups"]["dev"]]


def disagreements(project: dict[str, Any], lock: str) -> list[str]:
    """What is wrong with a lock: direct requirements that it lacks or does not meet, pins that nobody asks for."""
    found, asked = pins(lock), wanted(project)
    wrong = []
    for requirement in asked:
        pin = found.get(canonicalize_name(requirement.name))
        if pin is None:
            wrong.append(f"{requirement}: no pin")
        elif not all(requirement.specifier.contains(version.version) for version in pin.requirement.specifier):
            wrong.append(f"{requirement}: pinned as {pin.requirement}")
    direct = {canonicalize_name(requirement.name) for requirement in asked}
    wrong += [f"{name}: not asked for" for name, pin in found.items() if pin.asked_by & DIRECT and name not in direct]
    wrong += [
        f"{name}: asked for, which is not noted" for name in direct & set(found) if not found[name].asked_by & DIRECT
    ]
    known = set(found) | DIRECT
    wrong += [f"{name}: asked for by {who}" for name, pin in found.items() for who in pin.asked_by - known]
    wrong += [f"{name}: asked for by nobody" for name, pin in found.items() if not pin.asked_by]
    return wrong


def test_the_lock_holds_what_the_project_asks_for_and_nothing_else() -> None:
    """Without network; ``make check-lock`` resolves anew."""
    assert disagreements(PROJECT, LOCK) == [], "make lock"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"numpy>=2.3,<3"', '"numpy>=3,<4"', "numpy<4,>=3: pinned as numpy==2"),
        ('"numpy>=2.3,<3"', '"numpy>=2.3,<3", "polars>=1"', "polars>=1: no pin"),
        ('"pooch>=1.8,<2",', "", "pooch: not asked for"),
        ('"numpy>=2.3,<3"', '"numpy>=2.3,<3", "idna"', "idna: asked for, which is not noted"),
    ],
    ids=["version", "added", "removed", "now direct"],
)
def test_a_lock_that_was_not_renewed_is_noticed(old: str, new: str, message: str) -> None:
    text = (REPOSITORY / "pyproject.toml").read_text()
    assert old in text
    assert [line for line in disagreements(tomllib.loads(text.replace(old, new)), LOCK) if line.startswith(message)]


def test_an_extra_wants_no_other_version_than_the_default_environment() -> None:
    """``make env`` comes first; an extra that wants another version would replace what was installed with hashes."""
    default = {requirement.name: requirement.specifier for requirement in wanted(PROJECT)}
    extras = [Requirement(line) for lines in PROJECT["project"]["optional-dependencies"].values() for line in lines]
    shared = [requirement for requirement in extras if requirement.name in default]
    assert {"ray", "tensorflow"} <= {requirement.name for requirement in shared}
    for requirement in shared:
        assert requirement.specifier == default[requirement.name], requirement


def test_every_pin_is_one_version_with_hashes() -> None:
    found = pins(LOCK)
    assert len(found) > 100
    for name, pin in found.items():
        assert [specifier.operator for specifier in pin.requirement.specifier] == ["=="], name
        assert pin.hashes, name
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in pin.hashes), name


def test_nothing_is_installed_without_its_hash() -> None:
    commands = re.findall(r"pip install (.*)", (REPOSITORY / "Makefile").read_text())
    own = "--no-build-isolation --no-deps --editable ."  # builds with what the lock has installed
    assert len(commands) == 2
    assert all("--require-hashes -r requirements.txt" in line or line.endswith(own) for line in commands)
    backend = PROJECT["build-system"]["requires"]
    assert {Requirement(line).name for line in backend} <= set(pins(LOCK))


UNSAFE_MODULES = {"pickle", "_pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
UNSAFE_CALLS = {"eval", "exec", "enable_unsafe_deserialization", "read_hdf", "read_pickle", "to_pickle"}
UNSAFE_CALLS |= {f"{kind}_load{how}" for kind in ("full", "unsafe") for how in ("", "_all")}
UNSAFE_LOADERS = {f"yaml.{language}{kind}Loader" for language in ("", "C") for kind in ("", "Full", "Unsafe")}
NEEDED_ARGUMENTS = {  # of calls by their last name: what they must say, whatever is their default
    "load_model": {"safe_mode": True},
    "extract": {"filter": "data"},
    "extractall": {"filter": "data"},
}
ARRAY_FILES = {f"{library}.{call}" for library in ("np", "numpy") for call in ("load", "save", "savez")}
OWN = {"load_model", "inference.load_model"}  # the project's, which says what Keras's must say


def unsafe(source: str) -> Iterator[str]:
    """What in a piece of code could run code out of a data file."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in UNSAFE_MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {alias.name for alias in node.names}
            if node.module.split(".")[0] in UNSAFE_MODULES or (node.module.startswith("keras") and names & {*OWN}):
                yield node.module
            yield from {f"{node.module}.{name}" for name in names} & UNSAFE_LOADERS
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in UNSAFE_LOADERS:
            yield node.attr
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            last = called.split(".")[-1]
            needed: dict[str, Any] = {} if called in OWN else NEEDED_ARGUMENTS.get(last, {})
            if called in ARRAY_FILES:
                needed = {"allow_pickle": False}
            elif called == "torch.load":
                needed = {"weights_only": True}
            said = {word.arg: word.value.value for word in node.keywords if isinstance(word.value, ast.Constant)}
            if last in UNSAFE_CALLS or not needed.items() <= said.items():
                yield called


def test_no_data_file_is_trusted_with_code() -> None:
    files = [path for folder in ("src", "stages") for path in (REPOSITORY / folder).rglob("*.py")]
    assert len(files) > 70
    found = {path.relative_to(REPOSITORY).as_posix(): list(unsafe(path.read_text())) for path in files}
    assert {path: calls for path, calls in found.items() if calls} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "import numpy as np; np.load(path)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=allowed)",
        "np.save(path, array)",
        "keras.saving.load_model(path)",
        "from keras.saving import load_model",
        "keras.models.load_model(path, safe_mode=False)",
        "keras.config.enable_unsafe_deserialization()",
        "archive.extractall(folder)",
        "pd.read_pickle(path)",
        "yaml.load(text, yaml.Loader)",
        "yaml.load(text, Loader=yaml.CUnsafeLoader)",
        "from yaml import FullLoader",
        "yaml.unsafe_load(text)",
        "eval(text)",
        "torch.load(path)",
    ],
)
def test_trust_is_found_where_it_is(source: str) -> None:
    assert list(unsafe(source))


def test_every_official_download_is_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Files by checksum (``tests/datasets/test_official.py``), Kaggle's leaves by version and count.

    The clocks are checked by content (``tests/clocks/test_official_pictures.py``).
    """
    assert official.FILES.keys() <= set(CLASSIFIED)
    asked: list[str] = []

    class Kaggle:
        @staticmethod
        def dataset_download(handle: str) -> str:
            asked.append(handle)
            (tmp_path / "train" / "Apple___healthy").mkdir(parents=True)
            (tmp_path / "train" / "Apple___healthy" / "1.JPG").write_bytes(b"a picture")
            return str(tmp_path)

    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    monkeypatch.setitem(sys.modules, "kagglehub", Kaggle)
    settings: Any = type("Settings", (), {"fetch": type("Fetch", (), {"leaves": "official"})})
    with pytest.raises(InputError, match=r"leaves: expected 70,295 training images, received 1"):
        fetching.fetch("leaves", settings, tmp_path)
    assert asked == ["vipoooool/new-plant-diseases-dataset/versions/2"]
